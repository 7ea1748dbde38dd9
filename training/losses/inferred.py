"""Inferred fields: one class of the whole document."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from training.losses.base import UNKNOWN, Batch, trust_of
from training.losses.registry import LOSSES, LossSettings


class InferredFields:
    """A value a field from its class and the logits, summed over the fields, each weighed by trust. A value that is no
    class teaches nothing."""

    Settings: ClassVar[type[LossSettings]] = LossSettings

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        total = batch.zeros()
        for field, kinds in batch.inferred.items():
            wanted, trust = inferred_targets(batch, field, kinds)
            values = self.values(batch.answers[f"inferred_{field}"].float(), wanted)
            total = total + torch.where(wanted == UNKNOWN, torch.zeros_like(values), values) * trust
        return total

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        """A value a document (b) from logits b × classes and the wanted classes b, some of them UNKNOWN."""
        raise NotImplementedError


class InferredSettings(LossSettings):
    smoothing: float = Field(default=0.05, ge=0, lt=1, description="label smoothing")


@LOSSES.register("inferred")
class Inferred(InferredFields):
    """Cross-entropy of each field's class, summed over the fields. A value that is no class teaches nothing."""

    Settings = InferredSettings

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        return functional.cross_entropy(
            logits, wanted, ignore_index=UNKNOWN, label_smoothing=self.settings.smoothing, reduction="none"
        )


def inferred_targets(batch: Batch, field: str, kinds: Any) -> tuple[Tensor, Tensor]:
    """The class of each document (UNKNOWN where it is none) and the trust in it."""
    number = {value: at for at, value in enumerate(kinds)}
    labels = [sample.example.label for sample in batch.samples]
    # A label that doesn't speak of the field at all says nothing; None says that there is no value.
    wanted = [number.get(str(label[field] or ""), UNKNOWN) if field in label else UNKNOWN for label in labels]
    trust = [trust_of(sample, field) for sample in batch.samples]
    return (
        torch.tensor(wanted, device=batch.device),
        torch.tensor(trust, dtype=torch.float, device=batch.device),
    )
