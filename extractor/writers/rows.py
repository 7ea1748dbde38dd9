"""A record as one row of a table: its columns, and the row's text made safe for spreadsheets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from extractor.types import AMOUNT_FIELDS, FIELD_NAMES, ITEM_PARTS, Extraction, LineItem, field_order

Cell = str | float | int | None
Row = dict[str, Cell]

_HEAD = ("file", "status", "error_code", "error_message", "warnings")
_TAIL = ("line_items", "verdict", "findings", "pages", "sha256", "model")

COLUMNS: tuple[str, ...] = (*_HEAD, *(c for name in FIELD_NAMES for c in (name, f"{name}_confidence")), *_TAIL)
"""The columns that every table has, in order. Fields of a user's own task stand behind those of the shipped one, as
text."""

_CONFIDENCE = "_confidence"
_OWN = len(COLUMNS) - len(_TAIL)
_FIXED = frozenset(COLUMNS)
AMOUNTS = frozenset(AMOUNT_FIELDS)
COUNTS = frozenset({"pages"})
ITEM_NUMBERS = frozenset({"quantity", "unit_price", "amount"})

_FORMULA = re.compile(r"[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def row_of(record: Extraction) -> Row:
    """The row of a record; what was not read is None. Line items are JSON: a list of objects of texts."""
    own = [column for name in field_order(record.receipt.fields) if (column := column_of(name)) not in _FIXED]
    row: Row = dict.fromkeys(columns_with(own))
    row.update(
        file=record.file, status=record.status, pages=record.pages, sha256=record.sha256, model=record.model or None
    )
    if record.error:
        row.update(error_code=record.error.code, error_message=record.error.message)
    row["warnings"] = "; ".join(f"{warning.code}: {warning.message}" for warning in record.warnings) or None
    for name, found in record.receipt.fields.items():
        column = column_of(name)
        row[column], row[column + _CONFIDENCE] = found.value, found.confidence
    items = [_parts(item) for item in record.receipt.line_items]
    row["line_items"] = json.dumps(items, ensure_ascii=False) if items else None
    row["verdict"] = record.verdict
    row["findings"] = (
        "; ".join(f"{found.rule} ({found.severity}): {found.message}" for found in record.findings) or None
    )
    return row


def column_of(field: str) -> str:
    """The column of a field. A user's field may have the name of another column ("status", "model"): it is marked."""
    taken = field in _FIXED and field not in FIELD_NAMES
    return f"{field} (field)" if taken or field.endswith(_CONFIDENCE) else field


def columns_with(own: Iterable[str]) -> tuple[str, ...]:
    """All columns of a table whose documents have these columns of a user's own, each with its confidence."""
    pairs = (each for column in own for each in (column, column + _CONFIDENCE))
    return (*COLUMNS[:_OWN], *pairs, *_TAIL)


def own_columns(row: Iterable[str]) -> list[str]:
    """The columns of a user's own fields among those of a row."""
    return [name for name in row if name not in _FIXED and not name.endswith(_CONFIDENCE)]


def checked_columns(names: Iterable[object]) -> tuple[str, ...]:
    """The columns of a table that is read back. Raises ValueError where they are not those of ours."""
    found = tuple(str(name) for name in names)
    if found != columns_with(found[_OWN : len(found) - len(_TAIL) : 2]):
        raise ValueError("other columns")
    return found


def is_confidence(column: str) -> bool:
    return column.endswith(_CONFIDENCE)


def items_of(row: Row) -> list[dict[str, str]]:
    """The line items in a row."""
    text = row.get("line_items")
    return json.loads(text) if isinstance(text, str) else []


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before a sign that would begin one.

    Plain negative numbers stay as they are.
    """
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def fused(text: str) -> str:
    """The text that `defused` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def number(text: Cell) -> float | None:
    """The number that a cell holds, or None where it holds none."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() and abs(value.adjusted()) < 30 else None


def plain_decimal(value: float) -> str:
    """An amount as the record writes it: at least two decimals and no exponent."""
    exact = Decimal(repr(value))
    exponent = exact.as_tuple().exponent
    return f"{exact:.{max(2, -exponent if isinstance(exponent, int) else 0)}f}"


def _parts(item: LineItem) -> dict[str, str]:
    return {part: found.value for part in ITEM_PARTS if (found := getattr(item, part))}
