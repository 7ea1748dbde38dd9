"""Does a confidence mean what it says? Fitted on one half of dev, measured on the other, both ways round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractor.student.artifact import SUREST
from training.benchmark.corpus import half_of
from training.benchmark.report import Figure

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Claim:
    """One value that was read, with the confidence it was read with, and whether it was right."""

    id: str
    field: str
    confidence: float
    correct: bool


def logit(confidence: Floats) -> Floats:
    held = np.clip(confidence, SUREST, 1 - SUREST)
    return np.asarray(np.log(held / (1 - held)), np.float64)


def fit_platt(scores: Floats, correct: npt.NDArray[np.bool_], steps: int = 50) -> tuple[float, float]:
    """(a, b) of the sigmoid of a·score + b that explains `correct` best.

    Newton's method on the smoothed targets of Platt, "Probabilistic outputs for support vector machines" (1999),
    section 2.2, which keep the fit finite where every answer is right. Being affine in the logit, the fit undoes any
    calibration of that kind that was shipped, so that the other half of dev can't leak in through it: hence hardly any
    ridge, just enough for a solvable system where all scores are equal.
    """
    right, wrong = int(correct.sum()), int((~correct).sum())
    targets = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    prior, ridge = np.array([1.0, 0.0]), np.array([1e-4, 1e-4])
    weights = prior.copy()
    for _ in range(steps):
        chances = sigmoid(design @ weights)
        gradient = design.T @ (chances - targets) + ridge * (weights - prior)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0]), float(weights[1])


def sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float64)


def cross_error(claims: Sequence[Claim], error: Callable[[Sequence[float], Sequence[bool]], float]) -> float | None:
    """The mean error of a calibration fitted on each half and measured on the other; None where a half is empty."""
    halves = [[claim for claim in claims if half_of(claim.id) == half] for half in (0, 1)]
    if not all(halves):
        return None
    measured = []
    for fitted, held_out in (halves, halves[::-1]):
        a, b = fit_platt(*_arrays(fitted))
        scores, correct = _arrays(held_out)
        measured.append(error(sigmoid(a * scores + b).tolist(), correct.tolist()))
    return float(np.mean(measured))


def figures(
    claims: Sequence[Claim], error: Callable[[Sequence[float], Sequence[bool]], float], asked: float = 0.05
) -> list[Figure]:
    """For each field: the error across halves (asked of `total`), and that of the confidences as they are shipped."""
    made: list[Figure] = []
    for field in sorted({claim.field for claim in claims}, key=lambda name: (name != "total", name)):
        held = [claim for claim in claims if claim.field == field]
        crossed = cross_error(held, error)
        made.append(
            Figure(
                f"calibration error, {field}, across halves",
                crossed,
                asked if field == "total" else None,
                at_most=True,
                n=len(held),
                note="" if crossed is not None else "a half of dev has no values",
            )
        )
        shipped = error([claim.confidence for claim in held], [claim.correct for claim in held])
        made.append(Figure(f"calibration error, {field}, as shipped", shipped, n=len(held)))
    return made


def _arrays(claims: Sequence[Claim]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    confidences = np.array([claim.confidence for claim in claims], np.float64)
    return logit(confidences), np.array([claim.correct for claim in claims], np.bool_)
