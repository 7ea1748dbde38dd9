"""`round_sum`: an amount too round to have been added up."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense
from extractor.policy.rules.base import LimitRule, LimitSettings


class RoundSumSettings(LimitSettings):
    digits: int = PydanticField(default=1, ge=1, le=3, description="figures before the zeros: 400 has one, 450 two")


class RoundSum(LimitRule[RoundSumSettings]):
    kind = "round_sum"
    settings_type = RoundSumSettings

    def told(self) -> str:
        return f"round sums from {self.limit} are pointed out{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        amount = expense.amount
        if amount is None or amount.value.amount <= 0:
            return
        if len(amount.value.amount.normalize().as_tuple().digits) > self.settings.digits:
            return
        limit = self.limit_in(self.limit, expense, amount, situation)
        if isinstance(limit, Observation):
            yield limit
        elif amount.value >= limit:
            message = f"{amount.value} is a round sum, which few purchases come to."
            yield self.finding(message, [amount, *self.scope(expense)], at_stake=amount.value)
