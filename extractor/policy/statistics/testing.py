"""Tests of two samples, in closed form and without scipy: each gives a p-value, 0–1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def rank_test(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p-value of Mann and Whitney's test (1947): normal approximation, ties and continuity corrected."""
    first, second = len(one), len(other)
    values = np.array([*one, *other], np.float64)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    u = float(ranks[:first].sum()) - first * (first + 1) / 2
    total = first + second
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    variance = first * second / 12 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(abs(u - first * second / 2) - 0.5, 0.0) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def at_least_binomial(hits: int, trials: int, chance: float) -> float:
    """P(X ≥ hits) for X binomial. Of two Poisson counts with one rate, the first is binomial given their sum."""
    if chance <= 0 or chance >= 1:
        return 1.0 if chance >= 1 or hits == 0 else 0.0
    logs = [
        _log_choose(trials, k) + k * math.log(chance) + (trials - k) * math.log1p(-chance)
        for k in range(hits, trials + 1)
    ]
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def fisher_above(hits: int, trials: int, usual_hits: int, usual_trials: int) -> float:
    """One-sided p-value of Fisher's exact test: that the first share is no greater than the second."""
    total, marked = trials + usual_trials, hits + usual_hits
    whole = _log_choose(total, trials)
    logs = [
        _log_choose(marked, k) + _log_choose(total - marked, trials - k) - whole
        for k in range(hits, min(trials, marked) + 1)
        if trials - k <= total - marked
    ]
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
