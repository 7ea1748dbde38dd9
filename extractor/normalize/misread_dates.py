"""Dates that OCR misread by a sign, where something else says that a date stands there.

A free search for these would find dates in any long number; they are tried only where the student points at a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extractor.normalize.dates import DateMatch, find_dates
from extractor.normalize.months import month_names

LONGEST = 28
"""Signs of a text that may be a date; longer ones are not tried."""

_DIGITS = str.maketrans("OoQDCIl|!iZzSsBAG", "00000111112255846")
_LETTERS = str.maketrans("10548|!", "iosabll")
_SEPARATORS = re.compile(r"[\\|_:;,~°•·*]+")
_GAP_IN_NUMBER = re.compile(r"(?<=\d) +(?=\d)|(?<=[/.\-]) +| +(?=[/.\-])")
_LOST_SLASHES = re.compile(r"(?<!\d)(\d\d)([/17I|l.\-])(\d\d)([/17I|l.\-])((?:19|20)\d\d)(?!\d)")
_WORDLIKE = re.compile(r"(?<![^\W_])(?=[^\W_]*[^\W\d_])[^\W_]{3,9}(?![^\W_])")
_MIXED = re.compile(r"(?<![^\W_])(?=[^\W_]*\d)[^\W_]{1,10}(?![^\W_])|(?<=[/.\-])[OoIl|]{1,2}(?=[/.\-])")
_GLUED_YEAR = re.compile(r"(?<=\d)[°\"*´`’]+(?=\d\d(?!\d))")


@lru_cache(maxsize=256)
def find_misread_date(text: str) -> DateMatch | None:
    """The date that `text` was before a sign of it was misread, or None. Its text is what was read, whole.

    Tried in this order, each alone: gaps within numbers, letters for digits, digits in the name of a month, signs for
    separators, and 1 or 7 for a slash.
    """
    plain = " ".join(text.split())
    if not 5 <= len(plain) <= LONGEST or sum(sign.isdigit() for sign in plain) < 3:
        return None
    for tried in _spellings(plain):
        found = find_dates(tried) if tried != plain else []
        if found:
            first = found[0]
            return DateMatch(0, len(plain), plain, first.readings, first.orders)
    return None


def _spellings(text: str) -> Iterator[str]:
    yield _GAP_IN_NUMBER.sub("", text)
    yield _numeric(text)
    yield _numeric(_GAP_IN_NUMBER.sub("", text))
    yield _months(text)
    yield _GLUED_YEAR.sub(" 20", text)
    yield _SEPARATORS.sub("/", text)
    yield _SEPARATORS.sub(" ", _months(text))
    yield _LOST_SLASHES.sub(r"\1/\3/\5", _numeric(text.replace(" ", "")))


def _numeric(text: str) -> str:
    """Letters that look like digits are digits where they stand with digits."""
    return _MIXED.sub(lambda run: run[0].translate(_DIGITS), text)


def _months(text: str) -> str:
    """Digits within a word are letters where they then name a month ("Ju1 2014")."""

    def spelt(word: re.Match[str]) -> str:
        letters = word[0].translate(_LETTERS)
        other = letters.replace("i", "l") if not _is_month(letters) else letters
        return next((each for each in (letters, other) if _is_month(each)), word[0])

    return _WORDLIKE.sub(spelt, text)


def _is_month(word: str) -> bool:
    return word.casefold().rstrip(".") in month_names()
