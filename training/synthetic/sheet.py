"""A laid-out document and its words: what stands where, and which words carry which field.

A sheet is a list of rows of cells; where words stand on the page follows from a face's metrics: those of a real
font where a picture is drawn, estimated ones where only words are wanted. Both ways give the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from extractor.types import Box


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one kind within a cell. `role` says which field its words carry: a span field's name ("total"), or
    "item.N.PART" (N from 0, PART of ITEM_PARTS); None for everything else (labels, decoration)."""

    text: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Runs printed one behind the other. `x` is the anchor as a share of the printable width; `align` says which end
    of the text stands there."""

    runs: tuple[Run, ...]
    x: float = 0.0
    align: Literal["left", "right", "centre"] = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """Cells on one line. `size` is relative to the sheet's ordinary type; `above` is extra space, in lines; a `rule` is
    a drawn line (no words) or a row of printed signs (words without a role)."""

    cells: tuple[Cell, ...] = ()
    size: float = 1.0
    bold: bool = False
    above: float = 0.0
    rule: bool = False
    inverse: bool = False


@dataclass(frozen=True)
class Sheet:
    """One page. `columns` is how many ordinary characters fit in a line; `aspect` = height ÷ width, None for a roll
    that ends where its rows end; `face` names a family of type ("mono", "sans", "serif", "dot")."""

    rows: tuple[Row, ...]
    columns: int
    face: str = "mono"
    aspect: float | None = None
    margin: float = 0.04
    spacing: float = 1.3


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed word on a page, with the role of its run and its visual row (the number of its sheet row)."""

    text: str
    box: Box
    page: int
    row: int
    role: str | None = None


@dataclass(frozen=True)
class Synthetic:
    """One synthetic document: its words, and its label in the format of teacher labels (id, fields of the TAIL prompt,
    date_text and date, line_items as lists). What is not printed is None in the label. `sheets` draws pictures;
    `aspects` is height ÷ width of each page."""

    id: str
    words: tuple[Printed, ...]
    label: Mapping[str, Any]
    sheets: tuple[Sheet, ...]
    aspects: tuple[float, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    """kind, locale, template: to choose or hold out by."""
