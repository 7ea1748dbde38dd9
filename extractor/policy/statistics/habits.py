"""Habits that changed: how much, how often, where, on which days and when a person spends, lately against before.

Each comparison is an ordinary test with a bound on its effect as well, so that neither a chance nor a trifle counts:
Mann and Whitney's rank test of amounts and times of day, the conditional binomial test of two rates, Fisher's exact
test of two shares.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from extractor.policy.statistics.expenses import Expense, shown
from extractor.policy.statistics.testing import at_least_binomial, fisher_above, rank_test

LATE_MINUTES = 4 * 60
"""The day of habits begins at four: a taxi at one in the morning belongs to the evening before."""

RATIO = 1.5
"""The least factor between two levels or rates that counts as a change."""

SHARE = 0.25
"""The least difference between two shares that counts as a change."""


@dataclass(frozen=True)
class Drift:
    """A person's habit that changed: which, how surely, in words, and the recent expenses that it concerns."""

    employee: str
    habit: str
    """amount, frequency, merchants, weekdays or hours."""
    p_value: float
    sentence: str
    members: tuple[Expense, ...]


def drifts(expenses: Sequence[Expense], *, days: int, least: int, p_value: float) -> Iterator[Drift]:
    """Changes of each person between the last `days` of the whole set and all the time before.

    A person needs `least` dated expenses on each side; before must be at least as long as lately.
    """
    dated: dict[str, list[Expense]] = defaultdict(list)
    for expense in expenses:
        if expense.employee and expense.date:
            dated[expense.employee].append(expense)
    if not dated:
        return
    end = max(expense.date for own in dated.values() for expense in own if expense.date)
    cut = end - dt.timedelta(days=days)
    for employee, own in dated.items():
        own.sort(key=lambda expense: expense.date or dt.date.min)
        before = [expense for expense in own if expense.date and expense.date <= cut]
        lately = [expense for expense in own if expense.date and expense.date > cut]
        if len(before) < least or len(lately) < least or (cut - (before[0].date or cut)).days < days:
            continue
        span = (cut - (before[0].date or cut)).days + 1
        found = (
            _amount(employee, before, lately),
            _frequency(employee, before, lately, span, days),
            _merchants(employee, before, lately),
            _weekdays(employee, before, lately),
            _hours(employee, before, lately, least),
        )
        yield from (drift for drift in found if drift is not None and drift.p_value <= p_value)


def _amount(employee: str, before: Sequence[Expense], lately: Sequence[Expense]) -> Drift | None:
    """The level of amounts, in the currency that occurs most often lately."""
    currencies = [expense.currency for expense in lately]
    currency = max(sorted(set(currencies)), key=currencies.count)
    old = [float(expense.amount.ln()) for expense in before if expense.currency == currency]
    new = [float(expense.amount.ln()) for expense in lately if expense.currency == currency]
    if min(len(old), len(new)) < 5:
        return None
    usual, level = float(np.median(old)), float(np.median(new))
    if abs(level - usual) < math.log(RATIO):
        return None
    sentence = (
        f"{employee}'s amounts changed: the median is {shown(math.exp(level), currency)} in the last {len(new)} "
        f"expenses, and was {shown(math.exp(usual), currency)} in the {len(old)} before."
    )
    members = [expense for expense in lately if expense.currency == currency]
    return Drift(employee, "amount", rank_test(old, new), sentence, tuple(members))


def _frequency(
    employee: str, before: Sequence[Expense], lately: Sequence[Expense], span: int, days: int
) -> Drift | None:
    rate, usual = len(lately) / days, len(before) / span
    if rate < RATIO * usual:
        return None
    p_value = at_least_binomial(len(lately), len(lately) + len(before), days / (days + span))
    sentence = (
        f"{employee} claims more often: {rate * 30:.1f} expenses in 30 days lately, {usual * 30:.1f} before "
        f"({len(lately)} in {days} days against {len(before)} in {span})."
    )
    return Drift(employee, "frequency", p_value, sentence, tuple(lately))


def _merchants(employee: str, before: Sequence[Expense], lately: Sequence[Expense]) -> Drift | None:
    """Whether more of the recent expenses are at merchants new to the person than was usual before."""
    half = len(before) // 2
    first = {expense.merchant for expense in before[:half]}
    second = [expense for expense in before[half:] if expense.merchant]
    known = {expense.merchant for expense in before}
    recent = [expense for expense in lately if expense.merchant]
    fresh = [expense for expense in recent if expense.merchant not in known]
    usual = sum(expense.merchant not in first for expense in second)
    if not recent or not second or len(fresh) / len(recent) - usual / len(second) < SHARE:
        return None
    sentence = (
        f"{employee} spends at new merchants: {len(fresh)} of the last {len(recent)} expenses; before, {usual} of "
        f"{len(second)} were new."
    )
    p_value = fisher_above(len(fresh), len(recent), usual, len(second))
    return Drift(employee, "merchants", p_value, sentence, tuple(fresh))


def _weekdays(employee: str, before: Sequence[Expense], lately: Sequence[Expense]) -> Drift | None:
    ends = [expense for expense in lately if expense.date and expense.date.weekday() >= 5]
    usual = sum(1 for expense in before if expense.date and expense.date.weekday() >= 5)
    if len(ends) / len(lately) - usual / len(before) < SHARE:
        return None
    sentence = (
        f"{employee} spends on weekends: {len(ends)} of the last {len(lately)} expenses; before, {usual} of "
        f"{len(before)}."
    )
    return Drift(employee, "weekdays", fisher_above(len(ends), len(lately), usual, len(before)), sentence, tuple(ends))


def _hours(employee: str, before: Sequence[Expense], lately: Sequence[Expense], least: int) -> Drift | None:
    timed = [expense for expense in lately if expense.minute is not None]
    old = [_from_four(expense.minute) for expense in before if expense.minute is not None]
    new = [_from_four(expense.minute) for expense in timed if expense.minute is not None]
    if min(len(old), len(new)) < least or abs(np.median(new) - np.median(old)) < 120:
        return None
    sentence = (
        f"{employee} spends at other hours: mostly about {_clock(float(np.median(new)))} in the last {len(new)} "
        f"expenses, about {_clock(float(np.median(old)))} in the {len(old)} before."
    )
    return Drift(employee, "hours", rank_test(old, new), sentence, tuple(timed))


def _from_four(minute: int) -> float:
    return float((minute - LATE_MINUTES) % 1440)


def _clock(minutes: float) -> str:
    day = (round(minutes) + LATE_MINUTES) % 1440
    return f"{day // 60:02}:{day % 60:02}"
