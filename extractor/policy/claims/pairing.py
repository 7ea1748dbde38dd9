"""Which receipt belongs to which claim, where no file name says so: a score for each pair that may be one, and the
assignment whose scores add up to the most.

score = 0.4 · amount + 0.3 · day + 0.3 · merchant, each 0 to 1. A part that one side doesn't tell counts 0.3. Only pairs
that may be one are scored at all (the same amount; or days that are near with a like amount or merchant), at most
twenty a claim, so that thousands of claims stay quick. Assignment: minimum-weight full matching of a sparse bipartite
graph (Jonker and Volgenant's shortest augmenting paths as in scipy.sparse.csgraph), each claim having a place of its
own to stay alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.errors import MissingExtra
from extractor.policy.cases import Claim, Converts, ReceiptEvidence
from extractor.policy.claims.likeness import near_amounts, near_days, same_merchant, stands_on
from extractor.policy.claims.sums import receipt_sum

AMOUNT, DAY, MERCHANT = 0.4, 0.3, 0.3
UNTOLD = 0.3
"""What a part counts that one side doesn't tell: less than a likeness, more than a difference."""
LEAST = 0.55
"""From this score on a pair may be one: the same amount with neither day nor merchant told, or the same day and
merchant with another amount."""
LIKE = 0.55
DAYS = 3
MOST = 20
"""Candidates kept for a claim."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a receipt, by their places in the lists given, with the parts of their score (None: not told)."""

    claim: int
    receipt: int
    amount: float | None
    day: float | None
    merchant: float | None

    @property
    def score(self) -> float:
        parts = ((AMOUNT, self.amount), (DAY, self.day), (MERCHANT, self.merchant))
        return sum(weight * (UNTOLD if part is None else part) for weight, part in parts)

    def explained(self) -> str:
        """The score and its parts in words."""
        told = (("amount", self.amount), ("day", self.day), ("merchant", self.merchant))
        parts = (f"{name} {'not told' if part is None else f'{part:.2f}'}" for name, part in told)
        return f"score {self.score:.2f}: {', '.join(parts)}"


def candidates(
    claims: Mapping[int, Claim], receipts: Mapping[int, ReceiptEvidence], rates: Converts | None
) -> dict[int, list[Pair]]:
    """For each claim the pairs that may be one, the likeliest first."""
    by_amount: defaultdict[Decimal, list[int]] = defaultdict(list)
    by_day: defaultdict[dt.date, list[int]] = defaultdict(list)
    for place, receipt in receipts.items():
        money, day = receipt.money("total"), receipt.date
        if money is not None:
            by_amount[money.amount].append(place)
        if day is not None:
            by_day[day].append(place)
    found: dict[int, list[Pair]] = {}
    for number, claim in claims.items():
        near = dict.fromkeys(by_amount.get(claim.amount, ())) if claim.amount is not None else {}
        near |= dict.fromkeys(place for day in _around(claim.date) for place in by_day.get(day, ()))
        pairs = [pair for place in near if (pair := score(number, claim, place, receipts[place], rates)).score >= LEAST]
        if pairs:
            found[number] = sorted(pairs, key=lambda pair: (-pair.score, pair.receipt))[:MOST]
    return found


def score(number: int, claim: Claim, place: int, receipt: ReceiptEvidence, rates: Converts | None) -> Pair:
    """How well a claim and a receipt fit."""
    total = receipt_sum([claim], [receipt], rates).total
    amount = None if total is None or claim.amount is None else near_amounts(claim.amount, total.amount)
    day = receipt.date
    name = receipt.value("merchant_name")
    merchant = None
    if claim.merchant and name:
        merchant = same_merchant(claim.merchant, name)
        # Only where the rest fits: looking through the words of every page would take long.
        if merchant < LIKE and amount == 1.0:
            merchant = max(merchant, stands_on(claim.merchant, receipt.document))
    return Pair(
        claim=number,
        receipt=place,
        amount=amount,
        day=None if claim.date is None or day is None else near_days(claim.date, day, DAYS),
        merchant=merchant if merchant is None or merchant >= LIKE else 0.0,
    )


def assign(found: Mapping[int, Sequence[Pair]]) -> dict[int, Pair]:
    """The pairs, at most one a claim and one a receipt, whose scores add up to the most.

    Raises MissingExtra where scipy is needed and not installed.
    """
    if not found:
        return {}
    if all(len(pairs) == 1 for pairs in found.values()) and _distinct(found):
        return {claim: pairs[0] for claim, pairs in found.items()}
    try:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching
    except ImportError as error:
        hint = "Install it with: pip install 'tailor[audit]'."
        raise MissingExtra("Matching claims to receipts by what they say needs scipy.", hint=hint) from error
    rows = {claim: row for row, claim in enumerate(found)}
    columns = {place: column for column, place in enumerate(dict.fromkeys(_places(found)))}
    pairs = [pair for held in found.values() for pair in held]
    # One is added to each weight, because a sparse zero is no edge; alone, a claim has the weight of one.
    weights = [1 + pair.score for pair in pairs] + [1.0] * len(rows)
    down = [rows[pair.claim] for pair in pairs] + list(rows.values())
    across = [columns[pair.receipt] for pair in pairs] + [len(columns) + row for row in rows.values()]
    graph = csr_array((weights, (down, across)), shape=(len(rows), len(columns) + len(rows)))
    chosen = dict(
        zip(*(axis.tolist() for axis in min_weight_full_bipartite_matching(graph, maximize=True)), strict=True)
    )
    return {pair.claim: pair for pair in pairs if chosen.get(rows[pair.claim]) == columns[pair.receipt]}


def _around(day: dt.date | None) -> Iterator[dt.date]:
    if day is not None:
        yield from (day + dt.timedelta(days=step) for step in range(-DAYS, DAYS + 1))


def _places(found: Mapping[int, Sequence[Pair]]) -> Iterator[int]:
    return (pair.receipt for pairs in found.values() for pair in pairs)


def _distinct(found: Mapping[int, Sequence[Pair]]) -> bool:
    places = list(_places(found))
    return len(set(places)) == len(places)
