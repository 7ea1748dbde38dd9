"""`split_purchase`: one purchase claimed in parts, each below a limit that the whole would pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import Field as PydanticField
from rapidfuzz import fuzz

from extractor.normalize.characters import folded_letters
from extractor.policy.cases import Case, Observation, Situation
from extractor.policy.expense import Expense, Fact
from extractor.policy.money import Money
from extractor.policy.rules.base import LimitRule, LimitSettings, days, with_conversion


class SplitPurchaseSettings(LimitSettings):
    days: int = PydanticField(default=1, ge=0, description="the parts lie at most so many days apart")
    near: Decimal = PydanticField(
        default=Decimal("0.4"), ge=0, lt=1, description="each part is at least this share of the limit"
    )
    alike: float = PydanticField(default=85, ge=50, le=100, description="how alike merchants are spelt, of 100")


@dataclass(frozen=True)
class _Part:
    """One claim that may be a part: `limit` is in its own currency, `weight` its amount as a share of the limit."""

    expense: Expense
    amount: Fact[Money]
    date: Fact[Any]
    merchant: Fact[str]
    limit: Money
    weight: Decimal


class SplitPurchase(LimitRule[SplitPurchaseSettings]):
    kind = "split_purchase"
    settings_type = SplitPurchaseSettings

    def told(self) -> str:
        return (
            f"no purchase split into parts below {self.limit} (one person and merchant, within "
            f"{days(self.settings.days)}){self.told_scope()}"
        )

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        people: dict[str, list[_Part]] = {}
        for case in cases:
            expense = Expense(case, self.terms.category_names)
            part = self._part(expense, situation) if self.concerns(expense) else None
            if isinstance(part, Observation):
                yield case.id, part
            elif part is not None:
                people.setdefault(expense.employee.casefold(), []).append(part)
        for parts in people.values():
            for together in self._purchases(sorted(parts, key=lambda part: (part.date.value, part.expense.case.id))):
                yield from self._told_of(together)

    def _part(self, expense: Expense, situation: Situation) -> _Part | Observation | None:
        """An expense as a part; None where it can't be one (nobody's, above the limit, or far below it)."""
        amount, date, merchant = expense.amount, expense.date, expense.merchant
        if not expense.employee or amount is None or date is None or merchant is None or amount.value.amount <= 0:
            return None
        limit = self.limit_in(self.limit, expense, amount, situation)
        if isinstance(limit, Observation):
            return limit
        if limit.amount == 0:
            return None
        weight = amount.value.amount / limit.amount
        if not self.settings.near <= weight <= 1:
            return None
        return _Part(expense, amount, date, merchant, limit, weight)

    def _purchases(self, parts: list[_Part]) -> Iterator[list[_Part]]:
        """Parts at one merchant on near days that pass the limit together, each in one purchase only."""
        left = list(parts)
        while left:
            first, *others = left
            together = [first]
            for part in others:
                # From the first on, so that daily purchases do not chain into one that lasts a year.
                if (part.date.value - first.date.value).days <= self.settings.days and self._alike(first, part):
                    together.append(part)
            if len(together) > 1 and sum(part.weight for part in together) > 1:
                yield together
                left = [part for part in left if part not in together]
            else:
                left = others

    def _alike(self, one: _Part, other: _Part) -> bool:
        names = folded_letters(one.merchant.value), folded_letters(other.merchant.value)
        return fuzz.token_sort_ratio(*names) >= self.settings.alike

    def _told_of(self, together: list[_Part]) -> Iterator[tuple[str, Observation]]:
        share = sum((part.weight for part in together), Decimal(0))
        whole = Money(share * self.limit.amount, self.limit.currency).rounded()
        for part in together:
            others = [other.expense.case.id for other in together if other is not part]
            allowed = with_conversion(self.limit, part.limit)
            message = (
                f"{part.amount.value} is one of {len(together)} claims at {part.merchant.value} within "
                f"{self.settings.days + 1} days, none over {allowed}, together {whole}: a purchase may have been split."
            )
            facts: list[Fact[Any]] = [fact for one in together for fact in (one.amount, one.date, one.merchant)]
            found = self.finding(
                message, [*facts, *self.scope(part.expense)], at_stake=part.amount.value, related=others
            )
            # The places shown are those of this claim's own receipts.
            own = {receipt.name for receipt in part.expense.case.receipts}
            yield (
                part.expense.case.id,
                found.model_copy(update={"places": tuple(place for place in found.places if place.receipt in own)}),
            )
