"""`tip`: a service charge or tip above a share of the bill."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Fact, percent
from extractor.policy.money import Money
from extractor.policy.rules.base import Rule, RuleSettings, Share

_BELIEVABLE = Decimal("0.6")
"""Above this share of the bill an amount was more likely misread than given."""


class TipSettings(RuleSettings):
    share: Share = PydanticField(description="of the bill without the tip: 0.2 is 20 %")


class Tip(Rule[TipSettings]):
    kind = "tip"
    settings_type = TipSettings

    def told(self) -> str:
        return f"a tip of at most {percent(self.settings.share)} of the bill{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            tip, total = slip.money("service_charge"), slip.money()
            if tip is None or total is None or tip.value.amount <= 0:
                continue
            bill = total.value.amount - tip.value.amount
            if bill <= 0 or tip.value.amount <= bill * self.settings.share:
                continue
            allowed = Money(bill * self.settings.share, tip.value.currency).rounded()
            message = (
                f"The tip or service charge of {tip.value} is {percent(tip.value.amount / bill)} of the bill of "
                f"{Money(bill, tip.value.currency)}; {percent(self.settings.share)} "
                f"({allowed}) is allowed."
            )
            facts: list[Fact[Any]] = [tip, total, *self.scope(expense)]
            if tip.value.amount > bill * _BELIEVABLE:
                facts.append(Fact("a misread amount", (), 0.5))
            yield self.finding(message, facts, at_stake=tip.value - allowed)
