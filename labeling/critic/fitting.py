"""Fitting the critic: logistic regressions on labels whose truth is known, and on errors planted into others.

Ground truth exists for four fields of scanned Malaysian receipts; the other fields and photographs have none. There the
teacher's labels are taken for right and errors are planted (`planted.py`); they weigh less. Afterwards each family's
odds are calibrated on the documents with truth alone (Platt 1999, his smoothed targets), out of fold.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from extractor.errors import MissingExtra
from extractor.truth import Truth
from labeling.critic.evidence import Case, Judged, judge
from labeling.critic.family import FAMILIES, STUDENT
from labeling.critic.model import Critic, Judgement
from labeling.critic.planted import plant
from labeling.critic.truths import MEASURED, wrong

FOLDS = 5
ASSUMED_WRONG = 0.05
"""The share of wrong values where no truth tells it."""

PLANTED_WEIGHT, ASSUMED_WEIGHT = 0.1, 0.25
STRENGTH = 0.1
"""Inverse of the L2 penalty, on evidence scaled to unit variance."""

FEW = 5
"""With fewer wrong values of a family than this, only the bias is calibrated."""

LEAST_WRONG = 0.01
"""The share of wrong values that such a family is taken to have at least: other documents are harder than scans."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One judged value. `source`: truth (ground truth says whether it is wrong), assumed (taken for right), planted."""

    document: str
    field: str
    judged: Judged
    wrong: bool
    source: Literal["truth", "assumed", "planted"]


def rows_of(
    case: Case, label: Mapping[str, Any], truth: Truth | None, others: Sequence[Mapping[str, Any]], seed: int = 0
) -> list[Row]:
    """The rows of one document: each field as labelled, and once with a planted error."""
    name = str(label["id"])
    draw = random.Random(f"{seed}/{name}")
    found = []
    for field, each in judge(case, label).items():
        fault = wrong(field, label, truth) if truth is not None and field in MEASURED else None
        found.append(Row(name, field, each, bool(fault), "assumed" if fault is None else "truth"))
        planted = None if fault else plant(case.sheet, label, field, case.task, others, draw)
        if planted is not None:
            found.append(Row(name, field, judge(case, planted, [field])[field], True, "planted"))
    return found


def fit(rows: Sequence[Row], evaluation: Mapping[str, float] | None = None) -> Critic:
    """The critic of these rows, one model a family, with and without the student's evidence.

    Raises MissingExtra without scikit-learn, ValueError where a family has no rows.
    """
    parts: dict[bool, dict[str, Judgement]] = {False: {}, True: {}}
    for family in FAMILIES:
        own = [row for row in rows if row.judged.family == family]
        for student in (False, True):
            parts[student][family] = _fitted(own, family, student)
    return Critic(plain=parts[False], student=parts[True], evaluation=dict(evaluation or {}))


def out_of_fold(
    rows: Sequence[Row], *, student: bool, group: Callable[[Row], str] = lambda row: row.document, folds: int = FOLDS
) -> Floats:
    """The trust of each row by a critic that was fitted without its group (its document, or its shop)."""
    trusts = np.zeros(len(rows))
    place = np.array([fold_of(group(row), folds) for row in rows])
    for fold in range(folds):
        learnt = [row for row, at in zip(rows, place, strict=True) if at != fold]
        judgements = {
            family: _fitted([row for row in learnt if row.judged.family == family], family, student)
            for family in {row.judged.family for row in rows}
        }
        for at in np.flatnonzero(place == fold):
            trusts[at] = _sigmoid(judgements[rows[at].judged.family](rows[at].judged.numbers))
    return trusts


def fold_of(name: str, folds: int = FOLDS) -> int:
    return zlib.crc32(name.encode()) % folds


def _sigmoid(odds: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-odds))


def _fitted(rows: Sequence[Row], family: str, student: bool) -> Judgement:
    known = {**FAMILIES[family], **(STUDENT if student else {})}
    names, signs = tuple(known), tuple(known.values())
    raw, wrongs, weights = _table(rows, names)
    means = np.array([_mean(column) for column in raw.T])
    scales = np.array([_spread(column) for column in raw.T])
    scaled = np.nan_to_num((raw - means) / scales)
    weight, bias = _regression(scaled, wrongs, weights, signs)
    slope, offset = _calibration(rows, scaled, wrongs, weights, signs)
    return Judgement(
        bias=round(float(slope * bias + offset), 5),
        weights={
            name: round(float(slope * each / scale), 5) for name, each, scale in zip(names, weight, scales, strict=True)
        },
        means={name: round(float(mean), 5) for name, mean in zip(names, means, strict=True)},
    )


