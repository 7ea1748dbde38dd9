"""`currency_of_country`: a receipt in a currency that its country does not use (Unicode CLDR's table)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense
from extractor.policy.rules.base import Currency, Rule, RuleSettings


class CurrencyOfCountrySettings(RuleSettings):
    also: tuple[Currency, ...] = PydanticField(default=(), description="currencies that are fine everywhere")


class CurrencyOfCountry(Rule[CurrencyOfCountrySettings]):
    kind = "currency_of_country"
    settings_type = CurrencyOfCountrySettings

    def told(self) -> str:
        also = f" or {', '.join(self.settings.also)}" if self.settings.also else ""
        return f"receipts in a currency of their country{also}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            country, currency = slip.text("country"), slip.text("currency")
            if country is None or currency is None or currency.value in self.settings.also:
                continue
            day = slip.date.value if slip.date else situation.today
            usual = currencies_of(country.value, day)
            if usual and currency.value not in usual:
                message = (
                    f"The receipt is in {currency.value}, but {country.value}, where it comes from, uses "
                    f"{' and '.join(usual)}."
                )
                total = slip.money()
                facts = [country, currency, *self.scope(expense)]
                yield self.finding(message, facts, at_stake=total.value if total else None)


@lru_cache(maxsize=1024)
def currencies_of(country: str, day: dt.date) -> tuple[str, ...]:
    """The legal tender of a country: on a day, and today (a misread year must not turn euros into a foreign currency);
    none for a code that is no country."""
    from babel.numbers import get_territory_currencies

    found = [*get_territory_currencies(country, day), *get_territory_currencies(country)]
    return tuple(dict.fromkeys(found))
