"""Kinds of fields that are judged alike, and the evidence that counts for each.

Evidence is a number for each name below; NaN where it can't be had, which then neither speaks for nor against.
"""

from __future__ import annotations

from typing import Any

from extractor.task import FieldType, Task

Evidence = dict[str, float]

ITEMS = "line_items"

Signs = dict[str, int]

_PLACE: Signs = {"found": 1, "alike": 1, "missing": -1, "confidence": 1, "times": 1}
_AROUND: Signs = {
    "row": -1,
    "lead": -1,
    "trail": -1,
    "free_above": -1,
    "just_above": -1,
    "just_below": -1,
    "tall": 1,
    "above_taller": -1,
}
_SHOP: Signs = {"shop_agrees": 1, "shop_differs": -1}
_SUMS: Signs = {"sums": 1, "sums_apart": -1, "items": 1}
_DAY: Signs = {
    "found": 1,
    "exact": 1,
    "alike": 1,
    "confidence": 1,
    "times": 1,
    "others": -1,
    "same_day": 1,
    "plausible": 1,
}

STUDENT: Signs = {"student_same": 1, "student_other": -1, "student_share": 1}
"""The student's confidence where it reads the same, where it reads something else, how probable it holds this value."""

FAMILIES: dict[str, Signs] = {
    "name": {
        **_PLACE,
        **_AROUND,
        "form": 0,
        "form_elsewhere": -1,
        "below_name": -1,
        "below_bracket": -1,
        "rows": 0,
        "length": 0,
        "head": 1,
        "head_apart": -1,
        "owner": -1,
        "owner_below": -1,
        **_SHOP,
    },
    "address": {
        **_PLACE,
        **_AROUND,
        "postcode": 1,
        "postcode_beside": -1,
        "below_code": -1,
        "starts": 1,
        "length": 0,
        "gap": -1,
        **_SHOP,
    },
    "code": {
        **_PLACE,
        "digits": 1,
        "plausible": 1,
        "check_digit": 1,
        "label": 1,
        "label_elsewhere": -1,
        "length": 0,
        **_SHOP,
    },
    "amount": {"found": 1, "confidence": 1, "times": 1, "label": 1, **_SUMS, "share": 0, "zero": 0},
    "total": {
        "found": 1,
        "confidence": 1,
        "times": 1,
        "label": 1,
        "label_elsewhere": -1,
        "rounded_elsewhere": -1,
        "paid": -1,
        **_SUMS,
        "share": 1,
        "zero": -1,
        "rounded": 0,
        "discounted": -1,
    },
    "date": {**_DAY, "label": 1, "label_elsewhere": -1},
    "choice": {"fits": 1, "contradicts": -1, **_SHOP},
    "items": {
        "amounts_found": 1,
        "texts_alike": 1,
        "texts_worst": 1,
        "sums": 1,
        "sums_apart": -1,
        "none": 0,
        "uncounted": -1,
    },
    "absent": {"label_elsewhere": -1, "shop_has": -1},
}
"""The evidence of each family, the student's aside: +1 speaks for a value, -1 against it, 0 either way.

A fit may not give evidence the opposite sign: few wrong labels are known and half of those come from two shops, so that
a free fit would learn these shops instead.
"""

_OF_TYPE: dict[FieldType, str] = {
    "name": "name",
    "address": "address",
    "amount": "amount",
    "date": "date",
    "time": "date",
    "choice": "choice",
}


def family_of(task: Task, field: str, value: Any) -> str:
    """The family by which a field's value is judged."""
    if field == ITEMS:
        return "items"
    if value in (None, ""):
        return "absent"
    if field == "total":
        return "total"
    return _OF_TYPE.get(task.types[field], "code")


def judged(task: Task) -> tuple[str, ...]:
    """All fields that get a trust."""
    return (*task.names, *((ITEMS,) if task.line_items else ()))
