"""The kinds of abuse that are planted, how each is written, and by which findings it counts as found."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from extractor.policy.cases import Case, Claim, ReceiptEvidence
from extractor.policy.claims.amounts import CURRENCY, OVER, TOGETHER
from extractor.policy.claims.compare import DATE, MERCHANT
from extractor.policy.claims.likeness import same_merchant
from extractor.policy.claims.printed import Role, amounts_on
from extractor.policy.money import Money, minor_units
from training.benchmark.expense_year.honesty import HOME, Writer, loosely
from training.benchmark.expense_year.pictures import AGAIN, ANEW, CHANGED, DRAWN, Altered
from training.benchmark.expense_year.receipts import Held

DUPLICATES = ("duplicate_file", "duplicate_picture", "duplicate_purchase", "card_slip_and_bill", TOGETHER)
PROHIBITED = ("alcohol", "tobacco", "gift_cards", "gambling", "fines", "prohibited_merchants")
TAMPERED = ("tampering_*",)
STALE, TRIP = 90, (3, 60)


@dataclass(frozen=True)
class Pools:
    """What an office draws from. Each list is shuffled and shared: a receipt is used once, whatever for."""

    honest: Sequence[Held]
    prohibited: Sequence[Held]
    altered: Sequence[Altered]


class Office:
    """One company's year while it is made: who works there, which receipts were used, and the next free number."""

    def __init__(self, number: int, people: Sequence[str], pools: Pools, writer: Writer) -> None:
        self.number = number
        self.people = people
        self.pools = pools
        self.writer = writer
        self.used: set[str] = set()
        self._count = 0

    @property
    def chance(self) -> random.Random:
        return self.writer.chance

    def id(self) -> str:
        self._count += 1
        return f"{self.number:02}-{self._count:04}"

    def person(self, but: str = "") -> str:
        return self.chance.choice([name for name in self.people if name != but])

    def receipt(self, suits: Callable[[Held], bool] = lambda held: True, prohibited: bool = False) -> Held | None:
        """A receipt that was not used yet; None where there is none left that suits."""
        pool = self.pools.prohibited if prohibited else self.pools.honest
        left = [held for held in pool if held.id not in self.used]
        for chosen in self.chance.sample(left, len(left)):
            if suits(chosen):
                self.used.add(chosen.id)
                return chosen
        return None

    def altered(self, *kinds: str) -> Altered | None:
        left = [one for one in self.pools.altered if one.kind in kinds and one.held.id not in self.used]
        if not left:
            return None
        chosen = self.chance.choice(left)
        self.used.add(chosen.held.id)
        return chosen

    def honest(self, held: Held, evidence: ReceiptEvidence | None = None, person: str = "") -> Case:
        """An honest claim of a receipt, or of another picture of it."""
        claim = self.writer.honest(self.id(), person or self.person(), held)
        return _case(claim, evidence or held.evidence)


def _case(claim: Claim, *receipts: ReceiptEvidence) -> Case:
    return Case(claim.claim_id, claim.model_copy(update={"receipts": tuple(one.name for one in receipts)}), receipts)


def claim_of(case: Case) -> Claim:
    """The claim of a case that has one, as all cases of a year do."""
    if case.claim is None:
        raise ValueError(f"{case.id} is a receipt without a claim")
    return case.claim


def _changed(case: Case, **values: object) -> Case:
    return replace(case, claim=claim_of(case).model_copy(update=values))


def _in_own_currency(case: Case, held: Held) -> Case:
    return _changed(case, amount=held.total, currency=held.currency)


def _dearer(low: float, high: float) -> Callable[[Office], tuple[Case, ...] | None]:
    def make(office: Office) -> tuple[Case, ...] | None:
        held = office.receipt(lambda each: office.writer.world.euros(each) >= 1)
        if held is None:
            return None
        share = Decimal(str(round(1 + office.chance.uniform(low, high), 4)))
        unit = Decimal(1).scaleb(-minor_units(held.currency))
        asked = max(Money(held.total * share, held.currency).rounded().amount, held.total + unit)
        return (_changed(office.honest(held), amount=asked, currency=held.currency, tax=None),)

    return make


