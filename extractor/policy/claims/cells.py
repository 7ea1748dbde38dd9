"""What a cell of a table says: an exact amount, a day, a count, a currency. Nothing is guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from extractor.normalize.currency_marks import ISO_CODES, currencies_of_mark

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ") | {ord("\u2019"): "'", ord("\u2212"): "-"}
_MARK = re.compile(r"^([^\d\s.,'()+-]+\.?)|([^\d\s.,'()+-]+\.?)$")
_GAPS = re.compile(r"^\d{1,3}(?:[ '])(?:\d{3}[ '])*\d{3}(?:[.,]\d+)?$")
_FORMS = {
    ".": re.compile(r"^(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})(?:\.\d+)?$|^\.\d+$"),
    ",": re.compile(r"^(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?$|^,\d+$"),
}
"""How a number looks whose decimal sign is the key; the second reading of a point is India's grouping."""

_EXCEL_DIGITS = 15
"""Excel keeps 15 digits; what stands behind them in the file is the noise of binary fractions."""


class Unclear(ValueError):
    """A cell that can't be understood; the message says why, in words that follow the cell's content."""


def amount_readings(cell: Any) -> tuple[Mapping[str, Decimal], str]:
    """The values that an amount may have, by the decimal sign under which it has them, and a currency mark beside it.

    A cell that holds a number has one value under both signs. Raises Unclear for what is no amount.
    """
    if isinstance(cell, bool):
        raise Unclear("is no amount")
    if isinstance(cell, (int, Decimal, float)):
        try:
            value = Decimal(f"{cell:.{_EXCEL_DIGITS}g}") if isinstance(cell, float) else Decimal(cell)
        except InvalidOperation as error:
            raise Unclear("is no amount") from error
        if not value.is_finite():
            raise Unclear("is no amount")
        return {".": value, ",": value}, ""
    text = str(cell).translate(_SPACES).strip()
    negative, text, mark = _unmarked(text)
    if _GAPS.match(text):
        text = text.replace(" ", "").replace("'", "")
    readings = {}
    for sign, form in _FORMS.items():
        if form.match(text):
            plain = text.replace("," if sign == "." else ".", "").replace(sign, ".")
            readings[sign] = -Decimal(plain) if negative else Decimal(plain)
    if not readings:
        raise Unclear("is no amount")
    return readings, mark


def _unmarked(text: str) -> tuple[bool, str, str]:
    """Whether a number is negative (a minus before or behind, or brackets), its digits, and the mark beside them."""
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    mark = ""
    for _ in range(2):
        if text[:1] in "+-" and text:
            negative, text = negative or text[0] == "-", text[1:].strip()
        elif text.endswith("-"):
            negative, text = True, text[:-1].strip()
        found = _MARK.search(text)
        if found:
            mark = found.group()
            text = (text[: found.start()] + text[found.end() :]).strip()
    return negative, text, mark


def settled(readings: Mapping[str, Decimal], sign: str | None) -> Decimal | None:
    """The value under a decimal sign, or the only one that there is; None where the cell stays open."""
    values = set(readings.values())
    if len(values) == 1 and (sign is None or sign in readings):
        return next(iter(values))
    return readings.get(sign) if sign else None


def currency_of(cell: Any) -> str:
    """The currency that a cell names, by code or by a mark that is one currency's alone. Raises Unclear."""
    text = str(cell).strip()
    if text.upper() in ISO_CODES:
        return text.upper()
    meant = currencies_of_mark(text)
    if len(meant) == 1:
        return meant[0]
    raise Unclear(
        f"may be {', '.join(meant[:3])}: write the code of ISO 4217" if meant else "is no currency code of ISO 4217"
    )


def day_of(cell: Any, form: str | None) -> dt.date:
    """The day that a cell names: a date of a spreadsheet, ISO 8601, or written in `form` (strptime). Raises Unclear."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return _serial_day(cell, form)
    text = str(cell).strip()
    if form:
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError as error:
            raise Unclear(f"is no date of the form {form}") from error
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError as error:
        raise Unclear("is no date of the form 2026-03-14: write it so, or state its form with --date-format") from error


def _serial_day(number: float | Decimal, form: str | None) -> dt.date:
    """The day behind a spreadsheet's number of days since 1900, or behind digits such as 20260314."""
    text = str(number)
    if form or (len(text) == 8 and text.isdigit()):
        return day_of(text, form)
    if not 20_000 <= number <= 80_000:  # 1954 to 2119
        raise Unclear("is a number, and no date")
    return dt.date(1899, 12, 30) + dt.timedelta(days=int(number))


def count_of(cell: Any) -> int:
    """A count: a whole number, or the length of a list (names separated by semicolons count too). Raises Unclear."""
    if isinstance(cell, list):
        return len(cell)
    text = str(cell).strip()
    if ";" in text:
        return len(names_of(text))
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Unclear("is no whole number") from error
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= 100_000:
        raise Unclear("is no whole number")
    return int(value)


def names_of(cell: Any) -> tuple[str, ...]:
    """Names in a cell, separated by semicolons, or a list of them."""
    parts = cell if isinstance(cell, list) else str(cell).split(";")
    return tuple(dict.fromkeys(name for part in parts if (name := str(part).strip())))
