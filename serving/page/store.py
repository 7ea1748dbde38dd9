"""Reviewed labels on the disk: JSON lines as training reads them, one document each, and the documents where wanted."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import OutputError
from extractor.loading.formats import HEAD_BYTES, SUFFIXES, sniff
from extractor.writers.base import replacing
from serving.locking import locked

LABELS, DOCUMENTS = "labels.jsonl", "documents"


@dataclass(frozen=True)
class Saved:
    """`labels` is how many documents are reviewed by now; `again` whether this one had been before."""

    labels: int
    again: bool


class ReviewStore:
    """`labels.jsonl` in a folder, and `documents/` beside it with files named by their labels' ids: a source of
    `tailor train` as it stands. A document that is reviewed again has its line replaced, for an id stands there once.

    Safe to call from several threads and processes.
    """

    def __init__(self, folder: Path) -> None:
        self.labels = folder / LABELS
        self.documents = folder / DOCUMENTS
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._ids: set[str] = set()

    def save(self, line: Mapping[str, Any], document: bytes | None = None) -> Saved:
        """Keeps a label, and the document that it is about where given; both are on the disk when this returns.

        Raises OutputError (review_not_kept).
        """
        try:
            with self._lock:
                self.labels.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with locked(self.labels.with_suffix(".lock")):
                    if document is not None:
                        self._keep(line["id"], document)
                    return self._write(line)
        except OSError as error:
            raise OutputError(
                f"The service could not write the review to its disk ({error.strerror or type(error).__name__}).",
                code="review_not_kept",
                hint="Your values are still here: save again later, or tell the service's operator.",
            ) from error

    def _write(self, line: Mapping[str, Any]) -> Saved:
        ids = self._known()
        again = line["id"] in ids
        text = json.dumps(line, ensure_ascii=False) + "\n"
        if again:
            with replacing(self.labels) as draft, draft.open("w", encoding="utf-8") as file:
                draft.chmod(0o600)
                for old in self._lines():
                    file.write(text if json.loads(old)["id"] == line["id"] else old)
                file.flush()
                os.fsync(file.fileno())
        else:
            with self.labels.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        self._ids = ids | {line["id"]}
        self._seen = self._look()
        return Saved(len(self._ids), again)

    def _known(self) -> set[str]:
        """The ids in the file; read anew where another process changed it."""
        if self._look() != self._seen:
            self._cut_torn_line()
            self._ids = {json.loads(line)["id"] for line in self._lines()}
        return self._ids

    def _lines(self) -> Iterator[str]:
        with self.labels.open(encoding="utf-8") as file:
            yield from (line for line in file if line.strip())

    def _look(self) -> tuple[int, int, int] | None:
        if not self.labels.exists():
            self.labels.touch(mode=0o600)
        about = self.labels.stat()
        return about.st_mtime_ns, about.st_size, about.st_ino

    def _cut_torn_line(self) -> None:
        """A line without its end is what a crash left: it was never confirmed to anybody."""
        with self.labels.open("r+b") as file:
            whole = file.read()
            if whole and not whole.endswith(b"\n"):
                file.truncate(whole.rfind(b"\n") + 1)

    def _keep(self, id: str, document: bytes) -> None:
        kind = sniff(document[:HEAD_BYTES])
        suffix = SUFFIXES[kind][0] if kind else ".bin"
        self.documents.mkdir(mode=0o700, exist_ok=True)
        path = self.documents / f"{id}{suffix}"
        if not path.exists():
            with replacing(path) as draft, draft.open("wb") as file:
                draft.chmod(0o600)
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
