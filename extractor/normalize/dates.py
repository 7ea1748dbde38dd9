"""Dates in printed text, with every day each may mean, and the choice in the order usual in a country."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from extractor.normalize.characters import digits_repaired, folded_letters
from extractor.normalize.months import month_names

Order = Literal["dmy", "mdy", "ymd", "ydm", "buddhist", "roc"]
Reading = tuple[date, Order]

MONTH_FIRST = frozenset("US PH PR GU VI AS MP UM FM MH PW CA BZ KY BS".split())  # noqa: SIM905
YEAR_FIRST = frozenset("CN JP KR KP TW HU MN LT SE IR BT".split())  # noqa: SIM905
_OLDEST_YEARS = 30
_EARLY_DAYS = timedelta(days=2)  # clocks of tills run ahead, and the world has time zones

_YEAR4 = r"(?:19|20|24|25|26)\d\d"
# A year may be glued to the time behind it ("25/12/201820:13").
_YEAR = rf"(?P<y>{_YEAR4}(?![\d:])|{_YEAR4}(?=[0-2]?\d[:.]\d\d)|\d\d(?![\d:])|\d\d(?=[0-2]\d:\d\d))"
_NUMERIC = re.compile(
    rf"(?<!\d)(?<!\d[.,/])(?:"
    rf"(?P<a>\d{{1,2}})(?P<s>\ ?[/.\-]\ ?)(?P<b>\d{{1,2}})(?:\ ?[/.\-'~]\ ?){_YEAR}(?![./]\d)"
    rf"|(?P<y4>{_YEAR4}|1\d\d(?=/))(?:\ ?[/.\-年년]\ ?)(?P<m4>\d{{1,2}})(?:\ ?[/.\-月월]\ ?)(?P<d4>\d{{1,2}})"
    rf"(?:\ ?[日일]|(?=\d\d:)|(?!\d))"
    rf"|(?P<ea>\d\d)(?P<eb>\d\d)?[/.\-](?P<ec>(?(eb)|\d\d))(?P<ey>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<sa>\d\d)\ (?P<sb>\d\d)\ (?P<sy>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<run>\d{{8}})(?!\d)"
    rf"|(?P<era>令和|平成)\ ?(?P<ye>\d{{1,2}}|元)\ ?年\ ?(?P<me>\d{{1,2}})\ ?月\ ?(?P<de>\d{{1,2}})\ ?日"
    rf")"
)
# Thai writes vowels as marks over the letters and abbreviates with a point inside ("มี.ค.").
_WORD = re.compile(r"[ก-๎]+(?:\.[ก-๎]+)?|[^\W\d_]{2,12}")
_GAP = r"[ .,/\-']{0,3}"
_DAY_LEFT = re.compile(rf"(?<!\d)(?<!\d[.,:])(\d{{1,2}})(?:st|nd|rd|th|er|[ºª°])?{_GAP}(?:(?:de|of|d) )?$")
_YEAR_LEFT = re.compile(rf"(?<!\d)((?:19|20|25)\d\d){_GAP}$")
_YEAR_RIGHT = re.compile(
    rf"{_GAP}(?:(?:de|del|of|[คพ]\.ศ\.) ?)?((?:19|20|25)\d\d(?!\d(?!\d?[:.]\d\d))|\d\d(?!\d|:\d|\.\d\d\b))"
)
_DAY_RIGHT = re.compile(rf"{_GAP}(\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)")
_ZERO_IN_MONTH = re.compile(r"(?<![\d.,])0(?=[ck]t(?![^\W\d_]))|(?<=\bn)0(?=v(?![^\W\d_]))")
"""OCR takes the O of Oct, Okt and Nov for a zero."""
_SIX = re.compile(r"(\d\d)(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A date as printed, where it stands in the text searched, and the days it may mean.

    `orders` runs parallel to `readings` and tells the order of day, month and year behind each.
    """

    start: int
    end: int
    text: str
    readings: tuple[date, ...]
    orders: tuple[Order, ...] = field(default=())


def find_dates(text: str) -> list[DateMatch]:
    """Every date printed in `text`, in the order printed, numeric or with the month's name.

    Look-alike letters in the digits, gaps around the signs and a time glued to the year are put up with.
    """
    return list(_found(text))


def choose_date(match: DateMatch, country: str | None, today: date | None = None) -> date:
    """The day that `match` most likely means on a document of `country` (ISO 3166-1 alpha-2).

    Days that are neither in the future nor more than thirty years past come first, then the country's usual order.
    """
    now = today or date.today()
    ranks = _ranks(country)

    def unlikeliness(pair: Reading) -> tuple[bool, int]:
        day, order = pair
        plausible = now.year - _OLDEST_YEARS <= day.year and day <= now + _EARLY_DAYS
        return not plausible, ranks.index(order)

    return min(zip(match.readings, match.orders, strict=True), key=unlikeliness)[0]


def parse_date(text: str, country: str | None, today: date | None = None) -> date | None:
    """The date that a field's text means, or None. Here six bare digits count too ("160710")."""
    found = _found(text)
    if not found:
        six = _SIX.fullmatch(digits_repaired(text).strip())
        readings = tuple(_numeric_readings(six[1], six[2], six[3])) if six else ()
        if not readings:
            return None
        return choose_date(_match(text, 0, len(text), readings), country, today)
    return choose_date(found[0], country, today)


def _ranks(country: str | None) -> tuple[Order, ...]:
    if country in MONTH_FIRST:
        return ("mdy", "dmy", "ymd", "buddhist", "roc", "ydm")
    if country in YEAR_FIRST:
        return ("roc", "ymd", "dmy", "mdy", "ydm", "buddhist")
    return ("dmy", "mdy", "ymd", "buddhist", "roc", "ydm")


