"""Small documents made of words on a grid, and answers that a student might give about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from extractor.student.artifact import Manifest
from extractor.student.encoder import ENCODER_VERSION, Token, tokenize
from extractor.student.runtime import Answers
from extractor.types import ITEM_PARTS, Box, ImageArray, Page, Word

COLUMNS = 48
"""Characters across a page."""

ROWS = (
    "Corner Bakery Ltd",
    "12 Mill Lane, Brookfield",
    "Date:25/12/2018     18:30",
    "Rye loaf       2    3.40    6.80",
    "Oat biscuits                2.20",
    "Subtotal                    9.00",
    "Tax                         0.54",
    "Total                       9.54",
    "Cash                       10.00",
)


def page(*rows: str, index: int = 0, image: ImageArray | None = None, confidence: float = 0.98) -> Page:
    """A page of rows of text: each word stands where it stands in its row, a character wide for each character."""
    height = 0.9 / max(len(rows), 1)
    words = [
        Word(
            word[0],
            Box.clipped(
                0.02 + 0.96 * word.start() / COLUMNS,
                0.05 + number * height,
                0.02 + 0.96 * word.end() / COLUMNS,
                0.05 + (number + 0.7) * height,
            ),
            confidence,
            number,
        )
        for number, row in enumerate(rows)
        for word in re.finditer(r"\S+", row)
    ]
    tall, wide = image.shape[:2] if image is not None else (960, 480)
    return Page(index, wide, tall, tuple(words), image)


def tokens(*rows: str) -> tuple[Token, ...]:
    return tokenize([page(*rows)])


def texts(found: Iterable[Token]) -> list[str]:
    return [token.text for token in found]


def manifest(*spans: str, **changes: object) -> Manifest:
    """The manifest of a student that answers these span fields, the country and line items."""
    plain = {
        "name": "made-up",
        "encoder_version": ENCODER_VERSION,
        "spans": spans,
        "inferred": {"country": ("", "MY", "US")},
        "parts": ITEM_PARTS,
    }
    return Manifest.model_validate(plain | changes)


def answers(
    count: int,
    spans: Sequence[Sequence[tuple[int, int, float]]],
    *,
    absent: Sequence[float] | None = None,
    tags: Mapping[int, str] | None = None,
    begins: Iterable[int] = (),
    country: Sequence[float] = (1.0, 0.0, 0.0),
) -> Answers:
    """What a student says of `count` tokens: of each span field its places, of each tagged token its part."""
    most = max((len(places) for places in spans), default=0) or 1
    table = np.zeros((len(spans), most, 3), np.float32)
    for row, places in enumerate(spans):
        for column, place in enumerate(places):
            table[row, column] = place
    tagged = np.zeros((count, 1 + len(ITEM_PARTS)), np.float32)
    tagged[:, 0] = 0.9
    for at, part in (tags or {}).items():
        tagged[at] = 0.025
        tagged[at, 1 + ITEM_PARTS.index(part)] = 0.9
    started = np.full(count, 0.1, np.float32)
    started[list(begins)] = 0.9
    return Answers(
        spans=table,
        absent=np.array(absent if absent is not None else [0.0] * len(spans), np.float32),
        tags=tagged,
        begins=started,
        inferred={"country": np.array(country, np.float32)},
    )
