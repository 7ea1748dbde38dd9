"""XLSX: a sheet of documents and a sheet of line items; amounts are numbers, and no text can become a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from extractor.types import ITEM_PARTS
from extractor.writers.rows import (
    AMOUNTS,
    ITEM_NUMBERS,
    Cell,
    Row,
    checked_columns,
    defused,
    fused,
    items_of,
    number,
    plain_decimal,
)

LONGEST_CELL = 32_767
"""Excel's own limit, in characters."""

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ITEM_COLUMNS = ("file", "item", *ITEM_PARTS)
_WIDTHS = {
    "file": 32,
    "merchant_name": 32,
    "merchant_address": 48,
    "error_message": 48,
    "warnings": 32,
    "description": 48,
}


def write(path: Path, rows: Iterator[Row], columns: Sequence[str]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    documents = _sheet(book, "documents", columns)
    items = _sheet(book, "line_items", _ITEM_COLUMNS)
    for row in rows:
        documents.append([_stored(name in AMOUNTS, row.get(name)) for name in columns])
        for index, item in enumerate(items_of(row), start=1):
            parts = [_stored(part in ITEM_NUMBERS, item.get(part)) for part in ITEM_PARTS]
            items.append([_stored(False, row["file"]), index, *parts])
    # In memory first (it is compressed): openpyxl leaves tracebacks behind when the disk is full.
    packed = BytesIO()
    book.save(packed)
    path.write_bytes(packed.getbuffer())


def read(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    try:
        lines = book["documents"].iter_rows(values_only=True)
        columns = checked_columns(next(lines, ()))
        for cells in lines:
            # Empty cells at the end of a line are left out of the file.
            yield {name: _restored(name, cell) for name, cell in zip_longest(columns, cells[: len(columns)])}
    finally:
        book.close()


def _sheet(book: Any, title: str, columns: Sequence[str]) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for place, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(name, max(10, len(name) + 2))
    header = []
    for name in columns:
        cell = WriteOnlyCell(sheet, value=name)
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)
    return sheet


def _stored(numeric: bool, cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    value = number(cell) if numeric else None
    return defused(_UNWRITABLE.sub("", cell))[:LONGEST_CELL] if value is None else value


def _restored(name: str, cell: Any) -> Cell:
    if name in AMOUNTS and isinstance(cell, int | float):
        return plain_decimal(float(cell))
    return fused(cell) if isinstance(cell, str) else cell