def _tendered(office: Office) -> tuple[Case, ...] | None:
    held = office.receipt(lambda each: _handed_over(each) is not None)
    if held is None:
        return None
    return (_changed(office.honest(held), amount=_handed_over(held), currency=held.currency),)


def _handed_over(held: Held) -> Decimal | None:
    """The cash that was given, where it stands on the receipt and is more than the price."""
    document = held.evidence.document
    printed = amounts_on(document) if document else ()
    return min((one.value for one in printed if one.role is Role.TENDER and one.value > held.total), default=None)


def _other_currency(office: Office) -> tuple[Case, ...] | None:
    """The figures of a cheap currency claimed as if they were of a dear one."""
    world = office.writer.world
    held = office.receipt(lambda each: each.currency != HOME and world.euros(each) * Decimal("1.1") < each.total)
    if held is None:
        return None
    return (_changed(office.honest(held), amount=held.total, currency=HOME, tax=None),)


def _again(office: Office, held: Held, evidence: ReceiptEvidence, person: str, first: Case) -> tuple[Case, ...]:
    """A claim of a receipt that was claimed before, some days later."""
    before = claim_of(first)
    second = office.honest(held, evidence, person)
    later = (before.submitted or office.writer.world.today) + dt.timedelta(days=office.chance.randint(3, 45))
    return first, _changed(_in_own_currency(second, held), submitted=later, date=before.date, trip_start=None,
                           trip_end=None, tax=None)  # fmt: skip


def _same_file(office: Office) -> tuple[Case, ...] | None:
    held = office.receipt()
    if held is None:
        return None
    first = _in_own_currency(office.honest(held), held)
    return _again(office, held, held.evidence, claim_of(first).employee, first)


def _same_picture(office: Office) -> tuple[Case, ...] | None:
    found = office.altered(*AGAIN)
    if found is None:
        return None
    first = _in_own_currency(office.honest(found.held), found.held)
    return _again(office, found.held, found.evidence, claim_of(first).employee, first)


def _second_person(office: Office) -> tuple[Case, ...] | None:
    found = office.altered(ANEW)
    if found is None:
        return None
    first = _in_own_currency(office.honest(found.held), found.held)
    return _again(office, found.held, found.evidence, office.person(claim_of(first).employee), first)


def _in_parts(office: Office) -> tuple[Case, ...] | None:
    """Two parts of one receipt that come to more than the whole."""
    held = office.receipt(lambda each: office.writer.world.euros(each) >= 5)
    if held is None:
        return None
    first = office.honest(held)
    _, second = _again(office, held, held.evidence, claim_of(first).employee, first)
    parts = [
        Money(held.total * Decimal(str(round(office.chance.uniform(0.55, 0.8), 2))), held.currency).rounded().amount
        for _ in range(2)
    ]
    return (
        _changed(first, amount=parts[0], currency=held.currency, tax=None),
        _changed(second, amount=parts[1], currency=held.currency),
    )


def _stale(office: Office) -> tuple[Case, ...] | None:
    """An old receipt, claimed as if it were of these days."""
    held = office.receipt(lambda each: each.day is not None)
    if held is None or held.day is None:
        return None
    submitted = held.day + dt.timedelta(days=office.chance.randint(STALE + 20, 400))
    claimed = submitted - dt.timedelta(days=office.chance.randint(3, 20))
    case = office.honest(held)
    return (_changed(case, submitted=submitted, date=claimed, trip_start=None, trip_end=None),)


