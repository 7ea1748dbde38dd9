"""Days that may be one and the same, misread."""

from __future__ import annotations

import datetime as dt

MISREAD = frozenset(
    frozenset(pair) for pair in ("08", "06", "09", "17", "14", "27", "35", "38", "58", "68", "49", "69")
)
"""Digits that OCR takes for each other. 5 and 6, 8 and 9 are left out: the receipts of two years in a row differ in
them, too."""


def one_sign_misread(claimed: dt.date, read: dt.date, slack: int = 1) -> bool:
    """Whether a day that was read is, but for a single digit that is often taken for another ("2013" for "2018"), the
    one claimed or at most `slack` days from it, as claims are."""
    near = (claimed + dt.timedelta(days=step) for step in range(-slack, slack + 1))
    return any(_one_apart(day.isoformat(), read.isoformat()) for day in near)


def _one_apart(one: str, other: str) -> bool:
    apart = [frozenset((a, b)) for a, b in zip(one, other, strict=True) if a != b]
    return len(apart) == 1 and apart[0] in MISREAD
