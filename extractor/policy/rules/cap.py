"""`cap`: no more than so much for an expense, a head, a night, a day, a trip or a month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field as PydanticField

from extractor.normalize.text import fold
from extractor.policy.cases import Case, Observation, Situation
from extractor.policy.expense import Expense, Fact
from extractor.policy.money import Money
from extractor.policy.rules.base import LimitRule, LimitSettings, with_conversion

ADDED_UP = ("day", "trip", "month")
"""Limits of what one person spends in several expenses, shared by those who attended."""


class CapSettings(LimitSettings):
    per: Literal["expense", "attendee", "night", "day", "trip", "month"] = PydanticField(
        default="expense", description="what the limit is for; day, trip and month add up the expenses of one person"
    )
    high_from: Decimal = PydanticField(
        default=Decimal(2), ge=1, description="at this many times the limit a finding is as severe as severity_high"
    )
    severity_high: Literal["low", "medium", "high"] = PydanticField(
        default="medium", description="severity far above the limit"
    )


class Cap(LimitRule[CapSettings]):
    kind = "cap"
    settings_type = CapSettings

    def told(self) -> str:
        heads = " and attendee" if self.settings.per in ADDED_UP else ""
        return f"at most {self.limit} per {self.settings.per}{heads}{self.told_scope()}"

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        if self.settings.per in ADDED_UP:
            yield from self._added_up(cases, situation)
        else:
            yield from super().examine(cases, situation)

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        amount = expense.amount
        if amount is None or amount.value.amount <= 0:
            return
        limit = self.limit_in(self.limit, expense, amount, situation)
        if isinstance(limit, Observation):
            yield limit
            return
        shares, how, guessed = self._shares(expense)
        most = limit * shares
        if amount.value <= most:
            return
        over = amount.value - most
        allowed = with_conversion(self.limit, limit)
        message = f"{amount.value}{how} is {over.rounded()} over the limit of {allowed} per {self.settings.per}."
        facts: list[Fact[Any]] = [amount, *self.scope(expense)]
        found = self.finding(message, facts, at_stake=over, steps=1 if guessed else 0)
        if (
            amount.value.amount >= most.amount * self.settings.high_from
            and not guessed
            and found.confidence >= self.settings.sure
        ):
            found = found.model_copy(update={"severity": self.settings.severity_high})
        yield found

    def _shares(self, expense: Expense) -> tuple[int, str, bool]:
        """Among how many the amount is shared, in words, and whether that is only guessed."""
        claim = expense.claim
        if self.settings.per == "attendee":
            known = claim.attendees if claim else None
            heads = max(known or 1, 1)
            told = f" for {heads} attendees" if heads > 1 else " for one person"
            return heads, told if known else f"{told} (attendees are not stated)", claim is None
        if self.settings.per == "night":
            nights = claim.nights if claim else None
            if nights is None and claim and claim.trip_start and claim.trip_end:
                nights = (claim.trip_end - claim.trip_start).days
            count = max(nights or 1, 1)
            told = f" for {count} nights" if count > 1 else " for one night"
            return count, told if nights else f"{told} (nights are not stated)", not nights
        return 1, "", False

    def _added_up(self, cases: Sequence[Case], situation: Situation) -> Iterator[tuple[str, Observation]]:
        groups: dict[tuple[str, ...], list[_Part]] = {}
        for case in cases:
            expense = Expense(case, self.terms.category_names)
            key = self._group(expense) if self.concerns(expense) else None
            part = self._part(expense, situation) if key is not None else None
            if isinstance(part, Observation):
                yield case.id, part
            elif part is not None and key is not None:
                groups.setdefault(key, []).append(part)
        for parts in groups.values():
            yield from self._over(sorted(parts, key=lambda part: part.order))

    def _group(self, expense: Expense) -> tuple[str, ...] | None:
        """What is added up with what: expenses of one person on one day, one trip or in one month; None where that is
        not known (a receipt without a claim is nobody's)."""
        person, claim = fold(expense.employee), expense.claim
        if not person or claim is None:
            return None
        if self.settings.per == "trip":
            if claim.trip:
                return person, claim.trip
            return (person, str(claim.trip_start), str(claim.trip_end)) if claim.trip_start else None
        if expense.date is None:
            return None
        day = expense.date.value
        return person, f"{day:%Y-%m}" if self.settings.per == "month" else day.isoformat()

    def _part(self, expense: Expense, situation: Situation) -> _Part | Observation | None:
        amount = expense.amount
        if amount is None or amount.value.amount <= 0:
            return None
        limit = self.limit_in(self.limit, expense, amount, situation)
        if isinstance(limit, Observation):
            return limit
        heads = max((expense.claim.attendees if expense.claim else None) or 1, 1)
        own = amount.value.amount / heads
        # Sums run in the currency of the limit.
        if limit.currency != self.limit.currency and limit.amount:
            own = own * self.limit.amount / limit.amount
        return _Part(expense, amount, heads, Money(own, self.limit.currency))

    def _over(self, parts: Sequence[_Part]) -> Iterator[tuple[str, Observation]]:
        """Each expense that takes the sum beyond the limit, with the part of it that is beyond."""
        spent = Money(Decimal(0), self.limit.currency)
        before: list[str] = []
        for part in parts:
            spent += part.own
            if spent > self.limit:
                yield part.expense.case.id, self._beyond(part, spent, before)
            before.append(part.expense.case.id)

    def _beyond(self, part: _Part, spent: Money, before: Sequence[str]) -> Observation:
        over = spent - self.limit
        share_over = min(over.amount / part.own.amount, Decimal(1))
        many = f"{len(before) + 1} expenses come" if before else "one expense comes"
        heads = f" (for {part.heads} attendees)" if part.heads > 1 else ""
        message = (
            f"With this {part.amount.value}{heads}, {many} to {spent.rounded()} a person in one {self.settings.per}, "
            f"{over.rounded()} over the limit of {self.limit}."
        )
        date = part.expense.date
        facts: list[Fact[Any]] = [part.amount, *self.scope(part.expense)]
        if date and self.settings.per != "trip":
            facts.append(date)
        return self.finding(message, facts, at_stake=part.amount.value * share_over, related=before)


@dataclass(frozen=True)
class _Part:
    """One expense of a sum: `own` is what falls to one attendee, in the currency of the limit."""

    expense: Expense
    amount: Fact[Money]
    heads: int
    own: Money

    @property
    def order(self) -> tuple[str, str]:
        date = self.expense.date
        return (date.value.isoformat() if date else "", self.expense.case.id)
