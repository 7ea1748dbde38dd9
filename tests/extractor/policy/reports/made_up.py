"""Made-up audits: claims over the receipts in examples/, and what an audit decided of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractor.policy.cases import Case, Claim, Observation, Place, ReceiptEvidence
from extractor.types import Extraction, Field, LineItem, Receipt, Verdict

TOTAL_BOX = [0.6, 0.5, 0.9, 0.55]


@dataclass(frozen=True)
class Result:
    claim_id: str
    verdict: Verdict
    overpayment: Decimal | None = None
    findings: tuple[Observation, ...] = ()
    receipts: tuple[str, ...] = ()


def receipt(path: Path | str, total: str = "20.50", currency: str = "EUR", **fields: str) -> ReceiptEvidence:
    """A receipt as it was read; a path that exists is its file."""
    place = Path(path)
    values = {"total": total, "currency": currency, "merchant_name": "Café de la Lune", "date": "2024-06-17", **fields}
    read = {
        name: Field(value=value, text=value, confidence=0.97, page=0, box=TOTAL_BOX) for name, value in values.items()
    }
    items = [
        LineItem(
            description=Field(value="Red wine", text="Red wine", confidence=0.9, page=0, box=[0.1, 0.3, 0.4, 0.33])
        ),
        LineItem(description=Field(value="Bread", text="Bread", confidence=0.9, page=0, box=[0.1, 0.4, 0.4, 0.43])),
    ]
    record = Extraction(
        file=str(place),
        sha256=place.name.encode().hex().ljust(64, "0")[:64],
        status="ok",
        pages=1,
        receipt=Receipt(fields=read, line_items=items),
    )
    return ReceiptEvidence(record, place if place.exists() else None)


def claim(number: str, amount: str = "24.60", currency: str = "EUR", **more: Any) -> Claim:
    said = {"employee": "Mei Tanaka", "merchant": "Café de la Lune", "date": dt.date(2024, 6, 17), **more}
    return Claim(claim_id=number, amount=Decimal(amount), currency=currency, **said)


def finding(rule: str = "over_claim", stake: str | None = "4.10", currency: str = "EUR", **more: Any) -> Observation:
    said = {"severity": "high", "message": f"Found by {rule}.", "fields": ["total"], "confidence": 0.9, **more}
    return Observation(rule=rule, at_stake=stake, currency=None if stake is None else currency, **said)


def case(number: str, *receipts: ReceiptEvidence, amount: str = "24.60", currency: str = "EUR", **more: Any) -> Case:
    return Case(number, claim(number, amount, currency, **more), receipts)


def audit(examples: Path) -> tuple[list[Result], list[Case]]:
    """A small audit with every kind of thing in it, hostile text included."""
    cafe = receipt(examples / "cafe-france.jpg")
    mart = receipt(examples / "mart-japan.jpg", "1399", "JPY", merchant_name="コンビニ さくら")
    cases = [
        case("C-1", cafe),
        case("C-2", mart, amount="1699", currency="JPY", employee="<script>alert(1)</script>", merchant="=1+1"),
        case("C-3", amount="12.345", currency="OMR", employee="Tom", merchant="Muscat\u202egnp.exe"),
        case("C-4", cafe, amount="20.50", employee="Tom"),
        case("C-5", receipt("gone.jpg"), amount="50.00"),
        Case("alone.png", None, (receipt("alone.png"),)),
    ]
    place = Place(receipt="cafe-france.jpg", field="total", page=0, box=TOTAL_BOX)
    results = [
        Result(
            "C-1",
            "reject",
            Decimal("4.10"),
            (finding(places=(place,)), finding("duplicate_file", "20.50")),
            ("cafe-france.jpg",),
        ),
        Result("C-2", "reject", Decimal("300"), (finding(stake="300", currency="JPY"),), ("mart-japan.jpg",)),
        Result("C-3", "review", None, (finding("no_receipt", "12.345", "OMR", severity="medium", fields=[]),)),
        Result("C-4", "approve", None, (), ("cafe-france.jpg",)),
        Result("C-5", "review", None, (finding("weekend", None, severity="low", fields=["date"]),), ("gone.jpg",)),
        Result("alone.png", "review"),
    ]
    return results, cases
