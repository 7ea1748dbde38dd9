"""Tax that can't follow from any rate of its country at that time.

A receipt may hold goods of several rates and some without tax, so that any tax up to the highest rate is possible: what
is above it is not. Where the highest rate isn't reached, nothing is said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from extractor.policy.money import minor_units
from extractor.policy.tampering.base import Trace
from extractor.policy.tampering.specimen import Specimen


class Period(BaseModel):
    """The rates of a time that ended with the day `until`; None for the one that runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: dt.date | None = None
    rates: tuple[Decimal, ...]
    extra: Decimal = Decimal(0)

    @property
    def highest(self) -> Decimal:
        """The highest tax on a price without tax, as a share."""
        return (max(self.rates) + self.extra) / 100


class Country(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    periods: tuple[Period, ...]
    note: str = ""

    def at(self, day: dt.date | None) -> Period:
        """The period of a day; for an unknown day the one with the highest rate."""
        if day is None:
            return max(self.periods, key=lambda period: period.highest)
        return next(
            (period for period in self.periods if period.until is None or day <= period.until), self.periods[-1]
        )


@dataclass(frozen=True)
class Rates:
    """The table and the day on which it was last checked: of later receipts it says nothing."""

    as_of: dt.date
    countries: Mapping[str, Country]


@cache
def rates() -> Rates:
    """The rates that come with the package (tax_rates.yaml, where the sources are named)."""
    text = files("extractor.policy.tampering").joinpath("tax_rates.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    return Rates(raw["as_of"], {code: Country.model_validate(entry) for code, entry in raw["countries"].items()})


class Tax:
    """More tax than the highest rate of the country gives. Needs tax, total, country and date to be surely read."""

    name = "tax"
    measured = False

    def __init__(self, least_confidence: float = 0.9) -> None:
        self.least = least_confidence

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        evidence = specimen.evidence
        names = ("tax", "total", "country", "date")
        if any(evidence.confidence(name) < self.least for name in names):
            return {}
        country, day = rates().countries.get(evidence.value("country") or ""), evidence.date
        tax, total = Decimal(evidence.value("tax") or "0"), Decimal(evidence.value("total") or "0")
        if country is None or day is None or day > rates().as_of or tax <= 0 or total <= 0:
            return {}
        period = country.at(day)
        # A tax is rounded on each item on some receipts; five units of the last place allow for that.
        slack = 5 * Decimal(1).scaleb(-minor_units(evidence.value("currency") or "XXX"))
        net = total - tax
        if tax <= period.highest * max(net, Decimal(0)) + slack:
            return {}
        share = f"{tax / net:.1%} of what it leaves" if net > 0 else "no less than all"
        rated = " or ".join(f"{rate.normalize():f} %" for rate in period.rates)
        sentence = (
            f"The tax {tax} is {share} of the total {total}; {evidence.value('country')} on {day} knew rates of "
            f"{rated}, at most {period.highest:.1%} in all."
        )
        places = tuple(specimen.field_place(name) for name in ("tax", "total"))
        return {"above_every_rate": Trace(0.7, sentence, places, ("tax", "total"))}
