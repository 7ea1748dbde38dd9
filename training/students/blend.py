"""A student whose weights are the mean of several that come from one another.

The weights of runs that went on from one run lie in one basin, so that their mean is a student, too, and often a better
one (Wortsman et al., "Model soups", 2022). Of students that began apart it is none: see `training.students.ensemble`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from extractor.errors import UsageError
from training.students.base import Student
from training.students.build import load_student


def blended(folder: Path, others: Mapping[Path, float]) -> Student:
    """The student of `folder` with the weights of `others` blended in by their shares; the rest is its own.

    Raises UsageError where the shares leave nothing of it, or the students are of other sizes.
    """
    own = 1 - sum(others.values())
    if others and (own <= 0 or min(others.values()) <= 0):
        raise UsageError(
            "The shares of blended runs are above 0 and below 1 together.", hint="For instance --blend runs/later=0.25."
        )
    student = load_student(folder)
    mean = _shared(student.state_dict(), own)
    for path, share in others.items():
        weights = load_student(path).state_dict()
        if {name: each.shape for name, each in _shared(weights, share).items()} != {
            name: each.shape for name, each in mean.items()
        }:
            raise UsageError(
                f"The student of {path} has other sizes than that of {folder}.", hint="Blend runs that began from one."
            )
        mean = {name: mean[name] + each for name, each in _shared(weights, share).items()}
    student.load_state_dict(mean, strict=False)  # counters and the like are no weights: they stay
    return student


def _shared(weights: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    return {name: each.float() * share for name, each in weights.items() if each.is_floating_point()}
