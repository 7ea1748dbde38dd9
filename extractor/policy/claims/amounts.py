"""The amount claimed against what the receipts say, for claims and receipts that belong together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.policy.cases import Case, Claim, Observation, Place, ReceiptEvidence, Situation
from extractor.policy.claims.certainty import Witness, over_claimed, witness
from extractor.policy.claims.printed import Role
from extractor.policy.claims.sums import SURE, ReceiptSum, receipt_sum
from extractor.policy.claims.telling import Severity, listed, observation, place_of, printed_place
from extractor.policy.claims.tolerances import Tolerances
from extractor.policy.money import UNKNOWN, Money, minor_units

OVER, UNDER, TOGETHER = "amount_over_claimed", "amount_under_claimed", "receipt_over_claimed"
UNCLEAR, UNVERIFIED = "amount_unclear", "amount_unverified"
CURRENCY, NO_RATE = "currency_differs", "rate_missing"
AMOUNT_RULES = (OVER, UNDER, TOGETHER, UNCLEAR, UNVERIFIED, CURRENCY, NO_RATE)

_SAID = {
    Role.TOTAL: "stands on the receipt beside a word for the total",
    Role.SUBTOTAL: "stands on the receipt as a sum before tax or discount",
    Role.TENDER: "is what was handed over or paid with, not the price",
    Role.OTHER: "stands on the receipt as something else",
    Role.PLAIN: "stands on the receipt, though not as its total",
}


@dataclass(frozen=True)
class Together:
    """Claims that share receipts, each other's or their own: one claim with its receipts is the common case."""

    cases: tuple[Case, ...]
    receipts: tuple[ReceiptEvidence, ...]

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(case.claim for case in self.cases if case.claim)


def compare_amounts(group: Together, situation: Situation, allowed: Tolerances) -> Iterator[tuple[str, Observation]]:
    """What is to be said about the amounts of claims and receipts that belong together, by case id."""
    sums = receipt_sum(group.claims, group.receipts, situation.rates)
    claimed = [claim for claim in group.claims if claim.money is not None]
    if not claimed or not group.receipts:
        return
    if len({claim.currency for claim in claimed} - {UNKNOWN}) > 1:
        yield from _of_all(group, _mixed(group))
        return
    asked = Money(sum((claim.amount or Decimal(0) for claim in claimed), Decimal(0)), sums.currency)
    if sums.total is None:
        yield from _of_all(group, _not_comparable(sums, asked, group))
        return
    excess = asked - sums.total
    if excess.amount == 0 or _passes(excess, sums, allowed):
        return
    if excess.amount < 0:
        # Claims of parts of a receipt are as often honest as not: a bill that was split is never claimed whole.
        if len(claimed) == 1:
            yield group.cases[0].id, _under(excess, sums, claimed[0])
        return
    yield from _over(group, sums, asked, excess, allowed)


def _passes(excess: Money, sums: ReceiptSum, allowed: Tolerances) -> bool:
    """Whether a difference is what a rate or the rounding of cash explains."""
    if sums.foreign and sums.total is not None:
        return abs(excess.amount) <= abs(sums.total.amount) * allowed.rate_share
    unit = Decimal(1).scaleb(-minor_units(excess.currency))
    if abs(excess.amount) > unit * allowed.rounding_units or len(sums.shares) != 1:
        return False
    share = sums.shares[0]
    rounding = share.receipt.money("rounding")
    if rounding is not None and abs(rounding.amount) == abs(excess.amount):
        return True
    return witness(share.receipt, share.printed.amount + excess.amount).speaks_for_the_claim


