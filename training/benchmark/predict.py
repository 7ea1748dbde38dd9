"""Receipts read end to end from their pictures, by the product as it ships; the records are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from extractor.evaluation import document_id
from extractor.types import Extraction


class Progress(Protocol):
    """Passes on what it is given and shows how far it is."""

    def __call__(self, items: Iterable[Any], total: int, title: str, /) -> Iterable[Any]: ...


def silent(items: Iterable[Any], total: int, title: str, /) -> Iterable[Any]:
    return items


@dataclass(frozen=True, slots=True)
class Reader:
    """How figures of accuracy read: with which student (None: the one shipped), OCR cache and how many processes."""

    model: str | None = None
    cache: Path | None = None
    workers: int = 2
    out: Path = Path("out/benchmark")
    progress: Progress = silent

    def read(self, pictures: Sequence[Path], name: str) -> dict[str, Extraction]:
        """The record of each picture by id (its stem), also written to `out`/`name`.jsonl in the order of the pictures.

        A picture that could not be read has a `failed` record, whose missing values count against the score.
        """
        from extractor.pipeline import Extractor

        extractor = Extractor(model=self.model, cache=self.cache, threads=1)
        found = extractor.extract_many([str(path) for path in pictures], workers=self.workers)
        records = {document_id(record.file): record for record in self.progress(found, len(pictures), name)}
        return keep(records, [path.stem for path in pictures], self.out / f"{name}.jsonl")


def keep(records: dict[str, Extraction], order: Sequence[str], path: Path) -> dict[str, Extraction]:
    """The records in the order given, written to `path`, one line each."""
    ordered = {identifier: records[identifier] for identifier in order if identifier in records}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(record.to_json() + "\n" for record in ordered.values()), encoding="utf-8")
    return ordered
