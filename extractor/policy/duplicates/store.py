"""Where an index keeps its receipts: the narrow interface, and the embedded database.

Two tables: `receipts`, a row each, numbered in the order in which they came; and `marks`, a row for each key under
which a receipt is found, clustered by key. A look-up is some forty descents of one B-tree, whatever its size.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from extractor.errors import UsageError

MOST_A_MARK = 100
"""Receipts looked at of one mark, the newest: what more than these share tells nothing."""

WAIT = 60.0
"""Seconds that a process waits for another that is writing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A receipt to be kept. `key` stands for who handed in what: a second entry of the same key is not taken."""

    key: int
    book: str
    claim: str
    file: str
    sha256: str
    employee: str
    packed: str
    marks: tuple[int, ...] = ()


class Store(Protocol):
    """A database of receipts and marks. Raises UsageError (code bad_index) where it can't be read or written."""

    def put(self, entries: Sequence[Entry]) -> list[int]:
        """Keeps what is not there yet, all or nothing; the number of each, in the order given.

        Numbers grow in the order in which entries become visible: whoever is given one sees all lesser ones.
        """
        ...

    def find(self, marks: Sequence[int], before: int | None) -> list[tuple[int, int]]:
        """Pairs of a mark and a receipt's number that has it, of numbers less than `before`, at most MOST_A_MARK a
        mark."""
        ...

    def load(self, numbers: Sequence[int]) -> dict[int, Entry]:
        """The receipts of these numbers, without their marks."""
        ...

    def number_of(self, key: int) -> int | None: ...

    def count(self) -> int: ...

    def close(self) -> None: ...


COLUMNS = "key, book, claim, file, sha256, employee, print"

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipts (
    id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, book TEXT NOT NULL, claim TEXT NOT NULL, file TEXT NOT NULL,
    sha256 TEXT NOT NULL, employee TEXT NOT NULL, print TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (mark INTEGER NOT NULL, receipt INTEGER NOT NULL, PRIMARY KEY (mark, receipt))
    WITHOUT ROWID;
"""


class SqliteStore:
    """A file, or memory alone for ":memory:". Several processes may share the file on a local disk: they write one
    after the other and read at any time. A connection belongs to one thread.

    `cache` is the memory for pages of the database, in bytes.
    """

    def __init__(self, path: Path | str, version: int, cache: int = 64 * 2**20) -> None:
        self.path = str(path)
        if self.path != ":memory:":
            with suppress(OSError):
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
            self._set_up(version, cache)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _set_up(self, version: int, cache: int) -> None:
        run = self._connection.execute
        # The log makes readers and the writer independent; a power cut may lose the last entries, never the file.
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA cache_size = -{cache // 1024}")
        if run("SELECT count(*) FROM sqlite_master WHERE name = 'marks'").fetchone()[0] == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        run("INSERT OR IGNORE INTO settings VALUES ('version', ?)", (str(version),))
        found = run("SELECT value FROM settings WHERE name = 'version'").fetchone()[0]
        check_version(found, version, self.path)

    def put(self, entries: Sequence[Entry]) -> list[int]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                numbers = self._put(entries)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return numbers

    def _put(self, entries: Sequence[Entry]) -> list[int]:
        numbers: list[int] = []
        marks: list[tuple[int, int]] = []
        for entry in entries:
            row = (entry.key, entry.book, entry.claim, entry.file, entry.sha256, entry.employee, entry.packed)
            done = self._connection.execute(
                f"INSERT INTO receipts ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING", row
            )
            if done.rowcount:
                numbers.append(int(done.lastrowid or 0))
                marks += ((mark, numbers[-1]) for mark in entry.marks)
            else:
                found = self._connection.execute("SELECT id FROM receipts WHERE key = ?", (entry.key,))
                numbers.append(int(found.fetchone()[0]))
        # In the tree's order, each of its pages is visited once a batch.
        marks.sort()
        self._connection.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", marks)
        return numbers

    def find(self, marks: Sequence[int], before: int | None) -> list[tuple[int, int]]:
        query = "SELECT receipt FROM marks WHERE mark = ? AND receipt < ? ORDER BY receipt DESC LIMIT ?"
        limit = 2**62 if before is None else before
        try:
            return [
                (mark, row[0]) for mark in marks for row in self._connection.execute(query, (mark, limit, MOST_A_MARK))
            ]
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def load(self, numbers: Sequence[int]) -> dict[int, Entry]:
        holes = ", ".join("?" * len(numbers))
        try:
            rows = self._connection.execute(f"SELECT id, {COLUMNS} FROM receipts WHERE id IN ({holes})", list(numbers))
            return {row[0]: Entry(*row[1:]) for row in rows}
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def number_of(self, key: int) -> int | None:
        try:
            found = self._connection.execute("SELECT id FROM receipts WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return None if found is None else int(found[0])

    def count(self) -> int:
        try:
            return int(self._connection.execute("SELECT count(*) FROM receipts").fetchone()[0])
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        self._connection.close()

    def _unusable(self, error: sqlite3.Error) -> UsageError:
        return UsageError(
            f"The index of receipts {self.path} can't be used ({error}).",
            code="bad_index",
            hint="Name a file on a local disk that may be written, or one that an earlier audit made.",
        )


def check_version(found: str, wanted: int, where: str) -> None:
    """Raises UsageError where an index was made with other fingerprints than this release takes."""
    if found != str(wanted):
        raise UsageError(
            f"The index of receipts {where} holds fingerprints of version {found}; this release makes {wanted}.",
            code="bad_index",
            hint="Name a new file, and run the audits of the past years again to fill it.",
        )
