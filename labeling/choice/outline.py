"""What a document looks like to the chooser: its words, its layout and its picture as one short vector.

No model is needed for it: word pieces are hashed as for the student, weighed by how rare they are, and projected at
random onto few dimensions (Johnson and Lindenstrauss 1984; sparse projections: Achlioptas 2003). Documents of one shop
lie close together, because their heads repeat.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractor.student import features
from extractor.student.encoder import Token, extent
from labeling.critic.figures import AMOUNT_WORDS
from labeling.critic.sheet import Sheet

Floats = npt.NDArray[np.float64]

DIMENSIONS = 128
GRID_ROWS, GRID_COLUMNS = 12, 6
PICTURE_ROWS, PICTURE_COLUMNS = 16, 8
HEAD_ROWS = 5
"""Words of the first rows count double: there the shop stands."""

SURE = 0.9
"""Words that the OCR is surer of than this count as read."""

WORDS, LAYOUT, PICTURE = 1.0, 0.35, 0.25
"""How much each part counts in the distance between two documents."""


@dataclass(frozen=True)
class Outline:
    """One document before projection: how often each bucket of words occurs, its layout and its small picture."""

    words: dict[int, float]
    layout: Floats
    picture: Floats


def outline(tokens: Sequence[Token], picture: npt.NDArray[np.uint8] | None = None) -> Outline:
    """The outline of a document by its tokens and, where given, the student's small picture of its first page."""
    counts: Counter[int] = Counter()
    rows = sorted({token.row for token in tokens})
    head = set(rows[:HEAD_ROWS])
    for token in tokens:
        if sum(sign.isalpha() for sign in token.text) >= 2:
            for piece in features.pieces(token.text)[:8]:
                counts[piece] += 2 if token.row in head else 1
    return Outline({piece: 1.0 + np.log(count) for piece, count in counts.items()}, _layout(tokens), _small(picture))


def clarity(sheet: Sheet) -> float:
    """How much a label of this document can teach, as far as that shows before it has one; only the order counts.

    What the OCR read unsurely or not at all can't be tied to a label, and then the label teaches nothing or something
    false. So: the share of words read surely, and whether a date, amounts, a total and enough words are there.
    """
    if not sheet.tokens:
        return 0.0
    sure = sum(token.confidence > SURE for token in sheet.tokens) / len(sheet.tokens)
    amounts = sum(features.cents(token.text) is not None for token in sheet.tokens)
    total = any(AMOUNT_WORDS["total"].search(text) for text in sheet.row_texts)
    shown = 0.5 * bool(sheet.dates) + 0.3 * min(amounts, 5) / 5 + 0.3 * total
    return sure + shown + 0.2 * min(len(sheet.tokens), 60) / 60


def embed(outlines: Sequence[Outline], seed: int = 0) -> Floats:
    """Documents × (DIMENSIONS + layout + picture): vectors whose Euclidean distance tells how unlike two are."""
    frequency: Counter[int] = Counter()
    for each in outlines:
        frequency.update(each.words.keys())
    words = np.zeros((len(outlines), DIMENSIONS))
    for row, each in enumerate(outlines):
        for piece, weight in each.words.items():
            words[row] += weight * np.log((1 + len(outlines)) / (1 + frequency[piece])) * _direction(piece, seed)
    parts = [
        WORDS * _unit(words),
        LAYOUT * _unit(np.array([each.layout for each in outlines])),
        PICTURE * _unit(np.array([each.picture for each in outlines])),
    ]
    return np.hstack(parts)


_DIRECTIONS: dict[tuple[int, int], Floats] = {}


def _direction(piece: int, seed: int) -> Floats:
    """The random direction of a bucket: the same in every run."""
    known = _DIRECTIONS.get((piece, seed))
    if known is None:
        draw = np.random.default_rng(zlib.crc32(f"{seed}/{piece}".encode()))
        known = _DIRECTIONS[piece, seed] = draw.choice((-1.0, 1.0), DIMENSIONS) / np.sqrt(DIMENSIONS)
    return known


def _layout(tokens: Sequence[Token]) -> Floats:
    """How the print spreads over the part of the page that carries it, and how much of it there is."""
    grid = np.zeros((GRID_ROWS, GRID_COLUMNS))
    if not tokens:
        return np.zeros(GRID_ROWS * GRID_COLUMNS + 2)
    boxes = np.array([token.box.as_list() for token in tokens], np.float32)
    x0, y0, x1, y1 = extent(boxes)
    across = ((boxes[:, 0] + boxes[:, 2]) / 2 - x0) / (x1 - x0) * GRID_COLUMNS
    down = ((boxes[:, 1] + boxes[:, 3]) / 2 - y0) / (y1 - y0) * GRID_ROWS
    np.add.at(grid, (np.clip(down.astype(int), 0, GRID_ROWS - 1), np.clip(across.astype(int), 0, GRID_COLUMNS - 1)), 1)
    numbers = sum(features.cents(token.text) is not None for token in tokens) / len(tokens)
    return np.append(np.sqrt(grid / len(tokens)).ravel(), [np.log1p(len(tokens)) / 6.0, numbers])


def _small(picture: npt.NDArray[np.uint8] | None) -> Floats:
    if picture is None:
        return np.zeros(PICTURE_ROWS * PICTURE_COLUMNS)
    height, width = picture.shape
    cut = picture[: height // PICTURE_ROWS * PICTURE_ROWS, : width // PICTURE_COLUMNS * PICTURE_COLUMNS]
    cells = cut.reshape(PICTURE_ROWS, height // PICTURE_ROWS, PICTURE_COLUMNS, width // PICTURE_COLUMNS)
    grey = cells.mean(axis=(1, 3)).ravel()
    return np.asarray((grey - grey.mean()) / (grey.std() + 1e-6), np.float64)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), np.float64)
