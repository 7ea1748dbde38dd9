"""How strong a trace must be, from honest receipts: the table that comes with the package, and grades by it.

`calibration.json` is written by `tailor benchmark tampering-table`, out of receipts that nobody tampered with, as they
are and saved anew, and of simulated forgeries. Of each measured signal it holds the scale of each kind of trace (its
value at the stated rate of false alarms), the distribution of the strongest scaled trace of a receipt, and how many
forgeries of each kind exceed the threshold; of each fact how many honest receipts show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from extractor.policy.tampering.base import Trace

FALSE_ALARMS = 0.01
"""The rate of false alarms at which a signal's grade is 0.5."""

SHARES = (0.5, 0.9, 1 - FALSE_ALARMS, 1.0)
_GRADES = (0.0, 0.2, 0.5, 0.8)
FULL = 1.5
"""At so many times the strongest value seen on honest receipts, a grade is 1."""


FLAGGED, STRONG = 0.5, 0.8
"""The grade from which on a signal is told, the threshold of its stated rate of false alarms; and that of the strongest
honest receipt measured."""


class Rates(BaseModel):
    """How often one kind of trace shows: the shares of honest pictures, and of forgeries of each kind, with a grade of
    at least FLAGGED and of at least STRONG, those counted on which it could not look."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alarms: tuple[float, float]
    detection: dict[str, tuple[float, float]] = Field(default_factory=dict)


class SignalTable(BaseModel):
    """One signal's distribution on honest receipts, and how many forgeries it finds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    honest: int = Field(ge=0)
    """Honest receipts on which it could look."""
    scales: dict[str, float] = Field(default_factory=dict)
    quantiles: tuple[float, ...] = ()
    """The strongest scaled trace of a receipt at SHARES; empty for facts."""
    alarms: float = Field(default=0.0, ge=0, le=1)
    """The share of honest pictures with a grade of 0.5 or more, those counted on which it could not look."""
    detection: dict[str, float] = Field(default_factory=dict)
    """The share of forgeries of each kind with a grade of 0.5 or more, those counted on which it could not look."""
    kinds: dict[str, Rates] = Field(default_factory=dict)
    """The same by kind of trace: letters that differ in the total are another matter than such in an item."""

    def ratios(self, kind: str, grade: float) -> dict[str, float]:
        """By kind of forgery: how much more often it shows a trace of a kind, this strong, than honest receipts do.

        Of rates a count of one half more is taken (Jeffreys' rule): that no honest receipt of a few hundred shows a
        trace does not make it proof. A stronger trace never weighs less than a weaker one.
        """
        if grade < FLAGGED:
            return {}
        rates = self.kinds.get(kind) or Rates(
            alarms=(self.alarms, self.alarms),
            detection={name: (share, share) for name, share in self.detection.items()},
        )
        alarms = [(share * self.honest + 0.5) / (self.honest + 1) for share in rates.alarms]
        levels = (0, 1) if grade >= STRONG else (0,)
        return {
            name: max(shares[level] / alarms[level] for level in levels) for name, shares in rates.detection.items()
        }


class Calibration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    documents: int
    """Honest receipts of the training half, each as it is and saved anew."""
    forged: int
    """Of how many of them forgeries of each kind were made."""
    signals: dict[str, SignalTable]

    def grades(self, name: str, measured: bool, traces: Mapping[str, Trace]) -> dict[str, float]:
        """The grade of each kind of trace; of a measurement those alone that the table has a scale for."""
        if not measured:
            return {kind: min(trace.value, 1.0) for kind, trace in traces.items()}
        table = self.signals.get(name)
        if table is None or not table.quantiles:
            return {}
        return {
            kind: grade(trace.value / table.scales[kind], table.quantiles)
            for kind, trace in traces.items()
            if kind in table.scales
        }


def grade(value: float, quantiles: tuple[float, ...]) -> float:
    """0 for what half of all honest receipts show, 0.5 at the threshold, 0.8 for the strongest of them, 1 far beyond.

    >>> grade(3.0, (1.0, 2.0, 3.0, 4.0))
    0.5
    """
    points = [*quantiles, max(FULL * quantiles[-1], quantiles[-1] + 1e-6)]
    # Equal quantiles would leave it open which grade they have: the later, higher one counts.
    steps = [point + 1e-9 * index for index, point in enumerate(points)]
    return round(float(np.interp(value, steps, [*_GRADES, 1.0])), 4)


def loaded(text: str) -> Calibration:
    return Calibration.model_validate_json(text)


@cache
def shipped() -> Calibration:
    """The table that comes with the package."""
    return loaded(files("extractor.policy.tampering").joinpath("calibration.json").read_text(encoding="utf-8"))
