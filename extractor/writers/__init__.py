"""Records into files: JSON lines as they come, or a table (CSV, XLSX, Parquet) of one row a document.

    with open_writer(path) as writer:
        for record in records:
            writer.write(record)

JSON lines are whole after every record. A table is put in place at the end, in one step; until then its rows stand in
a journal beside it, so that nothing is lost if the process is killed: `finished` and `open_writer(resume=True)` find
them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from extractor.errors import UsageError
from extractor.writers.base import RecordWriter
from extractor.writers.jsonl import JsonLinesWriter, finished_lines
from extractor.writers.table import FORMATS, TableWriter, finished_rows

__all__ = ["ENDINGS", "RecordWriter", "check_output", "finished", "open_writer"]

ENDINGS: tuple[str, ...] = (".jsonl", *FORMATS)


def check_output(path: Path) -> None:
    """Raise UsageError where results can't be written to such a path."""
    if path.suffix.lower() not in ENDINGS:
        hint = f"Choose one that ends in {', '.join(ENDINGS)}."
        raise UsageError(
            f"Tailor can't tell from the name {path.name} what to write.", code="unknown_output", hint=hint
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", code="output_is_folder", hint="Name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", code="no_output_folder", hint="Create it first.")


def finished(path: Path) -> set[tuple[str, str]]:
    """The documents (file, sha256) that stand in an output with status ok or partial; none where it doesn't exist.

    Raises UsageError (not_resumable) where the file holds something else than Tailor's results.
    """
    return finished_lines(path) if path.suffix.lower() == ".jsonl" else finished_rows(path)


def open_writer(path: Path, *, resume: bool = False, again: Collection[str] = ()) -> RecordWriter:
    """A writer for the format that the ending names. With `resume`, what stands there is kept, except for the records
    of the files in `again`, which are about to be read anew. Raises OutputError where the file can't be written."""
    check_output(path)
    kind = JsonLinesWriter if path.suffix.lower() == ".jsonl" else TableWriter
    return kind(path, resume=resume, again=again)
