"""`tailor extract --annotate`: a picture of each page with what was read, drawn in the worker that read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extractor.annotate import annotate
from extractor.errors import DocumentError
from extractor.loading import load
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
        """Draw page by page. The pages are loaded anew, since keeping them all could take gigabytes."""
        settings = self._extractor.settings
        turned = {page.index: page.turned for page in document.pages}
        stem = f"{source.name}-{record.sha256[:8]}" if source.name in self._namesakes else source.name
        try:
            with load(
                source, limits=settings.limits, password=settings.password, dpi=settings.dpi, renderer=settings.renderer
            ) as loaded:
                for page in loaded.pages():
                    upright = np.ascontiguousarray(np.rot90(page.image, turned.get(page.index, 0) // 90))
                    number = f"-{page.index + 1}" if page.index else ""
                    target = self._folder / f"{stem}{number}.png"
                    with explained(target), replacing(target) as draft:
                        annotate(upright, record, page.index).save(draft, "PNG")
        except DocumentError:
            return  # the record says what is wrong with the document


def shared_names(paths: Iterable[Path]) -> frozenset[str]:
    """The file names that occur in more than one folder."""
    counts = Counter(path.name for path in paths)
    return frozenset(name for name, count in counts.items() if count > 1)
