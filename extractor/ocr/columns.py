"""Two columns of prose side by side, told from rows of labels and amounts.

The rule is strict, because receipts are rows: an unread column break costs little, a torn row costs an amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from extractor.types import Box, Word

FEWEST_LINES = 3
"""Each column must have this many lines."""

GUTTER = 2.5
"""The empty strip between the columns is at least this many times as wide as a line is high."""

FEWEST_LETTERS = 3
"""A line with fewer letters beside another is taken for its amount, and ends the columns."""

PROSE = 0.75
"""This share of a column's lines must be prose."""


class Piece(NamedTuple):
    """A run of words as detected. `middle` is where its middle line, drawn along the slope, meets the left edge."""

    middle: float
    height: float
    box: Box
    words: tuple[Word, ...]


Row = list[Piece]


def apart(rows: Sequence[Row], aspect: float) -> list[Row]:
    """The rows, where columns of prose were found side by side the left one's lines before the right one's.

    `aspect` is the page's height over its width. Every piece stays, in one row.
    """
    done: list[Row] = []
    at = 0
    while at < len(rows):
        block = _block(rows[at:], aspect)
        if block is None:
            done.append(rows[at])
            at += 1
            continue
        left, right = block
        taken = max(len(left), len(right))
        done += [row for row in left if row] + [row for row in right if row]
        at += taken
    return done


def _block(rows: Sequence[Row], aspect: float) -> tuple[list[Row], list[Row]] | None:
    """The two columns that begin at the first of these rows, line by line (a line may be empty), if there are any."""
    for low, high in _gaps(rows[0], aspect):
        left: list[Row] = []
        right: list[Row] = []
        for row in rows:
            narrowest = GUTTER * max(piece.height for piece in row) * aspect
            before = [piece for piece in row if piece.box.x1 <= (low + high) / 2]
            after = [piece for piece in row if piece.box.x0 >= (low + high) / 2]
            if len(before) + len(after) < len(row) or (before and after and _letters(after) < FEWEST_LETTERS):
                break
            edges = [low, *(piece.box.x1 for piece in before)], [high, *(piece.box.x0 for piece in after)]
            if min(edges[1]) - max(edges[0]) < narrowest:
                break
            low, high = max(edges[0]), min(edges[1])
            left.append(before)
            right.append(after)
        while left and not (left[-1] and right[-1]):
            # Lines under the shorter column belong to whatever comes next.
            left.pop()
            right.pop()
        if _prose(left) and _prose(right) and not _labelled(left):
            return left, right
    return None


def _gaps(row: Row, aspect: float) -> list[tuple[float, float]]:
    """The empty strips inside a row that are wide enough for a gutter."""
    pieces = sorted(row, key=lambda piece: piece.box.x0)
    narrowest = GUTTER * max(piece.height for piece in row) * aspect
    strips = [(a.box.x1, b.box.x0) for a, b in pairwise(pieces)]
    return [(low, high) for low, high in strips if high - low >= narrowest]


def _prose(lines: Sequence[Row]) -> bool:
    """Whether lines read as text of their own: several words each, mostly letters, not labels that await a value."""
    lines = [line for line in lines if line]
    if len(lines) < FEWEST_LINES:
        return False
    good = 0
    for line in lines:
        words = [word.text for piece in sorted(line, key=lambda piece: piece.box.x0) for word in piece.words]
        good += len(words) >= 2 and _letters(line) >= 5 and not words[-1].endswith((":", "：", "="))
    return good >= PROSE * len(lines)


def _labelled(lines: Sequence[Row]) -> bool:
    """Whether lines are pairs of label and value: two columns of those are rows of facts ("Table: 5  Guests: 2")."""
    lines = [line for line in lines if line]
    marked = sum(any(":" in word.text for piece in line for word in piece.words) for line in lines)
    return marked > (1 - PROSE) * len(lines)


def _letters(line: Row) -> int:
    return sum(character.isalpha() for piece in line for word in piece.words for character in word.text)
