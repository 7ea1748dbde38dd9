"""`day_off`: an expense on a weekend or a public holiday of its country (the package `holidays`, MIT licence)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Fact
from extractor.policy.rules.base import Country, Rule, RuleSettings

_USUAL = frozenset({5, 6})


class DayOffSettings(RuleSettings):
    weekends: bool = True
    holidays: bool = True
    country: Country | None = PydanticField(
        default=None, description="whose days off count where the expense's country is not known"
    )


class DayOff(Rule[DayOffSettings]):
    kind = "day_off"
    settings_type = DayOffSettings

    def told(self) -> str:
        kinds = [
            name
            for name, wanted in (("weekends", self.settings.weekends), ("public holidays", self.settings.holidays))
            if wanted
        ]
        return f"expenses on {' and '.join(kinds) or 'no day'} are pointed out{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        date, where = expense.date, expense.country
        code = where.value if where else self.settings.country
        if date is None:
            return
        names = days_off(code, date.value.year) if code else None
        holiday = names.get(date.value) if names is not None and self.settings.holidays else None
        weekend = self.settings.weekends and date.value.weekday() in weekend_days(code)
        if not (holiday or weekend):
            return
        amount = expense.amount
        what = f"{holiday} in {code}" if holiday else f"a {date.value:%A}" + (f", a day off in {code}" if code else "")
        facts: list[Fact[Any]] = [date, *([where] if where else []), *self.scope(expense)]
        yield self.finding(f"{date.value} is {what}.", facts, at_stake=amount.value if amount else None)


@lru_cache(maxsize=256)
def days_off(country: str, year: int) -> Any:
    """The public holidays of a country in a year by date; empty for a country that the package doesn't know."""
    import holidays  # 0.1 s, so only where a policy asks for it

    try:
        return holidays.country_holidays(country, years=[year], expand=False, language="en_US")
    except NotImplementedError:
        return {}


def weekend_days(country: str | None) -> frozenset[int]:
    """The days of the week that are off (Monday is 0)."""
    calendar = days_off(country, dt.date.today().year) if country else {}
    return frozenset(getattr(calendar, "weekend", _USUAL))
