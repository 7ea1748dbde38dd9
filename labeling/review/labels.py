"""Labels in the format of teachers' files, and receipts: the same values, without and with confidence and place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.task import Task
from extractor.types import ITEM_PARTS, Field, LineItem, Receipt

DATE_TEXT = "date_text"
"""The label's key for the date as printed; `date` is its ISO form."""


def receipt_of_label(label: Mapping[str, Any], task: Task) -> Receipt:
    """The receipt of a label: no value has a place, and each is as sure as the label's `trust` says, else 1.0.

    `trust` is a number for all, or one by field (`line_items` for the items), in the label or its provenance.
    """
    fields = {}
    for name in task.names:
        value = _said(label.get(name))
        text = _said(label.get(DATE_TEXT)) if name == "date" and DATE_TEXT in label else value
        if value or text:
            fields[name] = Field(value=value, text=text, confidence=_trust(label, name))
    items = [_item(item, _trust(label, "line_items")) for item in label.get("line_items") or ()]
    return Receipt(fields=fields, line_items=items)


def label_of_receipt(document: str, receipt: Receipt, task: Task) -> dict[str, Any]:
    """The label of a receipt, in the order of teachers' labels: every field of the task, null where there is none."""
    label: dict[str, Any] = {"id": document}
    for name in task.names:
        field = receipt.fields.get(name)
        if name == "date":
            label[DATE_TEXT] = (field.text or None) if field else None
        label[name] = (field.value or None) if field else None
    if task.line_items:
        label["line_items"] = [
            [(part.value or None) if (part := getattr(item, name)) else None for name in ITEM_PARTS]
            for item in receipt.line_items
        ]
    return label


def _item(item: Any, trust: float) -> LineItem:
    parts = item if isinstance(item, Mapping) else dict(zip(ITEM_PARTS, item, strict=False))
    said = {part: _said(parts.get(part)) for part in ITEM_PARTS}
    return LineItem(**{part: Field(value=text, text=text, confidence=trust) for part, text in said.items() if text})


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _trust(label: Mapping[str, Any], name: str) -> float:
    provenance = label.get("provenance")
    trust = label.get("trust", provenance.get("trust") if isinstance(provenance, Mapping) else None)
    if isinstance(trust, Mapping):
        trust = trust.get(name)
    return min(max(float(trust), 0.0), 1.0) if isinstance(trust, int | float) else 1.0
