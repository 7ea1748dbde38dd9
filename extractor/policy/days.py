"""Days that may be one and the same, misread."""

from __future__ import annotations

import datetime as dt

MISREAD = ({"3", "8"}, {"0", "8"}, {"1", "7"})
"""Digits that OCR takes for each other; 5 and 6 are left out, since a receipt of last year differs in them, too."""


def one_sign_misread(one: dt.date, other: dt.date) -> bool:
    """Whether two days differ in a single digit that is often taken for the other's ("2013" for "2018")."""
    apart = [{a, b} for a, b in zip(one.isoformat(), other.isoformat(), strict=True) if a != b]
    return len(apart) == 1 and apart[0] in MISREAD