def _over(
    group: Together, sums: ReceiptSum, asked: Money, excess: Money, allowed: Tolerances
) -> Iterator[tuple[str, Observation]]:
    """Over-claims: of one claim, or of several that together exceed what they rest on."""
    seen = [_implied_witness(share.receipt, share.printed.amount, excess, sums) for share in sums.shares]
    confidence = over_claimed(sums.receipts, seen)
    if sums.foreign:
        confidence *= min(share.receipt.confidence("currency") for share in sums.foreign)
    places = _places(sums, seen)
    if len(group.claims) == 1:
        yield group.cases[0].id, _over_one(sums, asked, excess, confidence, seen, places, allowed)
        return
    ids = [case.id for case in group.cases]
    for case, too_much in _allotted(group.cases, sums):
        others = [other for other in ids if other != case.id]
        yield case.id, _over_together(sums, asked, too_much, confidence, others, places)


def _over_one(
    sums: ReceiptSum,
    asked: Money,
    excess: Money,
    confidence: float,
    seen: Sequence[Witness],
    places: Sequence[Place],
    allowed: Tolerances,
) -> Observation:
    said = _said_of(seen)
    told = f"The claim of {asked} exceeds {_named(sums)} by {excess}"
    if _counted_as(sums, asked):
        foreign = sums.foreign[0].printed
        told = f"The claim counts in {asked.currency} what the receipt counts in {foreign.currency}"
        message = f"{told}: {foreign} are {_converted(sums)}. {excess} too much."
        return observation(
            CURRENCY, _graded(confidence), message, confidence=confidence, fields=("total", "currency"), places=places,
            at_stake=excess,
        )  # fmt: skip
    if confidence < allowed.sure:
        why = f"{asked} {said}, so that" if said else "it was read with little confidence:"
        message = f"{told}; but {why} the total may be misread. Look at the receipt."
        return observation(UNCLEAR, "medium", message, confidence=1 - confidence, fields=("total",), places=places)
    message = f"{told}{f'; {asked} {said}' if said else ''}."
    severity = _severity(excess, confidence, allowed)
    return observation(
        OVER, severity, message, confidence=confidence, fields=("total",), places=places, at_stake=excess
    )


def _over_together(
    sums: ReceiptSum, asked: Money, too_much: Money, confidence: float, others: Sequence[str], places: Sequence[Place]
) -> Observation:
    told = f"Together with {listed(others)} this claim asks {asked} of {_named(sums)}"
    share = f"; {too_much} of it more than was left for this one" if too_much.amount > 0 else ""
    severity: Severity = "high" if too_much.amount > 0 and confidence >= 0.75 else "medium"
    return observation(
        TOGETHER, severity, f"{told}{share}.", confidence=confidence, fields=("total",), places=places,
        at_stake=too_much if too_much.amount > 0 else None, related=others,
    )  # fmt: skip


def _allotted(cases: Sequence[Case], sums: ReceiptSum) -> Iterator[tuple[Case, Money]]:
    """What each claim asks above what the earlier ones left, the first handed in being served first."""
    left = sums.total or Money(Decimal(0), sums.currency)
    nothing = Money(Decimal(0), sums.currency)
    places = {case.id: place for place, case in enumerate(cases)}

    def order(case: Case) -> tuple[dt.date, int]:
        submitted = case.claim.submitted if case.claim else None
        return submitted or dt.date.max, places[case.id]

    for case in sorted(cases, key=order):
        if case.claim is None or case.claim.amount is None:
            continue
        asked = Money(case.claim.amount, sums.currency)
        served = min(max(left, nothing), asked)
        left -= served
        yield case, asked - served


def _under(excess: Money, sums: ReceiptSum, claim: Claim) -> Observation:
    message = f"The claim of {claim.money} is {-excess} below {_named(sums)}: a part of it, or a slip."
    confidence = min(receipt.confidence("total") for receipt in sums.receipts)
    places = [place_of(receipt, "total") for receipt in sums.receipts]
    return observation(UNDER, "low", message, confidence=confidence, fields=("total",), places=places)


