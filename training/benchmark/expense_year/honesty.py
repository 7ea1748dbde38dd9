"""Claims as honest people write them, and which receipts an honest person may claim under a policy at all."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

from extractor.policy.cases import Case, Claim, Converts, Observation, Situation
from extractor.policy.claims.likeness import bare_name
from extractor.policy.money import Money
from extractor.policy.policy import Policy
from training.benchmark.expense_year.receipts import Held

HOME = "EUR"
"""The currency of the companies."""

HEAD, NIGHT = Decimal(70), Decimal(200)
"""In EUR: what a meal costs a head and a hotel a night at most, by which attendees and nights are told."""

CONVERTED, RECLAIMED, TRAVELLED, NEXT_DAY = 0.1, 0.1, 0.3, 0.05
"""Shares of honest claims: in the company's currency instead of the receipt's, with tax to be reclaimed, on a trip,
and dated a day late."""

RATE_SLACK = 0.01
"""By how much a card's rate differs from the one published, either way."""


@dataclass(frozen=True)
class FixedRates:
    """One rate for all days, those of the policy: the receipts are of many years, for which no rates are at hand."""

    policy: Policy

    def convert(self, money: Money, to: str, day: dt.date) -> Money | None:
        known = {self.policy.currency: Decimal(1), **self.policy.rates}
        if money.currency not in known or to not in known:
            return None
        return Money(money.amount * known[to] / known[money.currency], to).rounded()


@dataclass(frozen=True)
class World:
    """What all claims of a simulation share: the policy, its rates, and the day of the audit."""

    policy: Policy
    today: dt.date

    @cached_property
    def rates(self) -> Converts:
        return FixedRates(self.policy)

    @property
    def situation(self) -> Situation:
        return Situation(today=self.today, currency=self.policy.currency, rates=self.rates)

    def euros(self, held: Held) -> Decimal:
        """What a receipt comes to in the company's currency; 0 where there is no rate."""
        found = self.rates.convert(held.money, HOME, self.today)
        return found.amount if found else Decimal(0)


class Writer:
    """Writes claims as people do. All chance comes from one seed."""

    def __init__(self, world: World, chance: random.Random, days: tuple[dt.date, ...]) -> None:
        """`days` are those of other receipts, one of which is the true day of a receipt that prints none."""
        self.world = world
        self.chance = chance
        self.days = days

    def honest(self, claim_id: str, employee: str, held: Held) -> Claim:
        """The claim of one receipt: the true amount; the merchant as people write it; a day that is mostly right."""
        chance = self.chance
        day = held.day or chance.choice(self.days)
        money = self._money(held)
        trip = self._trip(day) if chance.random() < TRAVELLED else (None, None)
        reclaims = held.truth.fields.get("tax") and held.truth.fields.get("merchant_tax_id")
        tax = held.truth.fields.get("tax") if reclaims and chance.random() < RECLAIMED else None
        return Claim(
            claim_id=claim_id,
            employee=employee,
            date=day + dt.timedelta(days=1 if chance.random() < NEXT_DAY else 0),
            submitted=max(day, trip[1] or day) + dt.timedelta(days=chance.randint(2, 40)),
            merchant=loosely(held.merchant, chance),
            amount=money.amount,
            currency=money.currency,
            category=held.category,
            attendees=self._shares(held, HEAD) if held.category == "meals" else None,
            nights=self._shares(held, NIGHT) if held.category == "lodging" else None,
            trip_start=trip[0],
            trip_end=trip[1],
            tax=Decimal(tax) if tax and Decimal(tax) > 0 and money.currency == held.currency else None,
            receipts=(held.evidence.name,),
        )

    def _money(self, held: Held) -> Money:
        if held.currency == HOME or self.chance.random() >= CONVERTED:
            return held.money
        found = self.world.rates.convert(held.money, HOME, self.world.today)
        if found is None or found.amount < 1:
            return held.money
        slack = Decimal(str(round(1 + self.chance.uniform(-RATE_SLACK, RATE_SLACK), 4)))
        return (found * slack).rounded()

    def _trip(self, day: dt.date) -> tuple[dt.date, dt.date]:
        return day - dt.timedelta(days=self.chance.randint(0, 3)), day + dt.timedelta(days=self.chance.randint(0, 3))

    def _shares(self, held: Held, each: Decimal) -> int:
        return max(int((self.world.euros(held) / each).to_integral_value(ROUND_CEILING)), 1)


def loosely(name: str, chance: random.Random) -> str:
    """A merchant's name as people write it: as it is, without its legal form, its first words, or with a slip."""
    short = bare_name(name).title() or name
    pick = chance.random()
    if pick < 0.35 or len(short) < 4:
        return name
    if pick < 0.7:
        return short
    if pick < 0.9:
        words = short.split()
        first = " ".join(words[:2])
        return first if len(first) >= 5 else short
    at = chance.randrange(1, len(short))
    return short[:at] + short[at + 1 :] if chance.random() < 0.5 else short[:at] + short[at - 1] + short[at:]


def objections(held: Held, world: World) -> list[Observation]:
    """What the policy has against an honest claim of a receipt, had all of it been read rightly; low findings are
    left out. Where there is any, nobody who keeps to the policy claims it."""
    writer = Writer(world, random.Random(0), (world.today,))
    claim = writer.honest("x", "", held).model_copy(
        update={"amount": held.total, "currency": held.currency, "merchant": held.merchant, "tax": None}
    )
    case = Case("x", claim, (held.as_read_rightly,))
    found = (one for _, one in world.policy.examiner().examine([case], world.situation))
    return [one for one in found if one.severity != "low" or one.rule in world.policy.verdict.always_review]


def last_day(receipts: Iterable[Held]) -> dt.date:
    """The day of the audit: after all that was bought."""
    return max((held.day for held in receipts if held.day), default=dt.date(2020, 1, 1)) + dt.timedelta(days=500)
