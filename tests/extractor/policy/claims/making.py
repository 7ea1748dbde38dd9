"""Claims and receipts as tests need them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from extractor.policy.cases import Case, Claim, Observation, ReceiptEvidence, Situation
from extractor.policy.claims.compare import ClaimExaminer
from extractor.types import Box, Document, Extraction, Field, Page, Receipt, Word

BOXED = {"total", "date", "merchant_name", "tax", "subtotal", "rounding"}


def receipt(
    name: str = "a.jpg", *, lines: tuple[str, ...] | None = None, sure: float = 0.99, status: str = "ok", **values: str
) -> ReceiptEvidence:
    """A receipt of these values, all read with the confidence `sure`; `lines` are the words on its page."""
    fields = {
        field: Field(
            value=value,
            text=value,
            confidence=sure,
            page=0 if field in BOXED else None,
            box=[0.5, 0.5, 0.7, 0.55] if field in BOXED else None,
        )
        for field, value in values.items()
    }
    record = Extraction(file=f"in/{name}", sha256=f"sha-{name}", status=status, pages=1, receipt=Receipt(fields=fields))
    return ReceiptEvidence(record, Path(f"in/{name}"), None if lines is None else page_of(name, lines))


def page_of(name: str, lines: tuple[str, ...]) -> Document:
    words = []
    for row, line in enumerate(lines):
        parts = line.split()
        for column, text in enumerate(parts):
            left, top = column / (len(parts) + 1), row / (len(lines) + 1)
            words.append(Word(text, Box(left, top, left + 0.05, top + 0.02), 0.9, row))
    return Document(name, f"sha-{name}", (Page(0, 100, 100, tuple(words)),))


def claim(claim_id: str = "c1", amount: str | None = "50.00", **values: object) -> Claim:
    return Claim.model_validate(
        {
            "claim_id": claim_id,
            "amount": None if amount is None else Decimal(amount),
            "currency": "EUR",
            **values,
        }
    )


def found(
    claims: Claim | list[Claim],
    receipts: ReceiptEvidence | list[ReceiptEvidence],
    situation: Situation | None = None,
) -> dict[str, list[Observation]]:
    """What the comparison says of claims that all have these receipts, by claim id."""
    claims = claims if isinstance(claims, list) else [claims]
    receipts = receipts if isinstance(receipts, list) else [receipts]
    cases = [Case(each.claim_id, each, tuple(receipts)) for each in claims]
    told: dict[str, list[Observation]] = {case.id: [] for case in cases}
    for case_id, observation in ClaimExaminer().examine(cases, situation or Situation(dt.date(2026, 5, 1))):
        told[case_id].append(observation)
    return told


def only(told: dict[str, list[Observation]]) -> Observation:
    """The one observation that there is."""
    observations = [each for found_of_one in told.values() for each in found_of_one]
    assert len(observations) == 1, observations
    return observations[0]