def _match(text: str, start: int, end: int, readings: tuple[Reading, ...]) -> DateMatch:
    return DateMatch(start, end, text[start:end], tuple(day for day, _ in readings), tuple(o for _, o in readings))


@lru_cache(maxsize=1024)
def _found(text: str) -> tuple[DateMatch, ...]:
    if len(text) < 5:
        return ()
    clean = digits_repaired(text)
    if not any(c.isdigit() for c in clean):
        return ()
    found: list[DateMatch] = []
    for match in _NUMERIC.finditer(clean):
        readings = tuple(_readings(match))
        if readings:
            found.append(_match(text, match.start(), match.end(), readings))
    for start, end, readings in _named(_ZERO_IN_MONTH.sub("o", folded_letters(clean))):
        if not any(start < other.end and other.start < end for other in found):
            found.append(_match(text, start, end, readings))
    return tuple(sorted(found, key=lambda m: m.start))


def _readings(match: re.Match[str]) -> Iterator[Reading]:
    if match["a"]:
        yield from _numeric_readings(match["a"], match["b"], match["y"])
    elif match["y4"]:
        year = int(match["y4"])
        day = _day(year + 1911 if year < 1000 else _common(year), int(match["m4"]), int(match["d4"]))
        if day:
            yield day, "roc" if year < 1000 else "ymd"
        elif year > 1000 and (swapped := _day(_common(year), int(match["d4"]), int(match["m4"]))):
            yield swapped, "ydm"
    elif match["ea"]:
        yield from _numeric_readings(match["ea"], match["eb"] or match["ec"], match["ey"])
    elif match["sa"]:
        yield from _numeric_readings(match["sa"], match["sb"], match["sy"])
    elif match["run"]:
        yield from _run_readings(match["run"])
    else:
        start = 2018 if match["era"] == "令和" else 1988
        day = _day(start + (1 if match["ye"] == "元" else int(match["ye"])), int(match["me"]), int(match["de"]))
        if day:
            yield day, "ymd"


def _numeric_readings(a: str, b: str, year: str) -> Iterator[Reading]:
    """Readings of three numbers in the order printed: day or month first, and year first where the last is short."""
    full = _full_year(year)
    seen: set[tuple[date, Order]] = set()
    orders: list[tuple[date | None, Order]] = [
        (_day(full, int(b), int(a)), "dmy"),
        (_day(full, int(a), int(b)), "mdy"),
    ]
    if len(year) == 2:
        orders.append((_day(_full_year(a), int(b), int(year)) if len(a) == 2 else None, "ymd"))
        orders.append((_buddhist_day(year, int(b), int(a)), "buddhist"))
    for day, order in orders:
        if day and (day, order) not in seen:
            seen.add((day, order))
            yield day, order


def _run_readings(run: str) -> Iterator[Reading]:
    """Readings of eight digits without signs; years outside 1990–2049 make it a number of something else."""
    if "1990" <= run[:4] <= "2049" and (day := _day(int(run[:4]), int(run[4:6]), int(run[6:]))):
        yield day, "ymd"
    if "1990" <= run[4:] <= "2049":
        if day := _day(int(run[4:]), int(run[2:4]), int(run[:2])):
            yield day, "dmy"
        if day := _day(int(run[4:]), int(run[:2]), int(run[2:4])):
            yield day, "mdy"


def _named(folded: str) -> Iterator[tuple[int, int, tuple[Reading, ...]]]:
    """Dates around the name of a month in `folded`: their first and last place and readings."""
    names = month_names()
    for word in _WORD.finditer(folded):
        months = names.get(word.group())
        if months is None:
            continue
        around = _around(folded, word.start(), word.end())
        if around is None:
            continue
        start, end, day_text, year_text, order = around
        days = [_day(_full_year(year_text), month, int(day_text)) for month in months]
        readings: list[Reading] = [(day, order) for day in days if day]
        if len(year_text) == 2:
            thai = [_buddhist_day(year_text, month, int(day_text)) for month in months]
            readings += [(day, "buddhist") for day in thai if day]
        if readings:
            yield start, end, tuple(readings)


def _around(folded: str, start: int, end: int) -> tuple[int, int, str, str, Order] | None:
    """Day and year printed beside a month's name that stands from `start` to `end`."""
    left_year = _YEAR_LEFT.search(folded, max(0, start - 8), start)
    right_day = _DAY_RIGHT.match(folded, end)
    if left_year and right_day:
        return left_year.start(), right_day.end(), right_day[1], left_year[1], "ymd"
    left_day = _DAY_LEFT.search(folded, max(0, start - 9), start)
    right_year = _YEAR_RIGHT.match(folded, end)
    day_then_year = _YEAR_RIGHT.match(folded, right_day.end()) if right_day else None
    month_first = day_then_year is not None and not (right_day and "'" in right_day.group())
    if left_day and right_year and not (month_first and day_then_year and len(day_then_year[1]) == 4):
        return left_day.start(), right_year.end(), left_day[1], right_year[1], "dmy"
    if right_day and day_then_year and month_first:
        return start, day_then_year.end(), right_day[1], day_then_year[1], "mdy"
    return None


def _full_year(printed: str) -> int:
    if len(printed) == 4:
        return _common(int(printed))
    return int(printed) + (2000 if int(printed) < 70 else 1900)


def _common(year: int) -> int:
    """The year of the common era; Thai receipts count from the Buddha (2561 is 2018)."""
    return year - 543 if year >= 2400 else year


def _buddhist_day(printed: str, month: int, day: int) -> date | None:
    """The day of a Buddhist year printed short: 61 is 2561, which is 2018. Years 1997 to 2032 only."""
    return _day(2500 + int(printed) - 543, month, day) if 40 <= int(printed) <= 75 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
