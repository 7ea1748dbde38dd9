"""Rows of words in reading order, from pieces of text that an engine found in any order.

A receipt is read by rows: a label and its amount stand far apart on one row. A page may be skewed, so rows are found
along the page's own slope. Only where two columns of prose stand side by side (an address beside the facts of an
invoice) is each read on its own (columns.py). Rows in Arabic or Hebrew run from right to left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from extractor.ocr.columns import Piece, Row, apart
from extractor.types import Box, Word

OVERLAP = 0.5
"""Two pieces of text share a row where their vertical extents overlap by this share of the lower one's height."""

STEEPEST = 0.2
"""Slopes beyond this (about 11 degrees) are taken for noise."""


def arrange(words: Sequence[Word], aspect: float = 1.0) -> tuple[Word, ...]:
    """The words in rows from top to bottom, each row in the direction of its script, `line` renumbered by row.

    `line` of the words given numbers the piece of text they belong to. `aspect` is the page's height over its width,
    which makes a slope in the unit square a slope on the page. The order of the words given makes no difference, but
    for that of words with equal boxes.
    """
    grouped: dict[int, list[Word]] = {}
    for word in sorted(words, key=lambda word: word.box.as_list()):
        grouped.setdefault(word.line, []).append(word)
    groups = sorted(grouped.values(), key=lambda group: (group[0].box.as_list(), len(group)))
    rows = apart(_rows(groups, _slope(groups, aspect)), aspect)
    ordered: list[Word] = []
    for number, row in enumerate(rows):
        line = [word for piece in row for word in piece.words]
        line.sort(key=(lambda word: -word.box.x1) if right_to_left(line) else (lambda word: word.box.x0))
        ordered += [replace(word, line=number) for word in line]
    return tuple(ordered)


def right_to_left(words: Iterable[Word]) -> bool:
    """Whether most letters of these words belong to scripts that run from right to left."""
    kinds = [unicodedata.bidirectional(letter) for word in words for letter in word.text if letter.isalpha()]
    return sum(kind in ("R", "AL") for kind in kinds) > 0.5 * len(kinds)


def _slope(groups: Sequence[Sequence[Word]], aspect: float) -> float:
    """The common slope of the pieces of text (rise over run in the unit square), weighted by their width."""
    slopes, weights = [], []
    for words in groups:
        first, last = words[0].box.center, words[-1].box.center
        run = last[0] - first[0]
        if run > 0.1:
            slope = (last[1] - first[1]) / run
            if abs(slope * aspect) <= STEEPEST:
                slopes.append(slope)
                weights.append(run)
    if len(slopes) < 3:
        return 0.0
    order = np.argsort(slopes, kind="stable")
    mass = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(slopes)[order][np.searchsorted(mass, mass[-1] / 2)])


def _rows(groups: Sequence[Sequence[Word]], slope: float) -> list[Row]:
    placed = []
    for words in groups:
        box = Box.around(word.box for word in words)
        height = _median([word.box.height for word in words])
        middle = _mean([word.box.center[1] - slope * word.box.center[0] for word in words])
        placed.append(Piece(middle, max(height, 1e-4), box, tuple(words)))
    placed.sort(key=lambda piece: piece.middle)
    rows: list[Row] = []
    for piece in placed:
        fitting = [row for row in rows[-3:] if _shares_row(row, piece)]
        if fitting:
            fitting[-1].append(piece)
        else:
            rows.append([piece])
    rows.sort(key=lambda row: _mean([piece.middle for piece in row]))
    return rows


def _mean(values: Sequence[float]) -> float:
    """Of a handful of figures: numpy takes ten times as long for so few, and rows are asked for thousands of times."""
    return sum(values) / len(values)


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _shares_row(row: Row, piece: Piece) -> bool:
    row_middle = _mean([other.middle for other in row])
    row_height = _median([other.height for other in row])
    overlap = (piece.height + row_height) / 2 - abs(piece.middle - row_middle)
    if overlap < OVERLAP * min(piece.height, row_height):
        return False
    # Text on the same spot of the row would be glued into nonsense: it belongs to the next one.
    return all(
        min(piece.box.x1, other.box.x1) - max(piece.box.x0, other.box.x0) < 0.5 * min(piece.box.width, other.box.width)
        for other in row
    )
