"""Evidence about amounts, dates, times and line items: is it printed, where, and do the sums agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rapidfuzz import fuzz

from extractor.normalize.arithmetic import consistency
from extractor.normalize.dates import parse_date
from extractor.normalize.times import find_times
from extractor.truth import decimal
from extractor.types import AMOUNT_FIELDS
from labeling.critic.family import Evidence
from labeling.critic.sheet import Sheet, squeezed

AMOUNT_WORDS = {
    "total": re.compile(r"(?i)t[o0]ta[l1]|amount|summe|gesamt|betrag|importe|jumlah|\bnett?\b|\bdue\b|합계|合计"),
    "subtotal": re.compile(r"(?i)sub|net|excl|before|taxable|amount|zwischen|total"),
    "tax": re.compile(r"(?i)tax|gst|sst|vat|hst|pst|mwst|ust|tva|iva|6%"),
    "service_charge": re.compile(r"(?i)serv|svc|s\.?c\b|tip|gratuity|charge"),
    "discount": re.compile(r"(?i)disc|save|saving|off|coupon|promo|rabat|rebate|less|voucher|member"),
    "rounding": re.compile(r"(?i)rou?nd|rnd|adj"),
}
DATE_WORDS = re.compile(r"(?i)date|datum|fecha|tarikh|\bdt\b|time|day|\d:\d\d")

_NOT_TOTAL = re.compile(r"(?i)sub|excl|qty|item|save|saving|gst|tax|disc|round|change|tender|point")
_PAID = re.compile(r"(?i)cash|change|tender|paid|payment|visa|master|card|balance")
_OLDEST = 30


def item_amounts(label: Mapping[str, Any]) -> list[Decimal]:
    """The amounts of a label's line items that are numbers."""
    items: Sequence[Any] = label.get("line_items") or ()
    return [value for item in items if (value := decimal(str(item_part(item, 3, "amount") or ""))) is not None]


def item_part(item: Any, place: int, name: str) -> str | None:
    """A part of a line item, which a label file may hold as a list or as an object."""
    if isinstance(item, Mapping):
        return item.get(name)
    return item[place] if isinstance(item, Sequence) and len(item) > place else None


def amounts_of(label: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: value for name in AMOUNT_FIELDS if (value := decimal(str(label.get(name) or ""))) is not None}


def amount_evidence(sheet: Sheet, field: str, label: Mapping[str, Any]) -> Evidence:
    """One amount: printed or not, beside which word, how large, and whether all amounts of the label add up."""
    value = decimal(str(label[field]))
    if value is None:
        # Not a number at all: nothing can be found for it.
        return dict.fromkeys(("found", "confidence", "times", "label", "sums", "share"), 0.0) | {"sums_apart": 1.0}
    size = abs(value)
    rows = sheet.amounts.get(size, [])
    words = AMOUNT_WORDS.get(field)
    near = [sheet.row_text(at) for row in rows for at in (row - 1, row) if at >= 0]
    confidence = max((_row_confidence(sheet, row) for row in rows), default=0.0)
    largest = max(sheet.amounts, default=Decimal(0))
    found = {
        "found": float(bool(rows)),
        "confidence": confidence,
        "times": min(len(rows), 4) / 4,
        "label": float(bool(words) and any(words.search(text) for text in near)) if words else 0.5,
        **_sums(label, field),
        "share": float(size / largest) if largest and size <= largest else 1.0 if size == largest else 0.0,
        "zero": float(size == 0),
    }
    return found | (_total_evidence(sheet, size, rows, label) if field == "total" else {})


def _row_confidence(sheet: Sheet, row: int) -> float:
    return min(sheet.tokens[at].confidence for at in sheet.rows[row])


def _sums(label: Mapping[str, Any], field: str) -> Evidence:
    """`sums`: an identity holds that this field is part of; `sums_apart`: one is broken. Both 0 where none applies."""
    amounts = amounts_of(label)
    notices = {notice.code for notice in consistency(amounts, item_amounts(label))}
    whole = "total" in amounts and "subtotal" in amounts
    items = bool(item_amounts(label)) and ("total" in amounts or "subtotal" in amounts)
    broken = "total_mismatch" in notices or (field == "tax" and "tax_rate_implausible" in notices)
    return {
        "sums": float(whole and not broken),
        "sums_apart": float(broken),
        "items": 0.0 if not items else -1.0 if "items_mismatch" in notices else 1.0,
    }


