"""Made-up receipts as pages with words, and labels for them."""

from __future__ import annotations

from typing import Any

from extractor.types import Box, Page, Word

HEAD = [
    "BLUE DOOR CAFE SDN BHD",
    "12, JALAN MAWAR 3",
    "43000 KAJANG, SELANGOR",
    "Tel: 03-8736 1234",
    "GST No: 001234567890",
]
BODY = [
    "Invoice No: INV-20931",
    "Date: 25/12/2018 18:05",
    "Noodle soup 12.50",
    "Ice tea 3.50",
    "Subtotal 16.00",
    "GST 6% 0.96",
    "Total 16.96",
    "Cash 20.00",
    "Change 3.04",
]


def page(rows: list[str], confidence: float = 0.95) -> Page:
    """A page whose rows lie evenly below each other, words as wide as they are long."""
    words = []
    for row, text in enumerate(rows):
        left = 0.05
        for part in text.split():
            width = 0.015 * len(part)
            top = 0.02 + row * 0.9 / max(len(rows), 1)
            box = Box(left, top, min(left + width, 1.0), top + 0.02)
            words.append(Word(part, box, confidence, row))
            left = min(left + width + 0.015, 0.97)
    return Page(0, 600, 1200, tuple(words))


def receipt(*, head: list[str] | None = None, body: list[str] | None = None) -> list[Page]:
    return [page([*(HEAD if head is None else head), *(BODY if body is None else body)])]


def label(**changes: Any) -> dict[str, Any]:
    """The right label of `receipt()`, with changes."""
    return {
        "id": "001",
        "document_type": "invoice",
        "merchant_name": "BLUE DOOR CAFE SDN BHD",
        "merchant_address": "12, JALAN MAWAR 3 43000 KAJANG, SELANGOR",
        "merchant_phone": "03-8736 1234",
        "merchant_tax_id": "001234567890",
        "country": "MY",
        "currency": "MYR",
        "language": "en",
        "receipt_number": "INV-20931",
        "date_text": "25/12/2018",
        "date": "2018-12-25",
        "time": "18:05",
        "subtotal": "16.00",
        "tax": "0.96",
        "service_charge": None,
        "discount": None,
        "rounding": None,
        "total": "16.96",
        "payment_method": "cash",
        "card_last4": None,
        "expense_category": "meals",
        "line_items": [["Noodle soup", None, None, "12.50"], ["Ice tea", None, None, "3.50"]],
    } | changes
