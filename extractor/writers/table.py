"""Tables of one row a document: rows are journalled as they come, and the table is put in place in one step."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from extractor.types import Extraction
from extractor.writers import csv_table, parquet_table, xlsx_table
from extractor.writers.base import explained, not_resumable, replacing
from extractor.writers.jsonl import LineFile, finished_lines, keep_lines
from extractor.writers.rows import Row, columns_with, own_columns, row_of

FORMATS: dict[str, tuple[Callable[[Path], Iterator[Row]], Callable[[Path, Iterator[Row], Sequence[str]], None]]] = {
    ".csv": (csv_table.read, csv_table.write),
    ".xlsx": (xlsx_table.read, xlsx_table.write),
    ".parquet": (parquet_table.read, parquet_table.write),
}
"""How each format is read back and written, with all columns of the table."""


class TableWriter:
    """Writes a table sorted by file name, so that it is the same whichever worker was faster and however often it was
    resumed. Should the table not fit on the disk, the journal stays, and so does the table that was there before."""

    def __init__(self, path: Path, *, resume: bool = False, again: Collection[str] = ()) -> None:
        self.path = path
        self.journal = journal_of(path)
        if resume:
            self._take_over(set(again))
        self._lines = LineFile(self.journal, fresh=not resume)

    def write(self, record: Extraction) -> None:
        self._lines.append(json.dumps(row_of(record), ensure_ascii=False))

    def close(self) -> None:
        self._lines.close()
        write = FORMATS[self.path.suffix.lower()][1]
        with explained(self.path):
            with replacing(self.path) as draft:
                places, columns = _places(self.journal)
                write(draft, _rows_at(self.journal, places), columns)
            self.journal.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._lines.untouched:
            # Nothing was read: what an earlier run left, its table or its journal, stays as it is.
            self._lines.close()
            if self.journal.stat().st_size == 0:
                self.journal.unlink()
        else:
            self._lines.clear()
            self.close()

    def _take_over(self, again: set[str]) -> None:
        """Make the journal hold every row that is kept: those of a run that was killed, and those of the table."""
        if self.journal.exists():
            keep_lines(self.journal, again)
            again = again | {str(row["file"]) for row in _journal_rows(self.journal)}
        lines = LineFile(self.journal, fresh=False)
        if self.path.exists():
            for row in _table_rows(self.path):
                if row["file"] not in again:
                    lines.append(json.dumps(row, ensure_ascii=False))
        lines.close()


def journal_of(path: Path) -> Path:
    """Where the rows of an unfinished table stand."""
    return path.with_name(f".{path.name}.journal")


def finished_rows(path: Path) -> set[tuple[str, str]]:
    """The documents (file, sha256) with status ok or partial in a table, or in the journal of one that was killed."""
    done = finished_lines(journal_of(path))
    if path.exists():
        with explained(path):
            rows = (row for row in _table_rows(path) if row["status"] in ("ok", "partial"))
            done |= {(str(row["file"]), str(row["sha256"])) for row in rows}
    return done


def _table_rows(path: Path) -> Iterator[Row]:
    try:
        yield from FORMATS[path.suffix.lower()][0](path)
    except OSError:
        raise
    except Exception as error:  # every library has its own errors for a file that is not of its kind
        raise not_resumable(path) from error


def _journal_rows(journal: Path) -> Iterator[Row]:
    with journal.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _places(journal: Path) -> tuple[list[int], tuple[str, ...]]:
    """Where the rows stand, by file name, and the columns that they need. The rows are not held in memory."""
    places: list[tuple[str, int]] = []
    own: dict[str, None] = {}
    with journal.open("rb") as lines:
        start = 0
        for line in lines:
            row = json.loads(line)
            places.append((row["file"], start))
            own.update(dict.fromkeys(own_columns(row)))
            start += len(line)
    # By name: which document was read first must not show.
    return [place for _, place in sorted(places)], columns_with(sorted(own))


def _rows_at(journal: Path, places: Sequence[int]) -> Iterator[Row]:
    with journal.open("rb") as lines:
        for place in places:
            lines.seek(place)
            yield json.loads(lines.readline())
