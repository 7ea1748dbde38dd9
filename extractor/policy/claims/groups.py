"""Several receipts to one claim, and several claims to one receipt: parts that add up exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from extractor.policy.cases import Claim, ReceiptEvidence
from extractor.policy.claims.likeness import same_merchant
from extractor.policy.claims.pairing import DAYS, LIKE
from extractor.policy.money import UNKNOWN

MOST_PARTS = 5
"""Parts that are put together; more would add up by chance."""
MOST_CANDIDATES = 12


def receipts_for(claim: Claim, held: Sequence[ReceiptEvidence], free: Mapping[int, ReceiptEvidence]) -> tuple[int, ...]:
    """The free receipts that, with those that the claim has, add up to exactly its amount; () where none do."""
    if claim.amount is None:
        return ()
    missing = claim.amount - sum((_total(receipt) for receipt in held), Decimal(0))
    near = {place: _total(receipt) for place, receipt in free.items() if _fits(claim, receipt)}
    return _parts(missing, near, fewest=1 if held else 2)


def claims_for(receipt: ReceiptEvidence, held: Sequence[Claim], free: Mapping[int, Claim]) -> tuple[int, ...]:
    """The free claims that, with those that the receipt has, add up to exactly its total; () where none do."""
    if receipt.money("total") is None:
        return ()
    missing = _total(receipt) - sum((claim.amount or Decimal(0) for claim in held), Decimal(0))
    near = {number: claim.amount for number, claim in free.items() if claim.amount and _fits(claim, receipt)}
    return _parts(missing, near, fewest=1 if held else 2)


def by_day(items: Iterable[tuple[int, dt.date | None]]) -> Callable[[dt.date | None], list[int]]:
    """A look-up of items by day: those within DAYS of a day, in their order. Items without a day are never found."""
    held: dict[dt.date, list[int]] = {}
    for place, day in items:
        if day is not None:
            held.setdefault(day, []).append(place)

    def near(day: dt.date | None) -> list[int]:
        if day is None:
            return []
        return [place for step in range(-DAYS, DAYS + 1) for place in held.get(day + dt.timedelta(days=step), ())]

    return near


def _parts(wanted: Decimal, near: Mapping[int, Decimal], fewest: int) -> tuple[int, ...]:
    """The fewest of the amounts that add up to what is wanted; of several such choices, none: it would be a guess."""
    usable = [(place, amount) for place, amount in near.items() if 0 < amount <= wanted][:MOST_CANDIDATES]
    for count in range(fewest, MOST_PARTS + 1):
        found = [
            tuple(place for place, _ in chosen)
            for chosen in combinations(usable, count)
            if sum((amount for _, amount in chosen), Decimal(0)) == wanted
        ]
        if found:
            return found[0] if len(found) == 1 else ()
    return ()


def _total(receipt: ReceiptEvidence) -> Decimal:
    money = receipt.money("total")
    return money.amount if money else Decimal(0)


def _fits(claim: Claim, receipt: ReceiptEvidence) -> bool:
    """Whether a receipt may be a part of a claim, or the reverse: currency, day and merchant don't contradict."""
    money, day, name = receipt.money("total"), receipt.date, receipt.value("merchant_name")
    if money is None or (money.known and claim.currency not in (UNKNOWN, money.currency)):
        return False
    if claim.date is None or day is None or abs((claim.date - day).days) > DAYS:
        return False
    return not claim.merchant or not name or same_merchant(claim.merchant, name) >= LIKE