def _table(rows: Sequence[Row], names: Sequence[str]) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    """Evidence (rows × names), whether wrong, and the weight of each row."""
    raw = np.array([[row.judged.numbers[name] for name in names] for row in rows], np.float64).reshape(-1, len(names))
    wrongs = np.array([row.wrong for row in rows], bool)
    sources = np.array([row.source for row in rows])
    weights = np.where(sources == "assumed", ASSUMED_WEIGHT, 1.0)
    if not (sources == "truth").any():
        weights[:] = 1.0
    planted = sources == "planted"
    if planted.any():
        weights[planted] = PLANTED_WEIGHT * weights[~planted].sum() / planted.sum()
    return raw, wrongs, weights


def _mean(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else 0.0


def _spread(column: Floats) -> float:
    known = column[~np.isnan(column)]
    # What hardly ever differs must not blow up when it does.
    return max(float(known.std()), 0.05) if len(known) else 1.0


def _regression(
    scaled: Floats, wrongs: npt.NDArray[np.bool_], weights: Floats, signs: Sequence[int]
) -> tuple[Floats, float]:
    """Logistic regression with an L2 penalty, each weight held to its sign; the odds are those of a right value."""
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        hint = "Run: pip install 'tailor[labeling]'"
        raise MissingExtra("Fitting a critic needs scipy, which is not installed.", hint=hint) from error
    design = np.hstack([scaled, np.ones((len(scaled), 1))])
    side = np.where(wrongs, -1.0, 1.0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        margin = side * (design @ beta)
        value = weights @ np.logaddexp(0.0, -margin) + beta[:-1] @ beta[:-1] / (2 * STRENGTH)
        slope = -weights * side * _sigmoid(-margin)
        return float(value), design.T @ slope + np.append(beta[:-1] / STRENGTH, 0.0)

    bounds = [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs] + [(None, None)]
    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:-1], np.float64), float(found.x[-1])


def _calibration(
    rows: Sequence[Row], scaled: Floats, wrongs: npt.NDArray[np.bool_], weights: Floats, signs: Sequence[int]
) -> tuple[float, float]:
    """Slope and offset from a family's odds to calibrated ones, from odds out of fold on the rows with truth; where
    there are none, the offset at which `ASSUMED_WRONG` of the values taken for right are held wrong."""
    sources = np.array([row.source for row in rows])
    place = np.array([fold_of(row.document) for row in rows])
    odds = np.zeros(len(rows))
    for fold in range(FOLDS):
        out = place == fold
        if out.any():
            weight, bias = _regression(scaled[~out], wrongs[~out], weights[~out], signs)
            odds[out] = scaled[out] @ weight + bias
    real = sources == "truth"
    if not real.any():
        return 1.0, _offset(odds[sources == "assumed"], 1.0 - ASSUMED_WRONG)
    bad, good = int(wrongs[real].sum()), int((~wrongs[real]).sum())
    targets = np.where(wrongs[real], 1.0 / (bad + 2), (good + 1) / (good + 2))
    if bad < FEW:
        return 1.0, _offset(odds[real], min(float(targets.mean()), 1.0 - LEAST_WRONG))
    return _platt(odds[real], targets)


def _offset(odds: Floats, mean: float) -> float:
    """What to add to all odds so that their mean probability is `mean` (bisection)."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _sigmoid(odds + middle).mean() < mean else (low, middle)
    return (low + high) / 2


def _platt(odds: Floats, targets: Floats) -> tuple[float, float]:
    """Newton's method on the cross-entropy of sigmoid(slope · odds + offset), held near slope 1."""
    design = np.stack([odds, np.ones_like(odds)], axis=1)
    beta = np.array([1.0, 0.0])
    for _ in range(50):
        chance = _sigmoid(design @ beta)
        slack = beta - np.array([1.0, 0.0])
        gradient = design.T @ (chance - targets) + np.array([1.0, 0.0]) * slack
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag([1.0, 1e-6])
        beta = beta - np.linalg.solve(curve, gradient)
    return max(float(beta[0]), 0.1), float(beta[1])
