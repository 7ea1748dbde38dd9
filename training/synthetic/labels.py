"""The label of a laid-out document, in the format of the teacher's: what is printed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from extractor.types import AMOUNT_FIELDS, ITEM_PARTS
from training.synthetic.purchase import Kind, Purchase
from training.synthetic.sheet import Sheet

MOST_ITEMS = 40
CENT = Decimal("0.01")

DOCUMENT_TYPES: Mapping[Kind, str] = {
    "receipt": "receipt",
    "card_slip": "card_slip",
    "folio": "invoice",
    "taxi": "receipt",
    "fuel": "receipt",
    "parking": "receipt",
    "invoice": "invoice",
}


def label(purchase: Purchase, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The fields of the TAIL prompt with `date_text` and `date`, but no id. Texts are as printed, the runs of a role
    joined by spaces; amounts, days and hours are those of the purchase, where they are printed at all."""
    printed = printed_texts(sheets)
    locale, merchant = purchase.locale, printed.get
    found: dict[str, Any] = {
        "document_type": DOCUMENT_TYPES[purchase.kind],
        "merchant_name": merchant("merchant_name"),
        "merchant_address": merchant("merchant_address"),
        "merchant_phone": merchant("merchant_phone"),
        "merchant_tax_id": merchant("merchant_tax_id"),
        "country": locale.country,
        "currency": locale.currency,
        "language": locale.language,
        "receipt_number": printed.get("receipt_number"),
        "date_text": printed.get("date"),
        "date": purchase.when.date().isoformat() if "date" in printed else None,
        "time": purchase.when.strftime("%H:%M") if "time" in printed else None,
    }
    for name in AMOUNT_FIELDS:
        value = getattr(purchase, name)
        found[name] = amount(value) if name in printed and value is not None else None
    found["payment_method"] = purchase.payment_method
    found["card_last4"] = purchase.card_last4 if "card_last4" in printed else None
    found["expense_category"] = purchase.category
    found["line_items"] = _items(purchase, printed)[:MOST_ITEMS]
    return found


def amount(value: Decimal) -> str:
    """Two decimals, whatever the currency, as the teacher writes them."""
    return f"{value.quantize(CENT, ROUND_HALF_UP):f}"


def printed_texts(sheets: Sequence[Sheet]) -> dict[str, str]:
    """The text of every role, its runs joined by single spaces in the order printed."""
    parts: dict[str, list[str]] = {}
    for sheet in sheets:
        for row in sheet.rows:
            for cell in row.cells:
                for run in cell.runs:
                    if run.role is not None and run.text.strip():
                        parts.setdefault(run.role, []).append(run.text.strip())
    return {role: " ".join(" ".join(texts).split()) for role, texts in parts.items()}


def _items(purchase: Purchase, printed: Mapping[str, str]) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for number, item in enumerate(purchase.items):
        values = {
            "description": printed.get(f"item.{number}.description"),
            "quantity": _quantity(item.quantity) if f"item.{number}.quantity" in printed else None,
            "unit_price": amount(item.unit_price) if f"item.{number}.unit_price" in printed else None,
            "amount": amount(item.amount) if f"item.{number}.amount" in printed else None,
        }
        if any(values.values()):
            rows.append([values[part] for part in ITEM_PARTS])
    return rows


def _quantity(value: Decimal) -> str:
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value:f}".rstrip("0")
