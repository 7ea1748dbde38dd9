"""`outside_trip`: an expense dated before the trip began or after it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import EITHER_WAY, Expense, Fact
from extractor.policy.rules.base import Rule, RuleSettings, days


class OutsideTripSettings(RuleSettings):
    days_before: int = PydanticField(default=1, ge=0, description="so many days before the trip are still allowed")
    days_after: int = PydanticField(default=1, ge=0, description="so many days after the trip are still allowed")


class OutsideTrip(Rule[OutsideTripSettings]):
    kind = "outside_trip"
    settings_type = OutsideTripSettings

    def told(self) -> str:
        chosen = self.settings
        return (
            f"no expense more than {days(chosen.days_before)} before or {days(chosen.days_after)} after its trip"
            f"{self.told_scope()}"
        )

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        claim = expense.claim
        if claim is None or (claim.trip_start is None and claim.trip_end is None):
            return
        for date, turned, what in self._dates(expense):
            told = self._told_outside(date.value, claim.trip_start, claim.trip_end)
            if told:
                facts: list[Fact[Any]] = [date, *self.scope(expense)]
                if turned and not self._told_outside(turned, claim.trip_start, claim.trip_end):
                    told += f" (unless {turned} is meant)"
                    facts.append(EITHER_WAY)
                amount = expense.amount
                yield self.finding(f"{what} {date.value}, {told}.", facts, at_stake=amount.value if amount else None)
                return  # the same expense, said once

    def _dates(self, expense: Expense) -> Iterator[tuple[Fact[Any], dt.date | None, str]]:
        for slip in expense.slips:
            if slip.date:
                yield slip.date, slip.date_turned, "The receipt is dated"
        if expense.claim and expense.claim.date and expense.date:
            yield expense.date, None, "The expense is claimed for"

    def _told_outside(self, day: dt.date, start: dt.date | None, end: dt.date | None) -> str:
        if start and (early := (start - day).days) > self.settings.days_before:
            return f"{days(early)} before the trip began on {start}"
        if end and (late := (day - end).days) > self.settings.days_after:
            return f"{days(late)} after the trip ended on {end}"
        return ""
