"""What an isolation forest looks at: a few named numbers for each expense, each with words for what it says."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from extractor.policy.statistics.expenses import Expense

FEATURES = (
    "category_level",
    "merchant_level",
    "person_level",
    "roundness",
    "weekend",
    "hour",
    "rarity",
    "same_day",
    "pause",
)

MEANING = {
    "category_level": "amount against the median of its category",
    "merchant_level": "amount against the median of its merchant",
    "person_level": "amount against the median of its claimant",
    "roundness": "round sum",
    "weekend": "weekend",
    "hour": "time of day",
    "rarity": "how seldom the merchant occurs",
    "same_day": "expenses of the same person on that day",
    "pause": "days since the person's expense before",
}
"""What each feature measures."""


@dataclass(frozen=True)
class Table:
    """One row an expense, one column a feature (FEATURES). Where a value is not known, the column's median stands."""

    values: npt.NDArray[np.float64] = field(repr=False)
    known: npt.NDArray[np.bool_] = field(repr=False)

    @property
    def medians(self) -> npt.NDArray[np.float64]:
        return np.asarray(np.median(self.values, axis=0), np.float64)


_Column = list[float | None]


def table(expenses: Sequence[Expense]) -> Table:
    columns: list[_Column] = [
        _levels(expenses, lambda expense: expense.category),
        _levels(expenses, lambda expense: expense.merchant),
        _levels(expenses, lambda expense: expense.employee),
        [float(roundness(expense)) for expense in expenses],
        [None if expense.date is None else float(expense.date.weekday() >= 5) for expense in expenses],
        [None if expense.minute is None else expense.minute / 60 for expense in expenses],
        _rarity(expenses),
        _same_day(expenses),
        _pauses(expenses),
    ]
    raw = np.array([[math.nan if value is None else value for value in column] for column in columns], np.float64).T
    known = ~np.isnan(raw)
    medians = [float(np.median(raw[known[:, at], at])) if known[:, at].any() else 0.0 for at in range(raw.shape[1])]
    return Table(np.where(known, raw, np.array(medians)), known)


def roundness(expense: Expense) -> int:
    """How many of an amount's digits, from the right of its minor units, are 0: 50.00 has 3, 12.30 has 1, 12.34
    none."""
    digits = f"{expense.money.rounded().amount:f}".replace(".", "")
    return len(digits) - len(digits.rstrip("0"))


def said(feature: str, value: float, usual: float) -> str:
    """A feature's value in words, beside what is usual."""
    match feature:
        case "category_level" | "merchant_level" | "person_level":
            group = {"category_level": "its category", "merchant_level": "its merchant", "person_level": "its claimant"}
            times = math.exp(value)
            return f"{times:.{0 if times >= 10 else 1 if times >= 1 else 2}f} times the median of {group[feature]}"
        case "roundness":
            return f"ends in {value:.0f} zeros (usual: {usual:.0f})"
        case "weekend":
            return "on a weekend" if value else "on a working day"
        case "hour":
            return f"at {_clock(value)} (usual: {_clock(usual)})"
        case "rarity":
            return f"a merchant of {math.exp(-value):.1%} of all expenses (usual: {math.exp(-usual):.1%})"
        case "same_day":
            return f"{value:.0f} expenses of that person on that day (usual: {usual:.0f})"
        case _:
            return f"{math.expm1(value):.0f} days after the person's expense before (usual: {math.expm1(usual):.0f})"


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _levels(expenses: Sequence[Expense], key: Callable[[Expense], str], least: int = 4) -> _Column:
    """Log of the amount over the median of its group and currency; None where the group is small or unnamed."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for expense in expenses:
        if key(expense):
            groups[key(expense), expense.currency].append(float(expense.amount.ln()))
    medians = {name: float(np.median(logs)) for name, logs in groups.items() if len(logs) >= least}
    return [
        float(expense.amount.ln()) - medians[key(expense), expense.currency]
        if (key(expense), expense.currency) in medians
        else None
        for expense in expenses
    ]


def _rarity(expenses: Sequence[Expense]) -> _Column:
    counts = Counter(expense.merchant for expense in expenses if expense.merchant)
    total = sum(counts.values())
    return [math.log(total / counts[expense.merchant]) if expense.merchant else None for expense in expenses]


def _same_day(expenses: Sequence[Expense]) -> _Column:
    counts = Counter((expense.employee, expense.date) for expense in expenses)
    return [
        float(counts[expense.employee, expense.date]) if expense.employee and expense.date else None
        for expense in expenses
    ]


def _pauses(expenses: Sequence[Expense]) -> _Column:
    days: dict[str, list[dt.date]] = defaultdict(list)
    for expense in expenses:
        if expense.employee and expense.date:
            days[expense.employee].append(expense.date)
    before = {name: _before(dates) for name, dates in days.items()}
    return [
        before[expense.employee].get(expense.date) if expense.employee and expense.date else None
        for expense in expenses
    ]


def _before(dates: Iterable[dt.date]) -> dict[dt.date, float]:
    ordered = sorted(set(dates))
    return {late: math.log1p((late - early).days) for early, late in pairwise(ordered)}