def _not_comparable(sums: ReceiptSum, asked: Money, group: Together) -> Observation:
    """Why a claim can't be held against its receipts."""
    if sums.unread:
        names = listed([receipt.name for receipt in sums.unread])
        seen = witness(sums.unread[0], asked.amount) if len(group.receipts) == 1 else Witness()
        places = [printed_place(sums.unread[0], seen.printed)] if seen.printed else []
        if seen.role is Role.TOTAL:
            message = f"The total of {names} was not read, but {asked} {_SAID[Role.TOTAL]}."
            return observation(UNVERIFIED, "low", message, confidence=0.9, fields=("total",), places=places)
        message = f"The claim of {asked} can't be checked: the total of {names} was not read. Look at the receipt."
        return observation(UNVERIFIED, "medium", message, confidence=1.0, fields=("total",), places=places)
    foreign = next(share for share in sums.shares if share.converted is None)
    places = [place_of(foreign.receipt, "total"), place_of(foreign.receipt, "currency")]
    sure = foreign.receipt.confidence("currency")
    if asked.known and foreign.printed.amount == asked.amount:
        message = (
            f"The claim counts in {asked.currency} what the receipt counts in {foreign.printed.currency}: "
            f"{asked.amount} is printed as {foreign.printed}."
        )
        fields = ("total", "currency")
        return observation(CURRENCY, _graded(sure), message, confidence=sure, fields=fields, places=places)
    message = (
        f"{foreign.printed} on {foreign.receipt.name} can't be compared with {asked}: there is no exchange rate "
        "for its day. Give a file of rates with --rates."
    )
    return observation(NO_RATE, "medium", message, confidence=sure, fields=("total", "currency"), places=places)


def _mixed(group: Together) -> Observation:
    message = f"The claims {listed([case.id for case in group.cases])} share receipts and are in several currencies."
    return observation(CURRENCY, "medium", message, confidence=1.0, fields=("total", "currency"))


def _of_all(group: Together, found: Observation) -> Iterator[tuple[str, Observation]]:
    for case in group.cases:
        others = tuple(other.id for other in group.cases if other.id != case.id)
        yield case.id, found.model_copy(update={"related": others}) if others else found


def _implied_witness(receipt: ReceiptEvidence, read: Decimal, excess: Money, sums: ReceiptSum) -> Witness:
    """Where the total stands that a receipt would have to have, were the claim right and all other readings, too."""
    if sums.foreign:
        return Witness(asked=False)  # a converted amount is printed nowhere, so that the page can't speak for it
    return witness(receipt, read + excess.amount)


def _counted_as(sums: ReceiptSum, asked: Money) -> bool:
    """Whether a claim took the figures of a foreign receipt for its own currency."""
    return len(sums.shares) == 1 and bool(sums.foreign) and sums.shares[0].printed.amount == asked.amount


def _severity(excess: Money, confidence: float, allowed: Tolerances) -> Severity:
    unit = Decimal(1).scaleb(-minor_units(excess.currency))
    if excess.amount <= unit * allowed.rounding_units:
        return "low"
    return "high" if confidence >= 0.75 else "medium"


def _graded(sure: float) -> Severity:
    """How grave another currency is, by how surely it was read."""
    return "high" if sure >= SURE else "medium"


def _said_of(seen: Sequence[Witness]) -> str:
    return next((_SAID[found.role] for found in seen if found.role is not None), "")


def _named(sums: ReceiptSum) -> str:
    names = [receipt.name for receipt in sums.receipts]
    total = f"the total {sums.total}" if len(names) == 1 else f"the totals of {len(names)} receipts, {sums.total},"
    converted = f" ({_converted(sums)})" if sums.foreign else ""
    return f"{total} of {listed(names)}{converted}" if len(names) == 1 else f"{total} ({listed(names)}){converted}"


def _converted(sums: ReceiptSum) -> str:
    share = sums.foreign[0]
    return f"{share.converted} at the rate for {share.rate_day}" if len(sums.shares) == 1 else "converted"


def _places(sums: ReceiptSum, seen: Sequence[Witness]) -> list[Place]:
    places = [place_of(receipt, "total") for receipt in sums.receipts]
    for receipt, found in zip(sums.receipts, seen, strict=True):
        if found.printed is not None:
            places.append(printed_place(receipt, found.printed))
    return places
