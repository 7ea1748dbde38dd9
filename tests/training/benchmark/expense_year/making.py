"""Receipts made up for the simulation: read rightly and surely, without pictures."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.policy import load_policy
from extractor.truth import Truth
from extractor.types import Box, Document, Extraction, Field, LineItem, Page, Receipt, Word
from training.benchmark.expense_year.abuses import Pools
from training.benchmark.expense_year.honesty import World
from training.benchmark.expense_year.pictures import AGAIN, ANEW, CHANGED, DRAWN, Altered
from training.benchmark.expense_year.receipts import Held

WORLD = World(load_policy("default"), dt.date(2026, 1, 1))

SHOPS = (
    "Golden Lantern Bakery",
    "Northgate Stationers",
    "Harbour Tool Supply",
    "Sunrise Pharmacy",
    "Blue Mill Printing",
)


def held(number: int, *, total: str = "", currency: str = "MYR", item: str = "Paper A4") -> Held:
    """A receipt with a number, a day, an amount and a merchant of its own."""
    merchant = f"{SHOPS[number % len(SHOPS)]} {chr(65 + number // 5 % 26)}{chr(65 + number // 130)}"
    day = dt.date(2024, 1, 1) + dt.timedelta(days=number)
    amount = total or f"{200 + number}.{number % 90 + 10}"
    printed = day.isoformat()
    lines = (merchant.split(), ["No", f"INV{70000 + 37 * number}"], [printed], [*item.split(), amount],
             ["TOTAL", amount], ["CASH", f"{Decimal(amount) + 50}"])  # fmt: skip
    words = tuple(
        Word(text, Box(0.1 + 0.1 * place, 0.1 * row, 0.15 + 0.1 * place, 0.1 * row + 0.05), 1.0, row)
        for row, texts in enumerate(lines)
        for place, text in enumerate(texts)
    )
    values = {
        "document_type": "receipt", "merchant_name": merchant, "country": "MY", "currency": currency, "language": "en",
        "receipt_number": f"INV{70000 + 37 * number}", "total": amount, "expense_category": "office_supplies",
    }  # fmt: skip
    fields = {name: sure(value) for name, value in (values | {"date": printed}).items()}
    record = Extraction(
        file=f"{number:03}.jpg", sha256=f"{number:03}", status="ok", pages=1,
        receipt=Receipt(fields=fields, line_items=[LineItem(description=sure(item), amount=sure(amount))]),
    )  # fmt: skip
    document = Document(record.file, record.sha256, (Page(0, 600, 800, words),))
    truth = Truth(
        f"{number:03}", values | {"date": printed, "date_iso": printed}, ({"description": item, "amount": amount},)
    )
    return Held(ReceiptEvidence(record, Path(record.file), document), truth)


def sure(value: str) -> Field:
    return Field(value=value, text=value, confidence=0.999, page=0, box=[0.1, 0.1, 0.2, 0.2])


def copied(one: Held, kind: str) -> Altered:
    """The same words in another file."""
    record = one.evidence.record.model_copy(update={"sha256": f"{one.id} {kind}", "file": f"{one.id}-{kind}.jpg"})
    evidence = ReceiptEvidence(record, Path(record.file), one.evidence.document)
    return Altered(kind, one, evidence, one.total)


def pools(count: int = 120) -> Pools:
    receipts = [held(number) for number in range(count)]
    kinds = (*AGAIN, ANEW, *CHANGED, DRAWN)
    altered = [copied(one, kinds[number % len(kinds)]) for number, one in enumerate(receipts[: count // 2])]
    bottles = [held(500 + number, item="Red wine bottle") for number in range(10)]
    return Pools(receipts, bottles, altered)
