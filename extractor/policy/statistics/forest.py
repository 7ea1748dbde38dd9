"""Expenses that are easy to tell apart from all others: an isolation forest (Liu, Ting and Zhou 2008), with its
reasons.

How much each feature moved a score is found by putting the median in its place and scoring again: what the score loses
is that feature's share. The forest is grown from a fixed seed; the same expenses give the same scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractor.errors import MissingExtra
from extractor.policy.statistics.expenses import Expense
from extractor.policy.statistics.features import FEATURES, said, table

TREES = 200
REASONS = 4
"""The most that are named."""


@dataclass(frozen=True)
class Reason:
    """A feature that moved a score: by how much, and in words."""

    feature: str
    share: float
    """Of what all features that raised the score raised it by, 0–1."""
    words: str


@dataclass(frozen=True)
class Isolated:
    """An expense unlike the others: its score (0–1, about 0.4 is usual), what is usual, and why."""

    expense: Expense
    score: float
    usual: float
    reasons: tuple[Reason, ...]

    @property
    def sentence(self) -> str:
        moved = "; ".join(f"{reason.words} ({reason.share:.0%})" for reason in self.reasons)
        return (
            f"{self.expense.money} is unlike the other expenses taken together (score {self.score:.2f}, usual "
            f"{self.usual:.2f}). What sets it apart: {moved}."
        )


def isolated(expenses: Sequence[Expense], *, share: float, margin: float, seed: int) -> Iterator[Isolated]:
    """The expenses that stand out most, at most `share` of all, and only those whose score is `margin` robust standard
    deviations above the usual one.

    Raises MissingExtra without scikit-learn.
    """
    forest_type = _forest_type()
    made = table(expenses)
    forest = forest_type(n_estimators=TREES, random_state=seed, n_jobs=1).fit(made.values)
    scores = -np.asarray(forest.score_samples(made.values), np.float64)
    usual = float(np.median(scores))
    spread = max(1.4826 * float(np.median(np.abs(scores - usual))), 1e-3)
    order = np.argsort(-scores, kind="stable")[: int(share * len(scores))]
    medians = made.medians
    for index in order:
        if scores[index] < usual + margin * spread:
            return
        shares = _shares(forest, made.values[index], medians, float(scores[index]))
        reasons = tuple(
            Reason(
                FEATURES[at], float(shares[at]), said(FEATURES[at], float(made.values[index, at]), float(medians[at]))
            )
            for at in np.argsort(-shares, kind="stable")[:REASONS]
            if shares[at] >= 0.05 and made.known[index, at]
        )
        if reasons:
            yield Isolated(expenses[index], float(scores[index]), usual, reasons)


def _shares(
    forest: object, row: npt.NDArray[np.float64], medians: npt.NDArray[np.float64], score: float
) -> npt.NDArray[np.float64]:
    """How much of the score goes when a feature takes its median, as shares of all such losses."""
    ablated = np.tile(row, (len(row), 1))
    np.fill_diagonal(ablated, medians)
    losses = np.maximum(score + np.asarray(forest.score_samples(ablated), np.float64), 0.0)  # type: ignore[attr-defined]
    total = float(losses.sum())
    return losses / total if total > 0 else losses


def _forest_type() -> type:
    try:
        from sklearn.ensemble import IsolationForest
    except ImportError as error:
        raise MissingExtra(
            "The isolation forest needs scikit-learn, which is not installed.", hint="Run: pip install 'tailor[audit]'"
        ) from error
    found: type = IsolationForest
    return found
