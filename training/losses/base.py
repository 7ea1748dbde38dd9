"""What a loss is: from one batch to one number a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from training.augment import Sample
from training.losses.registry import LOSSES, LossChoice, LossSettings
from training.students.base import Heads

UNKNOWN = -100
"""The target of what is not known."""


@dataclass(frozen=True)
class Batch:
    """What losses look at.

    `answers` are the student's logits: spans b × fields × n × n, absent b × fields, tags b × n × (1 + parts), begins
    b × n, inferred_NAME b × classes, and its inside: hidden b × n × width, summary b × width. `taught` are the same of
    the intermediate teacher on the same input, or None; `taught_heads` says what its answers stand for, which need not
    be what the student's stand for. `mask` b × n is true at words. `spans` names the span fields in order, `inferred`
    the classes of each inferred field. `progress` runs from 0 to 1 over the stage.
    """

    answers: Mapping[str, Tensor]
    mask: Tensor
    samples: Sequence[Sample]
    spans: Sequence[str]
    inferred: Mapping[str, Sequence[str]]
    progress: float = 0.0
    taught: Mapping[str, Tensor] | None = None
    taught_heads: Heads | None = None

    @property
    def device(self) -> torch.device:
        return self.mask.device

    def zeros(self) -> Tensor:
        """No loss, a document each, that still depends on every answer: a head that no loss of a stage asks has a
        gradient of zeros instead of none, for which several processes would wait."""
        touched = [answer.flatten(1)[:, 0].float() for answer in self.answers.values()]
        return torch.stack(touched).sum(dim=0) * 0.0


class Loss(Protocol):
    """One loss. It gives a value a document (b), so that documents weigh alike whatever their length, sources can be
    weighed by their losses, and several processes give the same sum as one. `Settings` is what a file may set.

    A loss that remembers (an adaptive weight) keeps plain numbers in `state`, which is saved with the run. A loss that
    compares with an intermediate teacher says so by a class attribute `needs_teacher = True`; a run that names such a
    loss and no teacher is refused.
    """

    Settings: ClassVar[type[LossSettings]]
    state: dict[str, Any]

    def __init__(self, settings: Any) -> None: ...

    def __call__(self, batch: Batch) -> Tensor: ...


def build_losses(chosen: Mapping[str, LossChoice]) -> dict[str, tuple[float, Loss]]:
    """The losses of a stage with their weights; those of weight 0 are left out."""
    built: dict[str, tuple[float, Loss]] = {}
    for name, choice in chosen.items():
        if choice.weight:
            kind = LOSSES[name]
            built[name] = (choice.weight, kind(kind.Settings.model_validate(choice.settings)))
    return built


def trust_of(sample: Sample, field: str) -> float:
    """How far the critic trusts the teacher's answer about a field, 1 where nobody asked it."""
    trust = sample.example.label.get("trust")
    if not isinstance(trust, Mapping):
        return 1.0
    return float(trust.get(field, 1.0))
