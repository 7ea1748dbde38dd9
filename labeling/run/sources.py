"""The documents of a run: each with its id, its content's hash, and its pages when they are wanted."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from extractor.loading import Limits, load
from extractor.ocr import OcrEngine, read_page
from extractor.pool import digest, printable
from extractor.types import Page
from labeling.base import TeacherDocument


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `place` is its absolute path, `file` the path as it was given (both fit for UTF-8). The sha256 of a
    file that can't be read begins with "!"."""

    id: str
    path: Path
    file: str
    place: str
    sha256: str

    @property
    def stem(self) -> str:
        return printable(self.path.stem)


def gather(
    paths: Iterable[Path], known: Mapping[str, tuple[str, str]]
) -> tuple[list[Source], dict[str, str], list[str]]:
    """The sources of these files; places of known documents that lie elsewhere now (old → new); ids with a hash.

    The id is the file's name without ending. Where several files share it, each gets the beginning of its content's
    hash (and a number where the content is the same too). A document that is `known` (place → id, sha256) keeps its
    id, also where the file has moved.
    """
    found = [_source(path) for path in paths]
    here = {source.place for source in found}
    gone = {(Path(place).stem, sha): place for place, (_, sha) in known.items() if place not in here}
    moved: dict[str, str] = {}
    ids: dict[str, str] = {}
    for source in found:
        old = source.place if source.place in known else gone.pop((source.stem, source.sha256), None)
        if old is not None:
            ids[source.place] = known[old][0]
            if old != source.place:
                moved[old] = source.place
    taken = {id for id, _ in known.values()}
    shared = Counter(source.stem for source in found)
    hashed = []
    for source in found:
        if source.place in ids:
            continue
        id = source.stem
        if shared[id] > 1 or id in taken:
            id = _free(f"{id}-{source.sha256.lstrip('!')[:8]}", taken)
            hashed.append(id)
        taken.add(id)
        ids[source.place] = id
    return [replace(source, id=ids[source.place]) for source in found], moved, hashed


def _source(path: Path) -> Source:
    place = printable(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps ".."
    sha256 = digest(path) or "!" + hashlib.sha256(place.encode()).hexdigest()
    return Source("", path, printable(path), place, sha256)


def _free(id: str, taken: set[str]) -> str:
    if id not in taken:
        return id
    return next(name for number in range(2, len(taken) + 3) if (name := f"{id}-{number}") not in taken)


class Opener:
    """Opens documents for the teacher, from any thread; with words where an OCR engine is given."""

    def __init__(self, engine: OcrEngine | None = None, *, limits: Limits | None = None, dpi: int = 200) -> None:
        self._engine = engine
        self._limits = limits
        self._dpi = dpi
        self._reading = threading.Lock()  # engines are not safe to share between threads

    def __call__(self, source: Source) -> TeacherDocument:
        """Raises DocumentError or OcrError where the document can't be read."""
        return self._document(source, tuple(self.pages(source)))

    def lazily(self, source: Source) -> TeacherDocument:
        """The same without its pictures in memory: each look at its pages reads the file anew."""
        with load(source.path, limits=self._limits, dpi=self._dpi) as document:
            count = document.page_count
        return self._document(source, LazyPages(lambda: self.pages(source), count))

    def pages(self, source: Source) -> Iterator[Page]:
        with load(source.path, limits=self._limits, dpi=self._dpi) as document:
            for page in document.pages():
                if self._engine is None:
                    height, width = page.image.shape[:2]
                    yield Page(index=page.index, width=width, height=height, image=page.image)
                else:
                    with self._reading:
                        read = read_page(page, self._engine)[0]
                    yield read

    @staticmethod
    def _document(source: Source, pages: Sequence[Page]) -> TeacherDocument:
        return TeacherDocument(id=source.id, path=source.path, sha256=source.sha256, pages=pages)


class LazyPages(Sequence[Page]):
    """Pages that are read whenever they are looked at, and not kept."""

    def __init__(self, read: Callable[[], Iterator[Page]], count: int) -> None:
        self._read = read
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Page]:
        return self._read()

    @overload
    def __getitem__(self, place: int) -> Page: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Page]: ...
    def __getitem__(self, place: int | slice) -> Page | Sequence[Page]:
        return tuple(self)[place]


def by_content(sources: Sequence[Source]) -> dict[str, Source]:
    """One source for each content: the first."""
    found: dict[str, Source] = {}
    for source in sources:
        found.setdefault(source.sha256, source)
    return found
