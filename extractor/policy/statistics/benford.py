"""Benford's law: invented amounts rarely begin with 1 as often as real ones do. Asked only where the counts allow.

First digits follow Benford's law (Newcomb 1881, Benford 1938) where amounts spread over orders of magnitude. The test
is Pearson's chi-square with eight degrees of freedom; beside it stands the mean absolute deviation with Nigrini's
bounds (2012), which, unlike a p-value, does not shrink just because there is much to count.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.policy.statistics.expenses import Expense

EXPECTED = {digit: math.log10(1 + 1 / digit) for digit in range(1, 10)}
NONCONFORMITY = 0.015
"""Nigrini's bound of the mean absolute deviation for first digits: above it, the law is not followed."""


@dataclass(frozen=True)
class FirstDigits:
    """How the first digits of one person's amounts in one currency stand to Benford's law."""

    employee: str
    currency: str
    count: int
    chi_square: float
    p_value: float
    deviation: float
    """Mean absolute deviation of the nine shares."""
    excess: int
    """The digit that is most in excess."""
    excess_share: float
    members: tuple[Expense, ...]

    @property
    def sentence(self) -> str:
        found = f"{self.excess_share:.0%} of {self.employee}'s {self.count} amounts in {self.currency}"
        test = f"p = {self.p_value:.1g}, mean deviation {self.deviation:.3f}"
        return (
            f"{found} begin with {self.excess}; {EXPECTED[self.excess]:.0%} would be expected (Benford's law; {test}). "
            "A price paid again and again does that, too: look at those amounts."
        )


def first_digits(expenses: Sequence[Expense], *, least: int, magnitudes: float) -> Iterator[FirstDigits]:
    """The test of each person and currency with at least `least` amounts that span `magnitudes` powers of ten (5th to
    95th percentile); others are not tested, because the law says nothing about them."""
    groups: dict[tuple[str, str], list[Expense]] = defaultdict(list)
    for expense in expenses:
        if expense.employee:
            groups[expense.employee, expense.currency].append(expense)
    for (employee, currency), members in groups.items():
        if len(members) >= least and _span([member.amount for member in members]) >= magnitudes:
            yield _tested(employee, currency, members)


def _span(amounts: Sequence[Decimal]) -> float:
    ordered = sorted(amounts)
    low, high = ordered[len(ordered) // 20], ordered[-1 - len(ordered) // 20]
    return float((high / low).log10())


def _tested(employee: str, currency: str, members: Sequence[Expense]) -> FirstDigits:
    counts = Counter(first_digit(member.amount) for member in members)
    total = len(members)
    chi = sum((counts[digit] - total * share) ** 2 / (total * share) for digit, share in EXPECTED.items())
    deviation = sum(abs(counts[digit] / total - share) for digit, share in EXPECTED.items()) / 9
    excess = max(EXPECTED, key=lambda digit: counts[digit] / total - EXPECTED[digit])
    own = tuple(member for member in members if first_digit(member.amount) == excess)
    return FirstDigits(
        employee, currency, total, chi, chi_square_tail(chi), deviation, excess, counts[excess] / total, own
    )


def first_digit(amount: Decimal) -> int:
    """The first digit that is not 0, of a positive amount."""
    return next(digit for digit in amount.as_tuple().digits if digit)


def chi_square_tail(chi: float) -> float:
    """P(χ² ≥ chi) with eight degrees of freedom: in closed form, as the degrees are even."""
    half = chi / 2
    return math.exp(-half) * sum(half**k / math.factorial(k) for k in range(4))
