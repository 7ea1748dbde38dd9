"""One document, opened: its name, its hash, and its pages one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Protocol

from extractor.errors import BrokenFile, NoSuchPage
from extractor.loading.limits import Deadline
from extractor.types import ImageArray, Notice, Word

INCOMPLETE_CODES = frozenset(("truncated_image", "broken_page"))
"""Warnings that mean: something of the document is missing. A record that carries one is `partial`."""


@dataclass(frozen=True, slots=True)
class LoadedPage:
    """One page: its picture (height × width × 3, RGB, as displayed) and the words of its text layer.

    `words` is None where the page has no text layer of real text: it needs OCR. Otherwise they are in the unit square
    of the page, `line` numbering the piece of text that each belongs to (see extractor.ocr.base.Reading).
    """

    index: int
    image: ImageArray = field(compare=False, repr=False)
    words: tuple[Word, ...] | None = None


class PageSource(Protocol):
    """What a file format offers: pages by number, read one at a time, and notices of what went wrong."""

    notices: list[Notice]

    @property
    def page_count(self) -> int: ...

    def read(self, index: int) -> tuple[ImageArray, tuple[Word, ...] | None]: ...

    def close(self) -> None: ...


class LoadedDocument:
    """An open document; close it, or use it in a `with` statement.

    `file` is the name for the record, always valid Unicode; `deadline` the moment by which all work on the document
    must be done, OCR included (see Deadline.check). `warnings` grows while pages are read: ask for it afterwards.
    """

    def __init__(
        self,
        file: str,
        sha256: str,
        pages: PageSource,
        deadline: Deadline,
        *,
        stream: BinaryIO | None = None,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        self.file = file
        self.sha256 = sha256
        self.deadline = deadline
        self._pages = pages
        self._stream = stream
        self._notices = list(notices)

    @property
    def page_count(self) -> int:
        return self._pages.page_count

    @property
    def warnings(self) -> tuple[Notice, ...]:
        return tuple(dict.fromkeys((*self._notices, *self._pages.notices)))

    def pages(self, only: Sequence[int] = ()) -> Iterator[LoadedPage]:
        """The pages in order, one picture in memory at a time; those with the numbers `only` (from 0), where given.

        A page that can't be read is left out, with a warning `broken_page`; where none can, BrokenFile is raised.
        LimitExceeded (`too_slow`, `too_many_pixels`) ends the document. Raises NoSuchPage before anything is read.
        """
        broken: list[BrokenFile] = []
        wanted = self._wanted(only)
        for index in wanted:
            self.deadline.check()
            try:
                image, words = self._pages.read(index)
            except BrokenFile as error:
                broken.append(error)
                self._notices.append(Notice(code="broken_page", message=f"Page {index + 1} is missing: {error}"))
                continue
            yield LoadedPage(index, image, words)
            del image, words  # not kept while the next page is read
        if len(broken) == len(wanted):
            self._notices = [notice for notice in self._notices if notice.code != "broken_page"]
            raise broken[0]

    def _wanted(self, only: Sequence[int]) -> Sequence[int]:
        if not only:
            return range(self.page_count)
        beyond = [index for index in only if not 0 <= index < self.page_count]
        if beyond:
            count = "1 page" if self.page_count == 1 else f"{self.page_count} pages"
            raise NoSuchPage(f"There is no page {beyond[0]}: the document has {count}, counted from 0.")
        return sorted(set(only))

    def close(self) -> None:
        self._pages.close()
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> LoadedDocument:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
