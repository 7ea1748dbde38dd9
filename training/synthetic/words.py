"""Where the words of sheets stand: the same arithmetic for words alone and for drawn pictures.

Words are cut at spaces, as OCR engines cut them; text without spaces (Chinese, Japanese, Thai) stays one word a run.
Runs that touch are one word, with the role of the first run that has one: "Date:25/12/2018" carries "date".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from extractor.ocr.reading_order import arrange
from extractor.types import Box, Word
from training.synthetic.metrics import Metrics, estimated
from training.synthetic.sheet import Cell, Printed, Row, Sheet

ASCENT, DESCENT = 0.8, 0.2
"""The parts of an em above and below the base line that a word's box takes."""
TIGHTEST = 0.45
"""Rows that are too long are set smaller, but not below this share of their size."""
PIECE_GAP = 1.5
"""Words nearer to each other than this, in heights, are found by an OCR engine as one piece of text."""


class Placed(NamedTuple):
    """A word of a row: where it starts and ends, in columns from the left edge of the printable width."""

    text: str
    role: str | None
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Line:
    """A row in its place: `base` line and `size` of its type in columns from the top of the page."""

    row: Row
    number: int
    base: float
    top: float
    bottom: float
    size: float
    words: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A page laid out. All lengths in columns; `width` and `height` are those of the page, `left` its margin."""

    lines: tuple[Line, ...]
    width: float
    height: float
    left: float
    em: float


def plan(sheet: Sheet, metrics: Metrics) -> Plan:
    """The rows of a sheet, one under the other; of a page of fixed height, closer together where they would not fit."""
    columns = sheet.columns
    width = columns / (1.0 - 2.0 * sheet.margin)
    left = width * sheet.margin
    pitch = metrics.em * sheet.spacing
    used = sum((row.above + row.size) * pitch for row in sheet.rows)
    if sheet.aspect is None:
        height = used + 2.0 * left
    else:
        height = width * sheet.aspect
        pitch *= min(1.0, (height - 2.0 * left) / used) if used else 1.0
    lines: list[Line] = []
    down = left
    for number, row in enumerate(sheet.rows):
        down += row.above * pitch
        bottom = down + row.size * pitch
        words, size = _fitted(row, columns, metrics)
        middle = (down + bottom) / 2.0
        base = middle + (ASCENT - DESCENT) / 2.0 * size * metrics.em
        lines.append(Line(row, number, base, down, bottom, size, words))
        down = bottom
    return Plan(tuple(lines), width, height, left, metrics.em)


def _fitted(row: Row, columns: int, metrics: Metrics) -> tuple[tuple[Placed, ...], float]:
    size = row.size
    while True:
        words, fits = _set(row, size, columns, metrics)
        if fits or size <= row.size * TIGHTEST:
            return words, size
        size *= 0.92


def _set(row: Row, size: float, columns: int, metrics: Metrics) -> tuple[tuple[Placed, ...], bool]:
    """The words of a row at a size, and whether they neither overlap nor leave the page."""
    cells = row.cells
    if len(cells) == 1:
        words, x0, x1 = _cell(cells[0], size, row.bold, columns, metrics)
        return tuple(words), x0 >= -0.6 and x1 <= columns + 0.6
    found: list[Placed] = []
    spans: list[tuple[float, float]] = []
    for one in cells:
        words, x0, x1 = _cell(one, size, row.bold, columns, metrics)
        if words:
            found += words
            spans.append((x0, x1))
    spans.sort()
    least = 0.5 * size
    fits = all(second[0] - first[1] >= least for first, second in pairwise(spans))
    return tuple(found), fits and (not spans or (spans[0][0] >= -0.6 and max(s[1] for s in spans) <= columns + 0.6))


def _cell(cell: Cell, size: float, bold: bool, columns: int, metrics: Metrics) -> tuple[list[Placed], float, float]:
    pieces = _pieces(cell)
    if not pieces:
        return [], 0.0, 0.0
    if _runs_backwards(pieces):
        pieces = backwards(pieces)
    gap = metrics.width(" ", size, bold)
    widths = [metrics.width(text, size, bold) for text, _, _ in pieces]
    total = sum(widths) + gap * sum(spaces for _, _, spaces in pieces[1:])
    start = cell.x * columns
    if cell.align == "right":
        start -= total
    elif cell.align == "centre":
        start -= total / 2.0
    found: list[Placed] = []
    x = start
    for at, ((text, role, spaces), width) in enumerate(zip(pieces, widths, strict=True)):
        if at:
            x += gap * spaces
        found.append(Placed(text, role, x, x + width))
        x += width
    return found, start, start + total


Piece = tuple[str, str | None, int]
"""A word, its role, and how many spaces stand before it."""


def _pieces(cell: Cell) -> list[Piece]:
    found: list[Piece] = []
    glue, spaces = False, 0
    for run in cell.runs:
        text, role = run.text, run.role
        if " " not in text:
            if not text:
                continue
            if glue:
                found[-1] = _joined(found[-1], text, role)
            else:
                found.append((text, role, spaces))
            glue, spaces = True, 0
            continue
        for at, part in enumerate(text.split(" ")):
            if at:
                glue = False
                spaces += 1
            if part:
                if glue:
                    found[-1] = _joined(found[-1], part, role)
                else:
                    found.append((part, role, spaces))
                glue, spaces = True, 0
    return found


def _joined(before: Piece, text: str, role: str | None) -> Piece:
    return before[0] + text, before[1] or role, before[2]


def is_arabic(text: str) -> bool:
    return not text.isascii() and any("\u0590" <= sign <= "\u08ff" for sign in text)


def _runs_backwards(pieces: Sequence[Piece]) -> bool:
    return any(is_arabic(text) for text, _, _ in pieces)


def backwards(pieces: Sequence[Piece]) -> list[Piece]:
    """The words from left to right as a line of Arabic is set: backwards, but Latin words and figures in their order
    (Unicode's bidirectional algorithm on whole words)."""
    turned = list(pieces)[::-1]
    spaces = [0, *[piece[2] for piece in pieces[1:]][::-1]]
    words = [(text, role) for text, role, _ in turned]
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and not is_arabic(words[end][0]):
            end += 1
        words[at:end] = words[at:end][::-1]
        at = max(end, at + 1)
    return [
        (text, role, max(gap, 1) if n else 0) for n, ((text, role), gap) in enumerate(zip(words, spaces, strict=True))
    ]


def place(
    sheets: Sequence[Sheet], metrics: Callable[[str], Metrics] = estimated
) -> tuple[tuple[Printed, ...], tuple[float, ...]]:
    """The words of all pages with their boxes in the unit square, and height ÷ width of each page.

    `metrics` gives the measures of a face ("mono" …). Words come in the order in which the OCR engines' words are
    arranged: rows from top to bottom, left to right, or right to left in rows of Arabic; on pages of fixed height, two
    columns beside each other are read one after the other.
    """
    printed: list[Printed] = []
    aspects: list[float] = []
    for page, sheet in enumerate(sheets):
        laid = plan(sheet, metrics(sheet.face))
        found = boxed(laid, page)
        aspect = laid.height / laid.width
        printed += in_reading_order(found, aspect) if sheet.aspect is not None else found
        aspects.append(aspect)
    return tuple(printed), tuple(aspects)


def boxed(laid: Plan, page: int) -> list[Printed]:
    """The words of a page with their boxes, row by row."""
    found: list[Printed] = []
    across, down = 1.0 / laid.width, 1.0 / laid.height
    for line in laid.lines:
        if not line.words:
            continue
        height = line.size * laid.em
        y0, y1 = (line.base - ASCENT * height) * down, (line.base + DESCENT * height) * down
        y0, y1 = max(y0, 0.0), min(y1, 1.0)
        words = line.words
        if len(words) > 1:
            arabic = sum(is_arabic(word.text) for word in words) * 2 > sum(any(map(str.isalpha, w.text)) for w in words)
            words = tuple(sorted(words, key=(lambda w: -w.x1) if arabic else (lambda w: w.x0)))
        for word in words:
            x0 = min(max((laid.left + word.x0) * across, 0.0), 1.0)
            x1 = min(max((laid.left + word.x1) * across, x0), 1.0)
            found.append(Printed(word.text, Box(x0, y0, x1, y1), page, line.number, word.role))
    return found


def in_reading_order(words: Sequence[Printed], aspect: float) -> list[Printed]:
    """The words as extraction would order them, by the code that it uses."""
    known = {(word.text, word.box): word.role for word in words}
    page = words[0].page if words else 0
    pieces: list[Word] = []
    piece = 0
    for at, word in enumerate(words):
        if at:
            before = words[at - 1]
            near = abs(word.box.x0 - before.box.x1) < PIECE_GAP * word.box.height * aspect
            piece += not (near and word.row == before.row)
        pieces.append(Word(word.text, word.box, 1.0, piece))
    arranged = arrange(pieces, aspect)
    return [Printed(word.text, word.box, page, word.line, known[word.text, word.box]) for word in arranged]
