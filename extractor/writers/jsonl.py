"""JSON lines: appended record by record, each written whole, so that the file is valid at every moment."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from extractor.types import Extraction
from extractor.writers.base import explained, not_resumable, replacing


class LineFile:
    """A file of lines to which whole lines are appended, or nothing.

    A `fresh` file loses what stood in it with the first line, not before: a run that fails before it has read anything
    costs nobody the results of an earlier one.
    """

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self.path = path
        with explained(path):
            flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._handle: int | None = os.open(path, flags, 0o666)
            self._end = 0 if fresh else os.lseek(self._handle, 0, os.SEEK_END)
        self.untouched = fresh

    def append(self, line: str) -> None:
        """Add a line. If there is no room for all of it, none of it stays."""
        if self._handle is None:
            raise ValueError("the file is closed")
        data = (line + "\n").encode("utf-8", "backslashreplace")
        self.clear()
        with explained(self.path):
            try:
                _write_all(self._handle, data)
            except BaseException:
                with suppress(OSError):
                    os.ftruncate(self._handle, self._end)
                    os.lseek(self._handle, self._end, os.SEEK_SET)
                raise
        self._end += len(data)

    def clear(self) -> None:
        """Drop what stood in a fresh file, if that has not happened yet."""
        if self.untouched and self._handle is not None:
            with explained(self.path):
                os.ftruncate(self._handle, 0)
            self.untouched = False

    def close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            with explained(self.path):
                os.close(handle)


class JsonLinesWriter:
    """Writes records as JSON lines. On resuming, a last line that was torn by a crash is cut off first."""

    def __init__(self, path: Path, *, resume: bool = False, again: Collection[str] = ()) -> None:
        if resume and path.exists():
            keep_lines(path, set(again))
        self._lines = LineFile(path, fresh=not resume)

    def write(self, record: Extraction) -> None:
        self._lines.append(record.to_json())

    def close(self) -> None:
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._lines.clear()
        self.close()


def read_entries(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each line with what it says. A torn last line is left out; any other line that is no record raises UsageError."""
    torn = False
    with path.open("rb") as lines:
        for line in lines:
            if torn:
                raise not_resumable(path)
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                # Only the last line of a file can be torn, and only by a writer whose lines start like this.
                torn = True
                if not line.startswith(b'{"file"'[: len(line)]) or line.endswith(b"\n"):
                    raise not_resumable(path) from None
                continue
            if not isinstance(entry, dict) or not {"file", "sha256", "status"} <= entry.keys():
                raise not_resumable(path)
            yield line.rstrip(b"\r\n"), entry


def keep_lines(path: Path, again: set[str]) -> None:
    """Rewrite a file in one step, without the records of the files in `again` and without a torn last line."""
    with explained(path), replacing(path) as draft, draft.open("wb") as kept:
        for line, entry in read_entries(path):
            if entry["file"] not in again:
                kept.write(line + b"\n")


def finished_lines(path: Path) -> set[tuple[str, str]]:
    """The documents (file, sha256) that stand in a file of JSON lines with status ok or partial."""
    if not path.exists():
        return set()
    with explained(path):
        entries = (entry for _, entry in read_entries(path))
        return {(entry["file"], entry["sha256"]) for entry in entries if entry["status"] in ("ok", "partial")}


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
