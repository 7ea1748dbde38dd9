"""Expenses for tests: a year of an ordinary person's claims, told by a seed."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from extractor.policy.cases import Case, Claim, ReceiptEvidence
from extractor.types import Extraction, Field, Receipt

START = dt.date(2025, 1, 6)


def case(identifier: str, amount: str, **values: object) -> Case:
    values.setdefault("currency", "EUR")
    time = values.pop("time", None)
    claim = Claim(claim_id=identifier, amount=Decimal(amount), **values)
    receipts = (receipt(identifier, time=str(time)),) if time else ()
    return Case(identifier, claim, receipts)


def receipt(name: str, confidence: float = 0.99, **values: str) -> ReceiptEvidence:
    fields = {
        key: Field(value=value, text=value, confidence=confidence, page=0, box=[0.6, 0.5, 0.8, 0.55])
        for key, value in values.items()
    }
    record = Extraction(file=f"{name}.jpg", sha256="0", status="ok", pages=1, receipt=Receipt(fields=fields))
    return ReceiptEvidence(record)


def lunches(count: int, employee: str = "Ada", *, seed: int = 1, every: int = 3, **values: object) -> list[Case]:
    """Meals of about 15 at two places, one every few days, on working days."""
    chance = random.Random(seed)
    found = []
    day = START
    for index in range(count):
        while day.weekday() >= 5:
            day += dt.timedelta(days=1)
        amount = f"{15 * chance.lognormvariate(0, 0.2):.2f}"
        given = {"employee": employee, "date": day, "merchant": chance.choice(("Roma", "Milano")), "category": "meals"}
        found.append(case(f"{employee}-{seed}-{index}", amount, **{**given, **values}))
        day += dt.timedelta(days=every)
    return found
