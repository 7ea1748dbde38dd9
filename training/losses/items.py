"""Line items: which part of an item each word is, and where items begin."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from training.losses.base import UNKNOWN, Batch, trust_of
from training.losses.registry import LOSSES, LossSettings


def item_targets(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Tags b × n (UNKNOWN where not known), beginnings b × n, and what is known b × n."""
    wanted = torch.full(batch.mask.shape, UNKNOWN)
    started = torch.zeros(batch.mask.shape)
    for row, sample in enumerate(batch.samples):
        if sample.items.known:
            size = len(sample.items.tags)
            wanted[row, :size] = torch.from_numpy(sample.items.tags)
            started[row, :size] = torch.from_numpy(sample.items.begins)
    return wanted.to(batch.device), started.to(batch.device), (wanted != UNKNOWN).to(batch.device)


def mean_over_words(values: Tensor, known: Tensor, batch: Batch) -> Tensor:
    """The mean over each document's known words, weighed by the trust in its list of items."""
    trust = torch.tensor([trust_of(sample, "line_items") for sample in batch.samples], device=batch.device)
    return (values * known).sum(dim=1) / known.sum(dim=1).clamp(min=1) * trust


@LOSSES.register("tags")
class Tags:
    """Cross-entropy of word tags, the mean over a document's words."""

    Settings: ClassVar[type[LossSettings]] = LossSettings

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        wanted, _, known = item_targets(batch)
        values = self.values(batch.answers["tags"].float(), wanted)
        return mean_over_words(values, known, batch)

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        """A value a word (b × n) from logits b × n × tags and the wanted tags b × n, some of them UNKNOWN; what stands
        at unknown words does not count. Robust variants change this."""
        return functional.cross_entropy(logits.transpose(1, 2), wanted, ignore_index=UNKNOWN, reduction="none")


@LOSSES.register("begins")
class Begins:
    """Binary cross-entropy of "an item begins here", the mean over a document's words."""

    Settings = LossSettings

    def __init__(self, settings: LossSettings) -> None:
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        _, started, known = item_targets(batch)
        values = functional.binary_cross_entropy_with_logits(batch.answers["begins"].float(), started, reduction="none")
        return mean_over_words(values, known, batch)
