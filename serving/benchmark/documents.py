"""Which documents speed is measured on, and what the student is given of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from extractor.errors import UsageError
from extractor.loading import find_documents
from extractor.pipeline import Extractor, Settings
from extractor.student.artifact import Manifest
from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers, Student

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared" / "data"
"""Beside the repository, where there is one: real receipts."""


def documents(named: Sequence[Path], count: int) -> list[Path]:
    """The documents named; else `count` receipts of shared dev, where that is at hand; else the examples, repeated."""
    if named:
        return list(find_documents(named))
    found = _dev(count) or [path for path in sorted(EXAMPLES.iterdir()) if path.suffix in (".jpg", ".png", ".pdf")]
    if not found:
        raise UsageError("There are no documents to measure with.", hint="Name files or a folder with --files.")
    return [found[number % len(found)] for number in range(count)]


def _dev(count: int) -> list[Path]:
    """As many of each kind of shared dev (numbers divisible by 5), spread over all of it."""
    kinds = []
    for name in ("sroie_train", "wild_train"):
        pictures = sorted((SHARED / name / "images").glob("*.jpg"))
        kinds.append([each for each in pictures if int("".join(filter(str.isdigit, each.stem)) or 1) % 5 == 0])
    picked: list[Path] = []
    for kind in kinds:
        share = max(1, count // len(kinds))
        picked += kind[:: max(1, len(kind) // share)][:share]
    return picked


class _Listening:
    """A student that remembers what it was asked."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self.heard: list[Encoded] = []

    @property
    def name(self) -> str:
        return self._student.name

    @property
    def manifest(self) -> Manifest:
        return self._student.manifest

    @property
    def provider(self) -> str:
        return self._student.provider

    def run(self, asked: Sequence[Encoded]) -> list[Answers]:
        self.heard += asked
        return self._student.run(asked)


def encoded(paths: Sequence[Path], cache: Path | None) -> list[Encoded]:
    """The documents as the student is asked about them, after OCR; `cache` keeps the readings."""
    settings = Settings(cache=cache, cuda="off")
    listening = _Listening(Student(settings.model, threads=1, cuda="off"))
    extractor = Extractor(settings, student=listening)
    for path in dict.fromkeys(paths):
        extractor.extract(path)
    if not listening.heard:
        raise UsageError("None of the documents could be read.", hint="Name receipts with --files.")
    return listening.heard


def repeated(found: Sequence[Encoded], count: int) -> list[Encoded]:
    return [found[number % len(found)] for number in range(count)]


def cut(document: Encoded, tokens: int) -> Encoded:
    """The document with exactly so many tokens: its own again and again."""
    rows = [number % len(document) for number in range(tokens)]
    return replace(
        document,
        pieces=document.pieces[rows],
        numbers=document.numbers[rows],
        boxes=document.boxes[rows],
        places=document.places[rows],
        cells=document.cells[rows],
        texts=tuple(document.texts[row] for row in rows),
    )
