"""Rows of words in reading order, from pieces of text that an engine found in any order.

A receipt is read by rows: a label and its amount stand far apart on one row. A page may be skewed, so rows are found
along the page's own slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from extractor.types import Box, Word

Floats = npt.NDArray[np.float64]

OVERLAP = 0.5
"""Two pieces of text share a row where their vertical extents overlap by this share of the lower one's height."""

STEEPEST = 0.2
"""Slopes beyond this (about 11 degrees) are taken for noise."""


def arrange(words: Sequence[Word], aspect: float = 1.0) -> tuple[Word, ...]:
    """The words in rows from top to bottom, each row from left to right, `line` renumbered by row.

    `line` of the words given numbers the piece of text they belong to. `aspect` is the page's height over its width,
    which makes a slope in the unit square a slope on the page.
    """
    pieces: dict[int, list[Word]] = {}
    for word in words:
        pieces.setdefault(word.line, []).append(word)
    groups = list(pieces.values())
    slope = _slope(groups, aspect)
    rows = _rows(groups, slope)
    ordered: list[Word] = []
    for number, row in enumerate(rows):
        ordered += [replace(word, line=number) for word in sorted(row, key=lambda word: word.box.x0)]
    return tuple(ordered)


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
    order = np.argsort(slopes)
    mass = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(slopes)[order][np.searchsorted(mass, mass[-1] / 2)])


def _rows(groups: Sequence[Sequence[Word]], slope: float) -> list[list[Word]]:
    placed = []
    for words in groups:
        box = Box.around(word.box for word in words)
        height = float(np.median([word.box.height for word in words]))
        middle = float(np.mean([word.box.center[1] - slope * word.box.center[0] for word in words]))
        placed.append((middle, max(height, 1e-4), box, words))
    placed.sort(key=lambda item: item[0])
    rows: list[list[tuple[float, float, Box, Sequence[Word]]]] = []
    for item in placed:
        fitting = [row for row in rows[-3:] if _shares_row(row, item)]
        if fitting:
            fitting[-1].append(item)
        else:
            rows.append([item])
    rows.sort(key=lambda row: float(np.mean([item[0] for item in row])))
    return [[word for item in row for word in item[3]] for row in rows]


def _shares_row(
    row: Sequence[tuple[float, float, Box, Sequence[Word]]], item: tuple[float, float, Box, Sequence[Word]]
) -> bool:
    middle, height, box, _ = item
    row_middle = float(np.mean([other[0] for other in row]))
    row_height = float(np.median([other[1] for other in row]))
    overlap = (height + row_height) / 2 - abs(middle - row_middle)
    if overlap < OVERLAP * min(height, row_height):
        return False
    # Text on the same spot of the row would be glued into nonsense: it belongs to the next one.
    return all(
        min(box.x1, other[2].x1) - max(box.x0, other[2].x0) < 0.5 * min(box.width, other[2].width) for other in row
    )
