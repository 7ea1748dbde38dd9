"""A record as one row of a table: its columns, and the row's text made safe for spreadsheets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from extractor.types import AMOUNT_FIELDS, FIELD_NAMES, ITEM_PARTS, Extraction, LineItem

Cell = str | float | int | None
Row = dict[str, Cell]

_HEAD = ("file", "status", "error_code", "error_message", "warnings")
_TAIL = ("line_items", "verdict", "findings", "pages", "sha256", "model")

COLUMNS: tuple[str, ...] = (*_HEAD, *(c for name in FIELD_NAMES for c in (name, f"{name}_confidence")), *_TAIL)
"""Every column of a table, in order."""

CONFIDENCES = frozenset(f"{name}_confidence" for name in FIELD_NAMES)
AMOUNTS = frozenset(AMOUNT_FIELDS)
COUNTS = frozenset({"pages"})
ITEM_NUMBERS = frozenset({"quantity", "unit_price", "amount"})

_FORMULA = re.compile(r"[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def row_of(record: Extraction) -> Row:
    """The row of a record; what was not read is None. Line items are JSON: a list of objects of texts."""
    row: Row = dict.fromkeys(COLUMNS)
    row.update(
        file=record.file, status=record.status, pages=record.pages, sha256=record.sha256, model=record.model or None
    )
    if record.error:
        row.update(error_code=record.error.code, error_message=record.error.message)
    row["warnings"] = "; ".join(f"{warning.code}: {warning.message}" for warning in record.warnings) or None
    for name, found in record.receipt.fields.items():
        row[name], row[f"{name}_confidence"] = found.value, found.confidence
    items = [_parts(item) for item in record.receipt.line_items]
    row["line_items"] = json.dumps(items, ensure_ascii=False) if items else None
    row["verdict"] = record.verdict
    row["findings"] = (
        "; ".join(f"{found.rule} ({found.severity}): {found.message}" for found in record.findings) or None
    )
    return row


def check_columns(names: Iterable[object]) -> None:
    """Raise ValueError where a table that is read back has other columns than ours."""
    if tuple(names) != COLUMNS:
        raise ValueError("other columns")


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
