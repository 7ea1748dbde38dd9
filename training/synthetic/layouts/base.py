"""What every template works with: a roll of rows being written, and the record of a template."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from training.synthetic.layouts.wording import Wording, columns_of, wrap
from training.synthetic.purchase import Kind, Purchase
from training.synthetic.sheet import Cell, Row, Run, Sheet

Align = Literal["left", "right", "centre"]
Text = str | Run | Iterable[Run]


@dataclass(frozen=True)
class Template:
    """A family of layouts. `held_out` ones are kept from training: they measure layouts never seen."""

    name: str
    kinds: tuple[Kind, ...]
    lay: Callable[[Purchase, random.Random], tuple[Sheet, ...]]
    held_out: bool = False
    weight: float = 1.0
    suits: Callable[[Purchase], bool] | None = None
    """Says whether a purchase can be printed this way (a country's own layout); None: any of its kinds."""


def runs(text: Text) -> tuple[Run, ...]:
    if isinstance(text, str):
        return (Run(text),)
    return (text,) if isinstance(text, Run) else tuple(text)


def cell(text: Text, x: float = 0.0, align: Align = "left") -> Cell:
    return Cell(runs(text), x, align)


def length(text: Text) -> int:
    return sum(columns_of(run.text) for run in runs(text))


class Roll:
    """Rows being written, top down, for one purchase; `sheet` ends it.

    `right_to_left` documents are written as if they ran left to right and mirrored at the end.
    """

    def __init__(self, purchase: Purchase, draw: random.Random, columns: int, face: str = "mono") -> None:
        self.purchase = purchase
        self.draw = draw
        self.columns = columns
        self.face = face
        self.words = Wording(purchase, draw)
        self.rows: list[Row] = []
        self.done: set[str] = set()
        self.owed = False
        """The seller's name is left out of the head and stands at the foot instead."""
        self._above = 0.0

    def role(self, name: str) -> str | None:
        """The role for a field's value at its first place; None once it has been printed: repeats carry none."""
        if name in self.done:
            return None
        self.done.add(name)
        return name

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def row(self, *cells: Cell, size: float = 1.0, bold: bool = False, inverse: bool = False) -> None:
        self.rows.append(Row(cells, size, bold, self._above, False, inverse))
        self._above = 0.0

    def text(self, text: Text, align: Align = "left", size: float = 1.0, bold: bool = False) -> None:
        """One piece of text, wrapped where it is too long; all its rows keep their roles."""
        x = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        for line in self.wrapped(text, int(self.columns / size)):
            self.row(Cell(line, x, align), size=size, bold=bold)

    def wrapped(self, text: Text, width: int) -> list[tuple[Run, ...]]:
        pieces = runs(text)
        if length(pieces) <= width:
            return [pieces]
        if len(pieces) == 1:
            return [(Run(line, pieces[0].role),) for line in wrap(pieces[0].text, width)]
        lines: list[tuple[Run, ...]] = []
        gaps = [at for at, piece in enumerate(pieces) if not piece.text.strip()]
        if gaps:
            # "Date: 1/2/2019  Time: 10:31": broken between the two facts, not within one.
            for start, end in pairwise((-1, *gaps, len(pieces))):
                lines += self.wrapped(pieces[start + 1 : end], width)
            return lines
        held: tuple[Run, ...] = ()
        for piece in pieces:
            if held and length((*held, piece)) > width:
                lines.append(held)
                held = ()
            if length((piece,)) > width:
                lines += [(Run(line, piece.role),) for line in wrap(piece.text, width)]
            else:
                held = (*held, piece)
        return [*lines, held] if held else lines

    def pair(self, label: Text, value: Text, size: float = 1.0, bold: bool = False, x: float = 1.0) -> None:
        """A label at the left and its value ending at `x`; on two rows where they don't fit beside each other."""
        room = int(self.columns * x / size)
        if length(label) + length(value) + 1 > room:
            self.text(label, size=size, bold=bold)
            self.row(cell(value, x, "right"), size=size, bold=bold)
        else:
            self.row(cell(label), cell(value, x, "right"), size=size, bold=bold)

    def rule(self, sign: str | None = None) -> None:
        """A line across: drawn, or of printed signs."""
        if sign:
            self.rows.append(Row((cell(sign * self.columns),), above=self._above, rule=True))
        else:
            self.rows.append(Row((), 0.6, above=self._above, rule=True))
        self._above = 0.0

    def gap(self, lines: float = 0.6) -> None:
        self._above += lines

    def sheet(self, margin: float = 0.04, spacing: float = 1.3) -> Sheet:
        return Sheet(self.finished(), self.columns, self.face, None, margin, spacing)

    def finished(self) -> tuple[Row, ...]:
        return tuple(mirrored(row) for row in self.rows) if self.right_to_left else tuple(self.rows)

    @property
    def right_to_left(self) -> bool:
        return self.purchase.locale.script == "arabic"


def mirrored(row: Row) -> Row:
    """The row as a document that runs from right to left prints it."""
    turned: dict[str, Align] = {"left": "right", "right": "left", "centre": "centre"}
    return replace(row, cells=tuple(Cell(c.runs, 1.0 - c.x, turned[c.align]) for c in row.cells))


def pages(roll: Roll, lines: float, aspect: float, margin: float, spacing: float) -> tuple[Sheet, ...]:
    """The rows of a roll on pages of `lines` lines of ordinary type each, broken between rows."""
    sheets: list[Sheet] = []
    held: list[Row] = []
    used = 0.0
    for row in roll.finished():
        height = row.size + row.above
        if held and used + height > lines:
            sheets.append(Sheet(tuple(held), roll.columns, roll.face, aspect, margin, spacing))
            held, used = [], 0.0
        held.append(row)
        used += height
    sheets.append(Sheet(tuple(held), roll.columns, roll.face, aspect, margin, spacing))
    return tuple(sheets)
