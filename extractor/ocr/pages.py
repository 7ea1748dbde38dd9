"""From a loaded page to a page with words: its text layer, or an engine, then rows in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from extractor.ocr.base import OcrEngine
from extractor.ocr.reading_order import arrange, right_to_left
from extractor.types import ImageArray, Notice, Page, Word

TEXT_LAYER = "text-layer"
"""The engine's name on pages whose words come with the file."""

EVIDENCE = 4
"""Steps from word to word that a text layer must show before its direction is believed."""


class PageToRead(Protocol):
    """What loading gives: the number of the page from 0, its picture, and its text layer or None where it has none."""

    @property
    def index(self) -> int: ...

    @property
    def image(self) -> ImageArray: ...

    @property
    def words(self) -> tuple[Word, ...] | None: ...


def read_page(page: PageToRead, engine: OcrEngine) -> tuple[Page, list[Notice]]:
    """The page upright with its words in rows, and what is to be warned of: page_turned, blank_page, script_unread.

    `engine` is asked only where there is no text layer. Raises OcrError where it fails.
    """
    notices: tuple[Notice, ...] = ()
    if page.words is not None:
        proportions = page.image.shape[0] / page.image.shape[1]
        turned = text_direction(page.words, proportions)
        words = _pieces([replace(word, box=word.box.turned(turned)) for word in page.words])
        name = TEXT_LAYER
    else:
        reading = engine.read(page.image)
        words, turned, notices = reading.words, reading.turned, reading.notices
        name = reading.engine or engine.name
    image = np.ascontiguousarray(np.rot90(page.image, turned // 90)) if turned else page.image
    height, width = image.shape[:2]
    read = Page(
        index=page.index,
        width=width,
        height=height,
        words=arrange(words, height / width),
        image=image,
        turned=turned,
        engine=name,
    )
    return read, _warnings(read, notices)


def text_direction(words: Sequence[Word], aspect: float = 1.0) -> int:
    """How far a page must be turned counter-clockwise for its text layer to run from left to right: 0, 90, 180, 270.

    The words must come in the order of the text, as a text layer gives them. A page without clear direction stays.
    `aspect` is the page's height over its width.
    """
    steps = {0: 0, 90: 0, 180: 0, 270: 0}
    for before, word in pairwise(words):
        if len(before.text) < 2 or len(word.text) < 2:
            continue
        (x0, y0), (x1, y1) = before.box.center, word.box.center
        if abs(y1 - y0) < 0.5 * min(before.box.height, word.box.height):
            steps[0 if x1 > x0 else 180] += 1
        elif abs(x1 - x0) < 0.5 * min(before.box.width, word.box.width) and all(
            one.box.height * aspect > one.box.width for one in (before, word)
        ):
            steps[90 if y1 > y0 else 270] += 1
    turned = max(steps, key=lambda degrees: steps[degrees])
    if steps[turned] < EVIDENCE or steps[turned] < 0.7 * sum(steps.values()):
        return 0
    return 0 if turned == 180 and right_to_left(words) else turned


def _pieces(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of a text layer, `line` numbering the runs of words that follow each other closely on one baseline."""
    numbered: list[Word] = []
    for word in words:
        line = 0
        if numbered:
            before = numbered[-1]
            height = min(before.box.height, word.box.height)
            level = abs(word.box.center[1] - before.box.center[1]) < 0.5 * height
            follows = -0.2 * height < word.box.x0 - before.box.x1 < max(2 * height, 0.01)
            line = before.line if level and follows else before.line + 1
        numbered.append(replace(word, line=line))
    return tuple(numbered)


def _warnings(page: Page, notices: Sequence[Notice]) -> list[Notice]:
    number = f"Page {page.index + 1}"
    found = [notice.model_copy(update={"message": f"{number} {notice.message}"}) for notice in notices]
    if page.turned:
        how = {90: "90 degrees counter-clockwise", 180: "180 degrees", 270: "90 degrees clockwise"}[page.turned]
        found.append(Notice(code="page_turned", message=f"{number} was turned by {how} to be upright."))
    if not page.words:
        found.append(Notice(code="blank_page", message=f"{number} has no text that could be read."))
    return found
