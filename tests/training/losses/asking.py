"""Losses asked one by one: made-up answers of a student and its teacher about documents of a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.training.tiny import example
from training.alignment import SpanTarget
from training.augment import Sample, plain
from training.items import ItemTarget
from training.losses.base import Batch, Loss, build_losses
from training.losses.registry import LOSSES
from training.students.base import Heads

N = 3
CLASSES = {"country": ["MY", "US", ""]}
PARTS = ("description", "quantity", "unit_price", "amount")
HEADS = Heads(("total",), (8,), CLASSES, PARTS)
"""The teacher's heads where nothing else is said: the student's own."""


def sample(target: SpanTarget, items: ItemTarget | None = None, country: str | None = "US", **more: Any) -> Sample:
    made = plain(replace(example("a b c"), label={"country": country, **more}))
    return replace(made, spans={"total": target}, items=items or ItemTarget(np.zeros(N, np.int64), np.zeros(N), False))


def logits(seed: int = 0, batch: int = 1, fields: int = 1, count: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    spans = torch.randn(batch, fields, count, count, generator=generator, requires_grad=True)
    return spans, torch.randn(batch, fields, generator=generator, requires_grad=True)


def answers(batch: int = 1, count: int = N, seed: int = 0, width: int = 4) -> dict[str, torch.Tensor]:
    spans, absent = logits(seed=seed, batch=batch, count=count)
    generator = torch.Generator().manual_seed(5 + seed)
    return {
        "spans": spans,
        "absent": absent,
        "tags": torch.randn(batch, count, 5, generator=generator, requires_grad=True),
        "begins": torch.randn(batch, count, generator=generator, requires_grad=True),
        "inferred_country": torch.randn(batch, 3, generator=generator, requires_grad=True),
        "hidden": torch.randn(batch, count, width, generator=generator, requires_grad=True),
        "summary": torch.randn(batch, width, generator=generator, requires_grad=True),
    }


def built(name: str, **settings: Any) -> Loss:
    ((_, loss),) = build_losses({name: LOSSES.choice(name, settings)}).values()
    return loss


def batch_of(given: Mapping[str, Tensor], samples: Sequence[Sample], **more: Any) -> Batch:
    """All words are real where `mask` says nothing else."""
    words = given["begins"].shape[1] if "begins" in given else N
    mask = more.pop("mask", torch.ones(len(samples), words, dtype=torch.bool))
    return Batch(given, mask, samples, ["total"], CLASSES, **more)


def asked(name: str, given: Mapping[str, Tensor], samples: list[Sample], **settings: Any) -> Tensor:
    """A loss of one field `total`, a value a document."""
    found = built(name, **settings)(batch_of(given, samples))
    assert found.shape == (len(samples),)
    return found


def compared(
    name: str,
    given: Mapping[str, Tensor],
    taught: Mapping[str, Tensor],
    knows: Heads = HEADS,
    mask: Tensor | None = None,
    **settings: Any,
) -> Tensor:
    """A loss of a student that gives `given` where its teacher gives `taught`; a value a document."""
    samples = [sample(SpanTarget(known=False))] * len(given["tags"])
    more = {} if mask is None else {"mask": mask}
    found = built(name, **settings)(batch_of(given, samples, taught=taught, taught_heads=knows, **more))
    assert found.shape == (len(samples),)
    return found
