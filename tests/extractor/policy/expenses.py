"""Claims and receipts for tests, with only what a test is about written out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from extractor.policy.cases import Case, Claim, Observation, ReceiptEvidence, Situation
from extractor.policy.policy_file import parse_policy
from extractor.types import Extraction, Field, LineItem, Receipt

TODAY = dt.date(2026, 3, 12)
BOX = [0.1, 0.2, 0.3, 0.4]
HEAD = "schema_version: 1\nname: test\nversion: 1\ncurrency: EUR\nrates: {MYR: 4.80, USD: 1.15}\nrules:\n"


def policy(*rules: str, head: str = HEAD):
    """A policy of these rules, each in YAML's short form, without its braces."""
    return parse_policy(head + "".join(f"  - {{{rule}}}\n" for rule in rules) + ("" if rules else "  []\n"))


def receipt(name: str = "a.jpg", sure: float = 0.99, items: dict[str, str | None] | None = None, **fields: Any):
    """A receipt that was read with one confidence; `(value, confidence)` for a field read otherwise."""
    status = fields.pop("status", "ok")
    read = {}
    for key, given in fields.items():
        value, confidence = given if isinstance(given, tuple) else (given, sure)
        read[key] = Field(value=value, text=value, confidence=confidence, page=0, box=BOX)
    lines = [
        LineItem(
            description=Field(value=text, text=text, confidence=sure, page=0, box=BOX),
            amount=None if amount is None else Field(value=amount, text=amount, confidence=sure),
        )
        for text, amount in (items or {}).items()
    ]
    record = Extraction(file=name, sha256="", status=status, pages=1, receipt=Receipt(fields=read, line_items=lines))
    return ReceiptEvidence(record)


def claimed(identifier: str = "c1", receipts: tuple[ReceiptEvidence, ...] = (), **claim: Any) -> Case:
    return Case(identifier, Claim(claim_id=identifier, **claim), receipts)


def alone(evidence: ReceiptEvidence) -> Case:
    return Case(evidence.name, None, (evidence,))


def found(rules, *cases: Case, today: dt.date = TODAY, rates=None) -> list[tuple[str, Observation]]:
    """What a policy says of cases, `reading` left out."""
    situation = Situation(today=today, rates=rates)
    return [pair for pair in rules.examiner().examine(cases, situation) if pair[1].rule != "reading"]


def only(pairs: list[tuple[str, Observation]]) -> Observation:
    ((_, observation),) = pairs
    return observation
