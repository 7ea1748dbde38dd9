"""Dates as a country prints them: the patterns of `Locale.dates`, with months in the document's language."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Literal

from training.synthetic.purchase import Locale

BUDDHIST = 543
"""Years that the Thai calendar is ahead."""
_CODE = re.compile(r"%([-^E]?)([A-Za-z])")


@cache
def _months(language: str, width: Literal["abbreviated", "wide"]) -> tuple[str, ...]:
    from babel.dates import get_month_names

    names = get_month_names(width, context="format", locale=language)
    return tuple(names[number].rstrip(".") for number in range(1, 13))


def printed_date(when: date | datetime, pattern: str, locale: Locale) -> str:
    """`when` by a pattern of `Locale.dates`.

    The codes are those of `strftime`, whatever locale the process runs in: %d %m %y %Y, %b and %B (months in the
    document's language), "-" to drop a leading zero (%-d), "^" for capitals (%^b), and %EY or %Ey for the year of the
    Buddhist era, as Thai documents print it. Raises ValueError for another code.
    """
    return _CODE.sub(lambda match: _part(when, match.group(1), match.group(2), locale), pattern)


def _part(when: date | datetime, flag: str, code: str, locale: Locale) -> str:
    year = when.year + (BUDDHIST if flag == "E" else 0)
    match code:
        case "d" | "m":
            number = when.day if code == "d" else when.month
            return str(number) if flag == "-" else f"{number:02d}"
        case "Y":
            return str(year)
        case "y":
            return f"{year % 100:02d}"
        case "b" | "B":
            name = _months(_spoken(locale), "abbreviated" if code == "b" else "wide")[when.month - 1]
            return name.upper() if flag == "^" else name
    raise ValueError(f"no date is printed by %{flag}{code}")


def _spoken(locale: Locale) -> str:
    return "zh_Hant" if locale.name in ("zh_TW", "zh_HK") else "nb" if locale.language == "no" else locale.language
