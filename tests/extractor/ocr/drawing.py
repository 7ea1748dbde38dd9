"""Pages drawn for these tests, and words as an engine would have read them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor.types import Box, ImageArray, Word

RECEIPT = (
    "CORNER BAKERY LTD",
    "12 Station Road, Bristol",
    "Invoice number 48213",
    "Wholemeal bread   3.40",
    "Blueberry muffin   2.25",
    "Orange juice   1.95",
    "Total amount due   7.60",
    "Thank you for your visit",
)


def draw(lines: Sequence[str], font: Path | None = None, size: int = 26) -> ImageArray:
    """A white page with these lines in black: height × width × 3."""
    letters = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    page = Image.new("RGB", (480, 60 + int(1.7 * size) * len(lines)), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((40, 30 + int(1.7 * size) * number), line, fill=(20, 20, 20), font=letters)
    return np.asarray(page, np.uint8)


def dejavu() -> Path:
    """A font with Greek, Cyrillic and Hebrew: the one inside matplotlib. Skips the test where that isn't installed."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        pytest.skip("matplotlib, whose font this test draws with, is not installed")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


def turn(image: ImageArray, quarters: int) -> ImageArray:
    """The picture turned counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(image, quarters))


def text(words: Iterable[Word]) -> str:
    return " ".join(word.text for word in words)


def rows(words: Iterable[Word]) -> list[str]:
    """The rows as text, by the words' `line`."""
    found: dict[int, list[str]] = {}
    for word in words:
        found.setdefault(word.line, []).append(word.text)
    return [" ".join(row) for row in found.values()]


def piece(line: int, content: str, x: float, y: float, confidence: float = 0.99) -> list[Word]:
    """The words of one piece of text that begins at (x, y): a hundredth of the page a letter, 0.02 high."""
    words = []
    for word in content.split():
        words.append(Word(word, Box.clipped(x, y, x + 0.01 * len(word), y + 0.02), confidence, line))
        x += 0.01 * (len(word) + 1)
    return words


def page_of(*pieces: tuple[str, float, float]) -> list[Word]:
    """Words of pieces given as (text, x, y), each piece with a number of its own."""
    return [word for number, (content, x, y) in enumerate(pieces) for word in piece(number, content, x, y)]
