"""The numbers printed on a receipt: what survives a second photograph, and what sets two receipts of one shop apart.

Names, headings and addresses are the same on every receipt of a shop; prices, times, dates and numbers are not. Letters
that recognition takes for digits and the reverse are read alike, and marks inside a number count nothing, so that
"l2.5O" and "12,50" are one number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

SHORTEST = 3
"""Digits of the shortest number that is kept: quantities and item counts stand on every receipt."""

MOST = 150
"""Numbers kept of one receipt; those of long statements beyond it say nothing more."""

_NEIGHBOURS = re.compile(r"(?<=\d)[oOlI|]|[oOlI|](?=\d)")
_BETWEEN = re.compile(r"(?<=\d)[SBZG](?=\d)")
_RUN = re.compile(r"\d(?:[\d.,:;/'’\-]*\d)?")
_DIGIT = {"o": "0", "O": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8", "Z": "2", "G": "6"}


def folded(text: str) -> str:
    """A text in which letters that are mistaken for digits are digits wherever they touch one.

    >>> folded("l2.5O"), folded("INV-1O2S4")
    ('12.50', 'INV-10254')
    """
    before = ""
    while before != text:
        before = text
        text = _NEIGHBOURS.sub(lambda match: _DIGIT[match[0]], text)
        text = _BETWEEN.sub(lambda match: _DIGIT[match[0]], text)
    return text


def numbers(text: str) -> list[str]:
    """The numbers of a text in order, as digits only.

    >>> numbers("RM l2.5O on 03/04/2018 at 9:41, 2 pcs")
    ['1250', '03042018', '941']
    """
    found = ("".join(sign for sign in run if sign.isdigit()) for run in _RUN.findall(folded(text)))
    return [run for run in found if len(run) >= SHORTEST]


def printed(words: Iterable[str]) -> tuple[str, ...]:
    """The numbers of the words of a document, in their order, at most MOST."""
    kept: list[str] = []
    for word in words:
        kept += numbers(word)
    return tuple(kept[:MOST])


def weight(number: str) -> float:
    """How much one shared number tells: next to nothing for a price, more for what is long.

    >>> weight("100"), weight("1250"), weight("20180304")
    (1.0, 1.5, 3.0)
    """
    return min(1.0 + (len(number) - SHORTEST) / 2, 3.0)


def shared(first: Sequence[str], second: Sequence[str]) -> Counter[str]:
    """The numbers that stand on both, each as often as on the one that has fewer of it."""
    return Counter(first) & Counter(second)


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """The weight of the numbers on both over that of the receipt with the lesser weight, 0–1; 0 where one has none."""
    least = min(sum(map(weight, first)), sum(map(weight, second)))
    if not least:
        return 0.0
    return sum(weight(number) * count for number, count in shared(first, second).items()) / least
