"""`cash`: a large sum paid in cash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Fact
from extractor.policy.money import Money
from extractor.policy.rules.base import LimitRule, LimitSettings, with_conversion

LESS_CLAIMED: Fact[str] = Fact("a total of which less is claimed", (), 0.5)


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
                facts: list[Fact[Any]] = [paid, total, *self.scope(expense)]
                if _claimed_less(expense, total.value):
                    message = f"{message[:-1]} (unless the total, of which less is claimed, was misread)."
                    facts.append(LESS_CLAIMED)
                yield self.finding(message, facts, at_stake=total.value)


def _claimed_less(expense: Expense, total: Money) -> bool:
    asked = expense.claim.money if expense.claim else None
    return asked is not None and asked.currency == total.currency and asked < total
