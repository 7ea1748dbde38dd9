"""Dated exchange rates from a file in the European Central Bank's reference-rate format, and exact conversion.

The bank publishes, for each working day, how much of a currency one euro buys: as CSV with a column a currency
(`eurofxref-hist.csv`, `eurofxref.csv`) and as XML (`eurofxref-hist.xml`, `eurofxref-daily.xml`). A company's own rates
may be written in the same form.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from extractor.errors import UsageError
from extractor.policy.money import Money, minor_units

BASE = "EUR"
WINDOW = 7
"""Days that a rate stays good for where none was published: the longest pause (Christmas, Easter) is five."""

_HINT = "Give the bank's eurofxref-hist.csv or its XML, unpacked; or a CSV with the columns Date, USD, GBP, …"
_LARGEST = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Quote:
    """What one unit of a currency is worth in another, exactly, and the day on which that was published."""

    rate: Fraction
    day: dt.date


class Rates:
    """Exchange rates by day. A currency that the file doesn't hold has none; the euro is always known."""

    def __init__(self, by_day: Mapping[dt.date, Mapping[str, Decimal]], window: int = WINDOW) -> None:
        """`by_day` tells for each day how much of a currency one euro buys; `window` is in days.

        Raises ValueError for a rate that isn't above zero.
        """
        for day, rates in by_day.items():
            for currency, rate in rates.items():
                if not rate.is_finite() or rate <= 0:
                    raise ValueError(f"the rate of {currency} on {day} must be above zero, not {rate}")
        self.window = window
        self._by_day = {day: dict(by_day[day]) for day in sorted(by_day)}
        self._days = list(self._by_day)

    @classmethod
    def read(cls, path: Path | str, window: int = WINDOW) -> Rates:
        """The rates of a file, CSV or XML as told by its content. Raises UsageError (rates_unreadable)."""
        place = Path(path)
        try:
            if place.stat().st_size > _LARGEST:
                raise _unreadable(place, "it is larger than 200 MB")
            text = place.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise _unreadable(place, error.strerror or type(error).__name__) from error
        except UnicodeDecodeError as error:
            raise _unreadable(place, "it is no text in UTF-8; a ZIP must be unpacked first") from error
        by_day = dict(_from_xml(text, place) if text.lstrip().startswith("<") else _from_csv(text, place))
        if not by_day:
            raise _unreadable(place, "it holds no rate")
        try:
            return cls(by_day, window)
        except ValueError as error:
            raise _unreadable(place, str(error)) from error

    @property
    def days(self) -> Sequence[dt.date]:
        """The days with rates, oldest first."""
        return tuple(self._days)

    def quote(self, of: str, to: str, day: dt.date) -> Quote | None:
        """What one unit of `of` is worth in `to`: by the latest day on or before `day`, within the window, on which
        both stand in the file (crossed through the euro). None where there is no such day."""
        if of == to:
            return Quote(Fraction(1), day)
        place = bisect_right(self._days, day)
        for index in range(place - 1, -1, -1):
            published = self._days[index]
            if (day - published).days > self.window:
                return None
            rates = self._by_day[published]
            sold, bought = _rate(rates, of), _rate(rates, to)
            if sold is not None and bought is not None:
                return Quote(bought / sold, published)
        return None

    def convert(self, money: Money, to: str, day: dt.date) -> Money | None:
        """`money` in another currency at the rate of `day` (see `quote`), None where there is no rate.

        The product is exact and rounded once, half to even, to the minor units of `to` (ISO 4217). Money that is in
        `to` already comes back as it is.
        """
        if money.currency == to:
            return money
        quote = self.quote(money.currency, to, day)
        if quote is None:
            return None
        places = minor_units(to)
        units = round(Fraction(money.amount) * quote.rate * 10**places)
        return Money(Decimal(units).scaleb(-places), to)


def _rate(rates: Mapping[str, Decimal], currency: str) -> Fraction | None:
    if currency == BASE:
        return Fraction(1)
    found = rates.get(currency)
    return None if found is None else Fraction(found)


def _from_csv(text: str, path: Path) -> Iterator[tuple[dt.date, dict[str, Decimal]]]:
    rows = csv.reader(io.StringIO(text))
    header = [cell.strip() for cell in next(rows, [])]
    if not header or header[0].casefold() != "date":
        raise _unreadable(path, "its first column is not named Date")
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        day = _day(row[0])
        if day is None:
            raise _unreadable(path, f"row {number} starts with {row[0]!r}, which is no date")
        rates = {}
        for currency, cell in zip(header[1:], row[1:], strict=False):
            # The bank writes N/A for a currency that it didn't quote on a day, and ends each row with a comma.
            if currency and cell.strip() not in ("", "N/A", "-"):
                rates[currency] = _number(cell, path, f"row {number}, column {currency}")
        yield day, rates


def _from_xml(text: str, path: Path) -> Iterator[tuple[dt.date, dict[str, Decimal]]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        # The bank's file has neither, and entities can be made to eat the memory.
        raise _unreadable(path, "it declares entities or a document type")
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise _unreadable(path, f"its XML is broken: {error}") from error
    for cube in tree.iter():
        if "time" not in cube.attrib:
            continue
        day = _day(cube.attrib["time"])
        if day is None:
            raise _unreadable(path, f"{cube.attrib['time']!r} is no date")
        yield (
            day,
            {
                quote.attrib["currency"]: _number(quote.attrib["rate"], path, f"{day}, {quote.attrib['currency']}")
                for quote in cube
                if {"currency", "rate"} <= quote.attrib.keys()
            },
        )


def _day(text: str) -> dt.date | None:
    # The bank's file of a single day writes "23 October 2024".
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return dt.datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None


def _number(text: str, path: Path, place: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as error:
        raise _unreadable(path, f"{place}: {text.strip()!r} is no rate") from error


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(f"The rates {path} can't be read: {why}.", code="rates_unreadable", hint=_HINT)
