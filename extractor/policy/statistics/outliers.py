"""Amounts far from what their merchant, their category or their claimant usually costs.

Amounts spread over orders of magnitude and lean to the right, so that logarithms are compared: with the median, in
units of the median absolute deviation (MAD × 1.4826; Hampel 1974, "modified z-score" of Iglewicz and Hoaglin 1993).
Neither is moved by the outliers looked for. Currencies are never mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from extractor.policy.statistics.expenses import Expense, shown

RULES = {"merchant": "outlier_merchant", "category": "outlier_category", "person": "outlier_person"}
FLOOR = 0.15
"""The least spread, in nepers: a price that hardly ever moves is no reason to call 15 % more an outlier."""


@dataclass(frozen=True)
class Outlier:
    """An expense far above or below its group; `score` is in robust standard deviations, positive above."""

    expense: Expense
    group: str
    """merchant, category or person."""
    score: float
    others: tuple[Decimal, ...]
    """The amounts of its group without its own."""
    sentence: str


def outliers(expenses: Sequence[Expense], *, least: int, threshold: float, below: bool = False) -> Iterator[Outlier]:
    """Every expense whose score reaches the threshold in a group of at least `least` others, group by group.

    The expense itself is left out of its group. `below` also tells of what is far less than usual.
    """
    for name, key in _GROUPS.items():
        groups: dict[tuple[str, ...], list[Expense]] = defaultdict(list)
        for expense in expenses:
            if key(expense):
                groups[(*key(expense), expense.currency)].append(expense)
        for members in groups.values():
            if len(members) > least:
                yield from _of_group(name, members, threshold, below)


def _of_group(name: str, members: Sequence[Expense], threshold: float, below: bool) -> Iterator[Outlier]:
    logs = np.array([float(expense.amount.ln()) for expense in members])
    for index, expense in enumerate(members):
        others = np.delete(logs, index)
        middle = float(np.median(others))
        spread = max(1.4826 * float(np.median(np.abs(others - middle))), FLOOR)
        score = (float(logs[index]) - middle) / spread
        if score >= threshold or (below and score <= -threshold):
            usual, low, high = (float(np.exp(middle + spread * step)) for step in (0, -2, 2))
            sentence = (
                f"{expense.money} is far {'more' if score > 0 else 'less'} than usual {_WHERE[name](expense)}: the "
                f"median of {len(others)} others is {shown(usual, expense.currency)}, and most lie between "
                f"{shown(low, expense.currency)} and {shown(high, expense.currency)} ({abs(score):.1f} robust standard "
                "deviations)."
            )
            amounts = tuple(other.amount for other in members if other is not expense)
            yield Outlier(expense, name, score, amounts, sentence)


_GROUPS: dict[str, Callable[[Expense], tuple[str, ...]]] = {
    "merchant": lambda expense: (expense.merchant,) if expense.merchant else (),
    "category": lambda expense: (expense.category,) if expense.category else (),
    "person": lambda expense: (expense.employee, expense.category) if expense.employee and expense.category else (),
}
_WHERE: dict[str, Callable[[Expense], str]] = {
    "merchant": lambda expense: f"at {expense.shown_merchant}",
    "category": lambda expense: f"for {expense.category.replace('_', ' ')}",
    "person": lambda expense: f"for {expense.employee} and {expense.category.replace('_', ' ')}",
}
