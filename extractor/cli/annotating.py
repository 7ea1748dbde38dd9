"""`tailor extract --annotate`: a picture of each page with what was read, drawn in the worker that read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from extractor.annotate import annotated_pages
from extractor.pipeline import Extractor, Settings
from extractor.types import Document, Extraction
from extractor.writers.base import explained, replacing


@dataclass(frozen=True)
class AnnotatingFactory:
    """Builds extractors that also draw. `namesakes` are file names that several documents share: their pictures carry
    a part of the content's hash in the name."""

    settings: Settings
    folder: Path
    namesakes: frozenset[str]

    def __call__(self) -> AnnotatingReader:
        return AnnotatingReader(self.settings(), self.folder, self.namesakes)


class AnnotatingReader:
    """Reads as an Extractor does, and writes NAME.png for each page into a folder (NAME-2.png for the second)."""

    def __init__(self, extractor: Extractor, folder: Path, namesakes: frozenset[str] = frozenset()) -> None:
        self._extractor = extractor
        self._folder = folder
        self._namesakes = namesakes

    def extract(self, source: Path, /) -> Extraction:
        """The record of a document. Raises OutputError where a picture can't be written."""
        record, document = self._extractor.read(source)
        if document is not None:
            self._draw(source, record, document)
        return record

    def _draw(self, source: Path, record: Extraction, document: Document) -> None:
        stem = f"{source.name}-{record.sha256[:8]}" if source.name in self._namesakes else source.name
        for index, picture in annotated_pages(source, record, document, self._extractor.settings):
            number = f"-{index + 1}" if index else ""
            target = self._folder / f"{stem}{number}.png"
            with explained(target), replacing(target) as draft:
                picture.save(draft, "PNG")


def shared_names(paths: Iterable[Path]) -> frozenset[str]:
    """The file names that occur in more than one folder."""
    counts = Counter(path.name for path in paths)
    return frozenset(name for name, count in counts.items() if count > 1)
