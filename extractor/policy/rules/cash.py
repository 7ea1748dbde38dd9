"""`cash`: a large sum paid in cash."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense
from extractor.policy.rules.base import LimitRule, LimitSettings, with_conversion


class CashSettings(LimitSettings):
    pass


class Cash(LimitRule[CashSettings]):
    kind = "cash"
    settings_type = CashSettings

    def told(self) -> str:
        return f"no cash above {self.limit}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            paid, total = slip.text("payment_method"), slip.money()
            if paid is None or paid.value != "cash" or total is None:
                continue
            limit = self.limit_in(self.limit, expense, total, situation)
            if isinstance(limit, Observation):
                yield limit
            elif total.value > limit:
                message = f"{total.value} was paid in cash; at most {with_conversion(self.limit, limit)} is allowed."
                yield self.finding(message, [paid, total, *self.scope(expense)], at_stake=total.value)