def _total_evidence(sheet: Sheet, size: Decimal, rows: Sequence[int], label: Mapping[str, Any]) -> Evidence:
    """Another amount on a row of a total; the total before rounding on one; whether the value stands as paid."""
    word = AMOUNT_WORDS["total"]
    named = {
        amount
        for amount, places in sheet.amounts.items()
        if any(word.search(sheet.row_text(row)) and not _NOT_TOTAL.search(sheet.row_text(row)) for row in places)
    }
    amounts = amounts_of(label)
    rounding = amounts.get("rounding") or Decimal(0)
    return {
        "label_elsewhere": float(bool(named - {size}) and size not in named),
        "rounded_elsewhere": float(rounding != 0 and size - rounding in named),
        "paid": float(bool(rows) and all(_PAID.search(sheet.row_text(row)) for row in rows)),
        "rounded": float(rounding != 0),
        "discounted": float(bool(amounts.get("discount"))),
    }


def date_evidence(sheet: Sheet, label: Mapping[str, Any], today: date) -> Evidence:
    """A date: is the day printed, is the text, are there others, do text and day agree, can it be."""
    text, day = str(label.get("date_text") or ""), _day(label.get("date"))
    rows = sheet.dates.get(day, []) if day else []
    parsed = parse_date(text, str(label.get("country") or "") or None, today) if text else None
    others = sheet.printed_dates() - bool(rows)
    return {
        "found": float(bool(rows)),
        "exact": float(bool(text) and squeezed(text) in sheet.text),
        "alike": near.alike if (near := sheet.find(text)) else 0.0,
        "confidence": max((_row_confidence(sheet, row) for row in rows), default=0.0),
        "times": min(len(rows), 3) / 3,
        "others": min(others, 3) / 3,
        "same_day": 0.5 if not (text and day and parsed) else float(parsed == day),
        "plausible": float(day is not None and day.year >= today.year - _OLDEST and day <= today),
        "label": float(any(DATE_WORDS.search(sheet.row_text(row)) for row in rows)),
        "label_elsewhere": float(others > 0 and not rows),
    }


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def time_evidence(sheet: Sheet, value: str) -> Evidence:
    """A time, with the same evidence as a date."""
    found = [(row, match.value) for row, text in enumerate(sheet.row_texts) for match in find_times(text)]
    rows = [row for row, time in found if time == value]
    others = len({time for _, time in found} - {value})
    return {
        "found": float(bool(rows)),
        "exact": float(squeezed(value) in sheet.text),
        "alike": near.alike if (near := sheet.find(value)) else 0.0,
        "confidence": max((_row_confidence(sheet, row) for row in rows), default=0.0),
        "times": min(len(rows), 3) / 3,
        "others": min(others, 3) / 3,
        "same_day": 0.5,
        "plausible": float(bool(re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value))),
        "label": float(any(DATE_WORDS.search(sheet.row_text(row)) for row in rows)),
        "label_elsewhere": float(others > 0 and not rows),
    }


def items_evidence(sheet: Sheet, label: Mapping[str, Any]) -> Evidence:
    """The line items: are their amounts and texts printed, do they add up, are there more amounts than items."""
    items: Sequence[Any] = label.get("line_items") or ()
    amounts = item_amounts(label)
    texts = [squeezed(str(item_part(item, 0, "description") or "")) for item in items]
    alike = [fuzz.partial_ratio(text, sheet.text) / 100 if text in sheet.text or len(text) <= len(sheet.text) else 0.0
             for text in texts if text]  # fmt: skip
    marks = _sums(label, "line_items")["items"]
    printed = {row for rows in sheet.amounts.values() for row in rows}
    return {
        "amounts_found": sum(abs(value) in sheet.amounts for value in amounts) / len(amounts) if amounts else 0.5,
        "texts_alike": sum(alike) / len(alike) if alike else 0.5,
        "texts_worst": min(alike, default=0.5),
        "sums": float(marks > 0),
        "sums_apart": float(marks < 0),
        "none": float(not items),
        "uncounted": min(max(len(printed) - len(items), 0), 12) / 12,
    }