def _off_trip(office: Office) -> tuple[Case, ...] | None:
    """A private purchase before or after a trip, dated into it."""
    held = office.receipt(lambda each: each.day is not None)
    if held is None or held.day is None:
        return None
    chance = office.chance
    start = held.day + dt.timedelta(days=chance.choice((-1, 1)) * chance.randint(TRIP[0] + 5, TRIP[1]))
    end = start + dt.timedelta(days=chance.randint(1, 4))
    dates = {"date": start + dt.timedelta(days=chance.randint(0, (end - start).days))}
    handed_in = max(end, held.day) + dt.timedelta(days=chance.randint(2, 20))
    return (_changed(office.honest(held), trip_start=start, trip_end=end, submitted=handed_in, **dates),)


def _prohibited(office: Office) -> tuple[Case, ...] | None:
    """What the policy doesn't pay for, claimed as something that it does."""
    held = office.receipt(prohibited=True)
    if held is None:
        return None
    category = office.chance.choice([held.category, "office_supplies", "groceries"])
    return (_changed(office.honest(held), category=category),)


def _no_receipt(office: Office) -> tuple[Case, ...] | None:
    held = office.receipt(lambda each: 30 <= office.writer.world.euros(each) <= 300)
    if held is None:
        return None
    claim = claim_of(_in_own_currency(office.honest(held), held))
    return (_case(claim.model_copy(update={"tax": None})),)


def _other_merchant(office: Office) -> tuple[Case, ...] | None:
    """A private purchase under the name of a merchant whose bills are paid."""
    held = office.receipt(lambda each: bool(each.merchant))
    if held is None:
        return None
    strangers = [
        one for one in office.pools.honest if one.merchant and same_merchant(one.merchant, held.merchant) < 0.4
    ]
    stranger = office.chance.choice(strangers)
    name = loosely(stranger.merchant, office.chance)
    return (_changed(office.honest(held), merchant=name, category=stranger.category),)


def _forged(*kinds: str) -> Callable[[Office], tuple[Case, ...] | None]:
    def make(office: Office) -> tuple[Case, ...] | None:
        found = office.altered(*kinds)
        if found is None:
            return None
        case = office.honest(found.held, found.evidence)
        return (_changed(case, amount=found.shows, currency=found.held.currency, tax=None),)

    return make


@dataclass(frozen=True)
class Abuse:
    """A kind: how it is made (None where an office has no receipt for it left), and the rules whose findings fit
    (`*` stands for anything)."""

    make: Callable[[Office], tuple[Case, ...] | None]
    rules: tuple[str, ...]


AMOUNT = (OVER, TOGETHER, CURRENCY)

ABUSES: Mapping[str, Abuse] = {
    "amount 10–50 % too high": Abuse(_dearer(0.10, 0.50), AMOUNT),
    "amount 1–10 % too high": Abuse(_dearer(0.01, 0.10), AMOUNT),
    "cash handed over for the price": Abuse(_tendered, AMOUNT),
    "figures of a cheaper currency": Abuse(_other_currency, AMOUNT),
    "same file again": Abuse(_same_file, DUPLICATES),
    "another picture again": Abuse(_same_picture, DUPLICATES),
    "colleague's purchase": Abuse(_second_person, DUPLICATES),
    "parts above the whole": Abuse(_in_parts, DUPLICATES),
    "old receipt dated anew": Abuse(_stale, ("old_receipt", DATE)),
    "dated into a trip": Abuse(_off_trip, ("outside_trip", DATE)),
    "prohibited goods": Abuse(_prohibited, PROHIBITED),
    "no receipt above the limit": Abuse(_no_receipt, ("missing_receipt",)),
    "under another merchant": Abuse(_other_merchant, (MERCHANT,)),
    # The student may read what the page leads to and not the altered figures: then the claim exceeds the receipt.
    "total altered in the picture": Abuse(_forged(*CHANGED), (*TAMPERED, *AMOUNT)),
    "drawn by a program": Abuse(_forged(DRAWN), TAMPERED),
}
