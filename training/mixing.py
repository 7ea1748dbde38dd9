"""Two ways to make training documents harder: mixup, and learning the worst of several variations.

Mixup (Zhang et al. 2018) learns from weighted means of two inputs and of their losses. Words have no mean, so their
embeddings are mixed, position by position (Guo et al. 2019); of two documents of different length, the shorter one's
missing words count as zeros. The greater share is called the first document's (Berthelot et al. 2019), and the mixture
stands in its places. Learning the largest loss of several variations is MaxUp (Gong et al. 2021).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from extractor.errors import UsageError
from training.augment import Sample
from training.losses.base import Batch, Loss
from training.students.base import Student


@dataclass(frozen=True)
class Mixture:
    """Which document each is mixed with (b places), and its own share (b, from 0.5 to 1)."""

    partner: Sequence[int]
    share: Tensor

    def samples(self, samples: Sequence[Sample]) -> list[Sample]:
        """The partners' samples, in the order of the batch."""
        return [samples[at] for at in self.partner]

    def losses(self, own: Tensor, partners: Tensor) -> Tensor:
        """Losses a document (b): by its own label and by its partner's, in their shares."""
        share = self.share.to(own.device)
        return share * own + (1.0 - share) * partners


def mixture(count: int, alpha: float, draw: random.Random) -> Mixture:
    """The pairs and shares of a batch of `count` documents, the same for the same state of `draw`."""
    partner = list(range(count))
    draw.shuffle(partner)
    shares = [draw.betavariate(alpha, alpha) for _ in partner]
    return Mixture(partner, torch.tensor([max(share, 1.0 - share) for share in shares], dtype=torch.float32))


def mixed_inputs(inputs: Mapping[str, Tensor], student: Student, mixed: Mixture) -> dict[str, Tensor]:
    """The inputs of mixed documents: words where either has one, in the first one's places, the second's behind them.

    The embeddings themselves are mixed inside, see `mixing`.
    """
    mask, partner = inputs["mask"].bool(), list(mixed.partner)
    changed = dict(inputs)
    for name in student.placed:
        own = inputs[name]
        inside = mask.reshape(*mask.shape, *[1] * (own.ndim - 2))
        changed[name] = torch.where(inside, own, own[partner])
    changed["mask"] = (mask | mask[partner]).to(inputs["mask"].dtype)
    return changed


@contextmanager
def mixing(student: Student, mask: Tensor, mixed: Mixture) -> Iterator[None]:
    """Within, the student's embedded words (b × n × width) are mixed. `mask` b × n is that of the unmixed batch.

    Raises UsageError where a student does not say where its words are embedded.
    """
    if not student.embedding:
        raise UsageError(
            f"A {type(student).__name__} can't learn from mixed documents.", hint="Set mixup=0 in its stages."
        )

    def mix(_module: Any, _given: Any, words: Tensor) -> Tensor:
        own = words * mask.unsqueeze(-1).to(words.dtype)
        share = mixed.share.to(words.device, words.dtype)[:, None, None]
        return share * own + (1.0 - share) * own[list(mixed.partner)]

    hook = student.get_submodule(student.embedding).register_forward_hook(mix)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def remembered(losses: Mapping[str, tuple[float, Loss]]) -> Iterator[None]:
    """Within, losses may be asked on the side: what they remember is afterwards as it was."""
    kept = {name: copy.deepcopy(kind.state) for name, (_, kind) in losses.items()}
    try:
        yield
    finally:
        for name, state in kept.items():
            losses[name][1].state.clear()
            losses[name][1].state.update(state)


def hardest(options: Sequence[Sequence[Sample]], losses: Callable[[Sequence[Sample]], Tensor]) -> list[Sample]:
    """Of several variations of a batch, each document's with the largest loss; `losses` gives b values."""
    values = torch.stack([losses(samples) for samples in options])
    return [options[int(best)][at] for at, best in enumerate(values.argmax(dim=0).tolist())]


def weighted(losses: Mapping[str, tuple[float, Loss]], batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of the losses, and each of them: a value a document."""
    total = batch.zeros()
    parts: dict[str, Tensor] = {}
    for name, (weight, kind) in losses.items():
        parts[name] = kind(batch)
        total = total + weight * parts[name]
    return total, parts
