"""The examiner of statistics: from expenses that stand out to observations."""

from __future__ import annotations

import statistics as stdlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.policy.cases import Case, Observation, Situation
from extractor.policy.statistics.benford import NONCONFORMITY, first_digits
from extractor.policy.statistics.expenses import Expense, expenses
from extractor.policy.statistics.forest import isolated
from extractor.policy.statistics.habits import drifts
from extractor.policy.statistics.outliers import RULES, Outlier, outliers

Kind = Literal["outliers", "forest", "benford", "habits"]
Severity = Literal["low", "medium", "high"]

FOREST, BENFORD, HABITS = "unusual_expense", "benford", "habit_changed"

RELIABILITY = {"outliers": 0.5, "forest": 0.3, "benford": 0.25, "habits": 0.3}
"""How much a finding of each kind is worth by itself: set low by judgement, not measured, as what is rare is seldom
wrong."""


class StatisticsSettings(BaseModel):
    """What is asked, and from which counts on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Kind, ...] = ("outliers", "forest", "benford", "habits")
    least_confidence: float = Field(default=0.9, ge=0, le=1)
    """Values read with less confidence count for nothing."""

    outlier_least: int = Field(default=8, ge=4)
    """Other expenses that a merchant, category or person needs in that currency."""
    outlier_threshold: float = Field(default=5.0, gt=0)
    """Robust standard deviations of log amounts; 3.5 is usual for symmetric data, expenses have longer tails."""
    outlier_extreme: float = Field(default=8.0, gt=0)
    """From here on severity is medium."""
    outlier_below: bool = False
    """Whether what costs far less than usual is told, too."""

    forest_least: int = Field(default=60, ge=20)
    forest_share: float = Field(default=0.01, gt=0, le=0.1)
    """The most that it may name, of all expenses."""
    forest_margin: float = Field(default=4.0, gt=0)
    """Robust standard deviations above the usual score."""
    seed: int = 0

    benford_least: int = Field(default=300, ge=100)
    """Amounts of one person; with fewer the shares of nine digits say nothing."""
    benford_magnitudes: float = Field(default=1.5, ge=1)
    """Powers of ten between the 5th and the 95th percentile."""
    benford_p: float = Field(default=0.001, gt=0, lt=1)

    habit_days: int = Field(default=60, ge=7)
    habit_least: int = Field(default=10, ge=5)
    """Expenses of a person lately, and as many before."""
    habit_p: float = Field(default=0.001, gt=0, lt=1)


class Statistics:
    """Looks at all cases together; findings are of severity low, and medium only where an amount is extreme.

    Raises MissingExtra where the forest is asked for, has enough to look at, and scikit-learn is not installed.
    """

    def __init__(self, settings: StatisticsSettings | None = None) -> None:
        self.settings = settings or StatisticsSettings()

    @property
    def rules(self) -> Sequence[str]:
        names: dict[str, tuple[str, ...]] = {
            "outliers": tuple(RULES.values()),
            "forest": (FOREST,),
            "benford": (BENFORD,),
            "habits": (HABITS,),
        }
        return tuple(rule for kind, rules in names.items() if kind in self.settings.kinds for rule in rules)

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        known = expenses(cases, self.settings.least_confidence)
        asked = {
            "outliers": self._outliers,
            "forest": self._forest,
            "benford": self._benford,
            "habits": self._habits,
        }
        for kind, look in asked.items():
            if kind in self.settings.kinds:
                yield from look(known)

    def _outliers(self, known: Sequence[Expense]) -> Iterator[tuple[str, Observation]]:
        chosen = self.settings
        found = outliers(
            known, least=chosen.outlier_least, threshold=chosen.outlier_threshold, below=chosen.outlier_below
        )
        for outlier in found:
            medium = outlier.score >= chosen.outlier_extreme
            yield _observed(
                outlier.expense,
                RULES[outlier.group],
                outlier.sentence,
                reliability=RELIABILITY["outliers"],
                severity="medium" if medium else "low",
                at_stake=_excess(outlier),
            )

    def _forest(self, known: Sequence[Expense]) -> Iterator[tuple[str, Observation]]:
        chosen = self.settings
        if len(known) < chosen.forest_least:
            return
        for found in isolated(known, share=chosen.forest_share, margin=chosen.forest_margin, seed=chosen.seed):
            yield _observed(found.expense, FOREST, found.sentence, reliability=RELIABILITY["forest"])

    def _benford(self, known: Sequence[Expense]) -> Iterator[tuple[str, Observation]]:
        chosen = self.settings
        for found in first_digits(known, least=chosen.benford_least, magnitudes=chosen.benford_magnitudes):
            if found.p_value <= chosen.benford_p and found.deviation > NONCONFORMITY:
                yield _of_many(found.members, BENFORD, found.sentence, RELIABILITY["benford"])

    def _habits(self, known: Sequence[Expense]) -> Iterator[tuple[str, Observation]]:
        chosen = self.settings
        for found in drifts(known, days=chosen.habit_days, least=chosen.habit_least, p_value=chosen.habit_p):
            yield _of_many(found.members, HABITS, found.sentence, RELIABILITY["habits"])


def _observed(
    expense: Expense,
    rule: str,
    sentence: str,
    *,
    reliability: float,
    severity: Severity = "low",
    at_stake: Decimal | None = None,
    related: tuple[str, ...] = (),
) -> tuple[str, Observation]:
    observation = Observation(
        rule=rule,
        severity=severity,
        message=sentence,
        fields=["total"],
        confidence=round(reliability * expense.confidence, 4),
        places=expense.places,
        at_stake=None if at_stake is None else f"{at_stake:f}",
        currency=expense.currency if at_stake is not None and expense.money.known else None,
        related=related,
    )
    return expense.case, observation


def _of_many(members: Sequence[Expense], rule: str, sentence: str, reliability: float) -> tuple[str, Observation]:
    """A finding about several expenses is told once, at the largest of them (the first of equals); the others are
    related."""
    currency = max(sorted({each.currency for each in members}), key=[each.currency for each in members].count)
    largest = max((each for each in members if each.currency == currency), key=lambda each: each.amount)
    related = tuple(each.case for each in members if each is not largest)
    return _observed(largest, rule, sentence, reliability=reliability, related=related)


def _excess(outlier: Outlier) -> Decimal | None:
    """What was paid above the exact median of the others."""
    if outlier.score < 0:
        return None
    usual = stdlib.median(outlier.others)
    return max((outlier.expense.amount - usual), Decimal(0)).quantize(outlier.expense.amount)
