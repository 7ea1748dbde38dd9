"""`day_off`: an expense on a weekend or a public holiday of its country (the package `holidays`, MIT licence)."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
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
        names, weekend = calendar(code, date.value.year)
        holiday = names.get(date.value) if self.settings.holidays else None
        if not holiday and not (self.settings.weekends and date.value.weekday() in weekend):
            return
        what = f"{holiday} in {code}" if holiday else f"a {date.value:%A}" + (f", a day off in {code}" if code else "")
        facts: list[Fact[Any]] = [date, *([where] if where else []), *self.scope(expense)]
        yield self.finding(f"{date.value} is {what}.", facts)


@lru_cache(maxsize=512)
def calendar(country: str | None, year: int) -> tuple[Mapping[dt.date, str], frozenset[int]]:
    """The public holidays of a country in a year by date, and its weekend (Monday is 0). A country that the package
    doesn't know has no holidays, and Saturday and Sunday off."""
    if not country:
        return {}, _USUAL
    import holidays  # 0.1 s, so only where a policy asks for it

    with warnings.catch_warnings():
        # A misread year may lie outside the package's tables.
        warnings.simplefilter("ignore")
        try:
            found: Any = holidays.country_holidays(country, years=[year], expand=False, language="en_US")
        except NotImplementedError:
            return {}, _USUAL
    return dict(found.items()), frozenset(found.weekend)
