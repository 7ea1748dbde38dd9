"""When a label is wrong, measured against ground truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from extractor.anls import anls, exact
from extractor.normalize.dates import find_dates
from extractor.truth import Truth, comparable

WRONG_BELOW = 0.8
"""Names and addresses under this ANLS are wrong; above it they differ by misprints, commas or spaces."""

MEASURED = ("merchant_name", "merchant_address", "date", "total")
"""The fields of which SROIE tells the truth."""


def wrong(field: str, label: Mapping[str, Any], truth: Truth) -> bool | None:
    """Whether the label's value is wrong; None where the truth says nothing about it.

    Totals: not the same number. Dates: the printed truth can't mean the label's day. Names and addresses: ANLS under
    `WRONG_BELOW`. A null where the truth has a value is wrong.
    """
    known = truth.fields.get(field)
    if not known:
        return None
    value = label.get(field)
    if not value:
        return True
    if field == "date":
        return not (_may_mean(known, str(value)) or exact(str(label.get("date_text") or ""), known))
    said = comparable(field, str(value))
    return not exact(said, known) if field == "total" else anls(said, known) < WRONG_BELOW


def _may_mean(printed: str, day: str) -> bool:
    try:
        sought = date.fromisoformat(day)
    except ValueError:
        return False
    compact = printed if not printed.isdigit() or len(printed) != 8 else f"{printed[:4]}-{printed[4:6]}-{printed[6:]}"
    return any(sought in match.readings for match in find_dates(compact))
