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

MOST_LABELLED = 0.5
"""Beside facts up to this share of an address's lines may have a label of their own ("Tel:", "VAT no:")."""

FEWEST_FACTS = 2
"""Facts beside an address, under their heading."""

MOST_PIECES = 3
"""A row of more pieces is one of a table."""


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
        left, right = _divided(rows, low, high, aspect)
        # Lines under the shorter column belong to whatever comes next.
        ends = min(_end(left), _end(right))
        left, right = left[:ends], right[:ends]
        if not _prose(left) or _priced(right):
            continue
        if (_prose(right) and not _labelled(left, 1 - PROSE)) or (_facts(right) and not _labelled(left, MOST_LABELLED)):
            return left, right
    return None


def _divided(rows: Sequence[Row], low: float, high: float, aspect: float) -> tuple[list[Row], list[Row]]:
    """The first rows on either side of a strip, from `low` to `high`, as long as they leave a gutter of it."""
    left: list[Row] = []
    right: list[Row] = []
    for row in rows:
        narrowest = GUTTER * max(piece.height for piece in row) * aspect
        middle = (low + high) / 2
        before = [piece for piece in row if piece.box.center[0] < middle]
        after = [piece for piece in row if piece.box.center[0] >= middle]
        low = max([low, *(piece.box.x1 for piece in before)])
        high = min([high, *(piece.box.x0 for piece in after)])
        amounts = before and after and _letters(after) < FEWEST_LETTERS
        if high - low < narrowest or len(row) > MOST_PIECES or amounts:
            break
        left.append(before)
        right.append(after)
    return left, right


def _end(column: Sequence[Row]) -> int:
    """How many lines there are up to the last one that isn't empty."""
    return max((at + 1 for at, line in enumerate(column) if line), default=0)


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
        words = _texts(line)
        good += len(words) >= 2 and _letters(line) >= 5 and not words[-1].endswith((":", "：", "="))
    return good >= PROSE * len(lines)


def _facts(lines: Sequence[Row]) -> bool:
    """Whether lines are the facts of an invoice, each a label of its own and its value ("Date 23 May", "Room 12").

    A heading without figures may stand above them.
    """
    texts = [_texts(line) for line in lines if line]
    if texts and not _figures(" ".join(texts[0])):
        texts = texts[1:]
    labels = _labels(texts)
    named = {label for label in labels if sum(map(str.isalpha, label)) >= FEWEST_LETTERS}
    return len(named) == len(labels) and len(labels) >= max(FEWEST_FACTS, PROSE * len(texts))


def _priced(lines: Sequence[Row]) -> bool:
    """Whether a unit or a currency comes again before the figures of these lines ("each EUR 0.50"): then amounts."""
    labels = _labels([_texts(line) for line in lines if line])
    return len(labels) - len(set(labels)) > (1 - PROSE) * len(lines)


def _labels(texts: Sequence[Sequence[str]]) -> list[str]:
    """What stands before the last word of each line that ends in figures."""
    return [" ".join(words[:-1]).casefold() for words in texts if _figures(words[-1])]


def _figures(text: str) -> bool:
    return any(map(str.isdigit, text))


def _texts(line: Row) -> list[str]:
    return [word.text for piece in sorted(line, key=lambda piece: piece.box.x0) for word in piece.words]


def _labelled(lines: Sequence[Row], share: float) -> bool:
    """Whether more than this share are pairs of label and value: two columns of those are rows of facts ("Table: 5
    Guests: 2")."""
    lines = [line for line in lines if line]
    marked = sum(any(":" in word.text for piece in line for word in piece.words) for line in lines)
    return marked > share * len(lines)


def _letters(line: Row) -> int:
    return sum(character.isalpha() for piece in line for word in piece.words for character in word.text)
