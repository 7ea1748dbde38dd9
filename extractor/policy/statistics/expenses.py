"""The rows that statistics are made of: one expense a case, with what the claim says and, where it is silent, the
receipt."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.policy.cases import Case, Place, ReceiptEvidence
from extractor.policy.money import UNKNOWN, Money


@dataclass(frozen=True)
class Expense:
    """One case as statistics see it. What is not known is empty or None."""

    case: str
    money: Money
    employee: str = ""
    merchant: str = ""
    """Folded, so that two spellings of one name meet."""
    shown_merchant: str = ""
    category: str = ""
    date: dt.date | None = None
    minute: int | None = None
    """Minutes since midnight."""
    confidence: float = 1.0
    """How surely the amount is known: 1 where it was claimed, else how well it was read."""
    places: tuple[Place, ...] = ()

    @property
    def currency(self) -> str:
        return self.money.currency

    @property
    def amount(self) -> Decimal:
        return self.money.amount


def expenses(cases: Sequence[Case], least_confidence: float) -> list[Expense]:
    """The cases that have a positive amount, in the order given; amounts read with less confidence are left out."""
    return [found for case in cases if (found := _expense(case, least_confidence)) is not None]


def folded(name: str) -> str:
    """A merchant's name without case, accents, punctuation and what only tells its legal form.

    >>> folded("CAFÉ Roma Sdn. Bhd.")
    'cafe roma'
    """
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", plain.casefold())
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)


_FORMS = frozenset(
    [
        "sdn",
        "bhd",
        "ltd",
        "limited",
        "inc",
        "llc",
        "gmbh",
        "ag",
        "kg",
        "co",
        "corp",
        "pte",
        "plc",
        "sa",
        "srl",
        "sarl",
        "bv",
        "nv",
        "ab",
        "oy",
        "as",
        "spa",
        "pty",
        "the",
    ]
)


def _expense(case: Case, least: float) -> Expense | None:
    money, confidence = _money(case, least)
    if money is None or money.amount <= 0:
        return None
    claim, receipt = case.claim, case.receipts[0] if case.receipts else None
    merchant = (claim.merchant if claim else "") or _read(receipt, "merchant_name", least)
    return Expense(
        case=case.id,
        money=money,
        employee=claim.employee.strip() if claim else "",
        merchant=folded(merchant),
        shown_merchant=" ".join(merchant.split()),
        category=((claim.category if claim else "") or _read(receipt, "expense_category", least)).strip().casefold(),
        date=(claim.date if claim else None) or _date(receipt, least),
        minute=_minute(_read(receipt, "time", least)),
        confidence=confidence,
        places=_places(receipt),
    )


def _money(case: Case, least: float) -> tuple[Money | None, float]:
    if case.claim is not None and case.claim.money is not None:
        return case.claim.money, 1.0
    if len(case.receipts) != 1 or case.receipts[0].confidence("total") < least:
        return None, 0.0
    return case.receipts[0].money(), case.receipts[0].confidence("total")


def _read(receipt: ReceiptEvidence | None, field: str, least: float) -> str:
    return (receipt.value(field) or "") if receipt and receipt.confidence(field) >= least else ""


def _date(receipt: ReceiptEvidence | None, least: float) -> dt.date | None:
    return receipt.date if receipt and receipt.confidence("date") >= least else None


def _minute(text: str) -> int | None:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?", text)
    return int(match[1]) * 60 + int(match[2]) if match else None


def _places(receipt: ReceiptEvidence | None) -> tuple[Place, ...]:
    field = receipt.record.receipt.fields.get("total") if receipt else None
    return (Place(receipt=receipt.name, field="total", page=field.page, box=field.box),) if receipt and field else ()


def shown(amount: float, currency: str) -> str:
    """An amount for a sentence; statistics' own (medians, limits) are floats, and only shown."""
    money = Money(Decimal(f"{amount:.6f}"), currency).rounded()
    return str(money) if currency != UNKNOWN else f"{money} (currency not known)"
