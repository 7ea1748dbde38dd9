"""The index in PostgreSQL: one for a whole company, by a URL. Needs psycopg (extra `postgres`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from extractor.errors import MissingExtra, UsageError
from extractor.policy.duplicates.store import COLUMNS, MOST_A_MARK, Entry, check_version

SCHEMA = """
CREATE TABLE IF NOT EXISTS tailor_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tailor_receipts (
    id BIGINT PRIMARY KEY, key BIGINT NOT NULL UNIQUE, book TEXT NOT NULL, claim TEXT NOT NULL,
    file TEXT NOT NULL, sha256 TEXT NOT NULL, employee TEXT NOT NULL, print TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tailor_marks (
    mark BIGINT NOT NULL, receipt BIGINT NOT NULL, PRIMARY KEY (mark, receipt));
"""

LOCK = 0x7461696C6F72
"""Writers take turns under this advisory lock, so that numbers grow in the order in which entries become visible."""


class PostgresStore:
    """Tables of a PostgreSQL database (12 or later), made where they are missing. One thread a store."""

    def __init__(self, url: str, version: int) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra(
                "An index in PostgreSQL needs psycopg.", hint="pip install 'tailor[postgres]', or name a file instead."
            ) from error
        self._error = psycopg.Error
        # Without the password that a URL may hold.
        self._shown = url.rsplit("@", 1)[-1]
        with self._guarded():
            self._connection: Any = psycopg.connect(url, autocommit=True, connect_timeout=10)
        with self._guarded(), self._connection.transaction():
            run: Any = self._connection.execute
            run("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            for statement in SCHEMA.split(";")[:-1]:
                run(statement)
            run("INSERT INTO tailor_settings VALUES ('version', %s) ON CONFLICT DO NOTHING", (str(version),))
            found = str(run("SELECT value FROM tailor_settings WHERE name = 'version'").fetchone()[0])
        check_version(found, version, self._shown)

    def put(self, entries: Sequence[Entry]) -> list[int]:
        with self._guarded(), self._connection.transaction():
            run = self._connection.execute
            run("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            known = dict(run("SELECT key, id FROM tailor_receipts WHERE key = ANY(%s)", ([e.key for e in entries],)))
            following = int(run("SELECT coalesce(max(id), 0) FROM tailor_receipts").fetchone()[0]) + 1
            fresh: dict[int, Entry] = {}
            for entry in entries:
                if entry.key not in known:
                    known[entry.key] = following + len(fresh)
                    fresh[known[entry.key]] = entry
            self._copy(fresh)
        return [int(known[entry.key]) for entry in entries]

    def _copy(self, fresh: dict[int, Entry]) -> None:
        if not fresh:
            return
        with self._connection.cursor() as cursor:
            with cursor.copy(f"COPY tailor_receipts (id, {COLUMNS}) FROM STDIN") as rows:
                for number, one in fresh.items():
                    texts = (one.book, one.claim, one.file, one.sha256, one.employee, one.packed)
                    # PostgreSQL keeps no NUL in a text.
                    rows.write_row((number, one.key, *(text.replace("\0", "") for text in texts)))
            with cursor.copy("COPY tailor_marks (mark, receipt) FROM STDIN") as rows:
                for pair in sorted((mark, number) for number, one in fresh.items() for mark in set(one.marks)):
                    rows.write_row(pair)

    def find(self, marks: Sequence[int], before: int | None) -> list[tuple[int, int]]:
        query = """
            SELECT wanted.mark, held.receipt FROM unnest(%s::bigint[]) AS wanted(mark)
            CROSS JOIN LATERAL (
                SELECT receipt FROM tailor_marks WHERE mark = wanted.mark AND receipt < %s
                ORDER BY receipt DESC LIMIT %s) AS held"""
        with self._guarded():
            limit = 2**62 if before is None else before
            return list(self._connection.execute(query, (list(marks), limit, MOST_A_MARK)).fetchall())

    def load(self, numbers: Sequence[int]) -> dict[int, Entry]:
        query = f"SELECT id, {COLUMNS} FROM tailor_receipts WHERE id = ANY(%s)"
        with self._guarded():
            return {row[0]: Entry(*row[1:]) for row in self._connection.execute(query, (list(numbers),))}

    def number_of(self, key: int) -> int | None:
        with self._guarded():
            found = self._connection.execute("SELECT id FROM tailor_receipts WHERE key = %s", (key,)).fetchone()
        return None if found is None else int(found[0])

    def count(self) -> int:
        with self._guarded():
            return int(self._connection.execute("SELECT count(*) FROM tailor_receipts").fetchone()[0])

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UsageError(
                f"The index of receipts at {self._shown} can't be used ({reason}).",
                code="bad_index",
                hint="Check the URL (postgresql://user:password@host/database), and that the server runs.",
            ) from error
