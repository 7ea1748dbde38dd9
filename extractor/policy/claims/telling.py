"""Observations put into words, with the places that they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from extractor.policy.cases import Observation, Place, ReceiptEvidence
from extractor.policy.claims.printed import Printed
from extractor.policy.money import Money, minor_units

Severity = Literal["low", "medium", "high"]


def place_of(receipt: ReceiptEvidence, field: str) -> Place:
    """Where a field of a receipt stands; without a box where it wasn't read or is inferred."""
    found = receipt.record.receipt.fields.get(field)
    if found is None:
        return Place(receipt=receipt.name, field=field)
    return Place(receipt=receipt.name, field=field, page=found.page, box=found.box)


def printed_place(receipt: ReceiptEvidence, printed: Printed) -> Place:
    """Where an amount stands that is none of the fields read."""
    return Place(receipt=receipt.name, page=printed.page, box=printed.box.as_list())


def plain(money: Money) -> str:
    """An amount as a plain decimal string in the minor units of its currency; finer only where it is finer."""
    places = minor_units(money.currency)
    fits = money.amount == round(money.amount, places)
    return f"{money.amount:.{places}f}" if fits else f"{money.amount.normalize():f}"


def observation(
    rule: str,
    severity: Severity,
    message: str,
    *,
    confidence: float,
    fields: Sequence[str] = (),
    places: Sequence[Place] = (),
    at_stake: Money | None = None,
    related: Sequence[str] = (),
) -> Observation:
    """An observation; `at_stake` carries its currency with it."""
    return Observation(
        rule=rule,
        severity=severity,
        message=message,
        fields=list(fields),
        confidence=round(confidence, 4),
        places=tuple(places),
        at_stake=plain(at_stake) if at_stake else None,
        currency=at_stake.currency if at_stake and at_stake.known else None,
        related=tuple(related),
    )


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names in a sentence: the first few, and how many more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
