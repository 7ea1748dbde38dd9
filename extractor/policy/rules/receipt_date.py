"""`old_receipt` and `future_date`: a receipt handed in too late, or dated after today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import EITHER_WAY, MISREAD_DAY, Expense, Fact
from extractor.policy.rules.base import Rule, RuleSettings, days


class OldReceiptSettings(RuleSettings):
    days: int = PydanticField(ge=0, description="a receipt may be this many days old when its claim is handed in")


class OldReceipt(Rule[OldReceiptSettings]):
    kind = "old_receipt"
    settings_type = OldReceiptSettings

    def told(self) -> str:
        return f"receipts no older than {days(self.settings.days)}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        submitted = expense.claim.submitted if expense.claim else None
        handed_in = submitted or situation.today
        for slip in expense.slips:
            if slip.date is None or (age := (handed_in - slip.date.value).days) <= self.settings.days:
                continue
            when = f"when it was handed in on {submitted}" if submitted else f"on {situation.today}"
            message = (
                f"The receipt of {slip.date.value} was {days(age)} old {when}; at most {days(self.settings.days)} are "
                "allowed."
            )
            facts: list[Fact[Any]] = [slip.date, *self.scope(expense)]
            claimed = expense.claim.date if expense.claim else None
            turned = slip.date_turned
            if turned and 0 <= (handed_in - turned).days <= self.settings.days:
                message = f"{message[:-1]} (unless {turned} is meant)."
                facts.append(EITHER_WAY)
            elif slip.may_be(claimed) and claimed and (handed_in - claimed).days <= self.settings.days:
                message = f"{message[:-1]} (unless {claimed}, as claimed, was misread)."
                facts.append(MISREAD_DAY)
            total = slip.money()
            yield self.finding(message, facts, at_stake=total.value if total else None)


class FutureDateSettings(RuleSettings):
    tolerance_days: int = PydanticField(default=1, ge=0, description="so far ahead is still today (time zones)")


class FutureDate(Rule[FutureDateSettings]):
    kind = "future_date"
    settings_type = FutureDateSettings

    def told(self) -> str:
        return f"no date more than {days(self.settings.tolerance_days)} ahead{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        claimed = [(expense.date, None)] if expense.claim and expense.claim.date and expense.date else []
        for date, turned in [*claimed, *((slip.date, slip.date_turned) for slip in expense.slips if slip.date)]:
            ahead = (date.value - situation.today).days
            if ahead <= self.settings.tolerance_days:
                continue
            what = "The claim" if date.fields == ("claim.date",) else "The receipt"
            message = f"{what} is dated {date.value}, {days(ahead)} after {situation.today}"
            facts: list[Fact[Any]] = [date, *self.scope(expense)]
            if turned and turned <= situation.today:
                message += f" (unless {turned} is meant)"
                facts.append(EITHER_WAY)
            amount = expense.amount
            yield self.finding(message + ".", facts, at_stake=amount.value if amount else None)
