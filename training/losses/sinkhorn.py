"""Sinkhorn distance between the student's and the teacher's distributions, batch-wise (SinKD; Cui et al. 2024,
"Sinkhorn Distance Minimization for Knowledge Distillation", section 3; Cuturi 2013 for the distance itself).

KL divergence compares one distribution with one; here all distributions of a batch are moved at once onto the teacher's
at the least cost, so that how samples stand to each other counts too, and the loss stays bounded where the two have no
mass in common.
"""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from training.losses.base import Batch
from training.losses.compared import Pair, inferred_pairs, tag_pairs
from training.losses.registry import LOSSES, LossSettings

NO_MASS = -1e9
"""The log of the mass of what is not there; finite, so that differences are."""


class SinkhornSettings(LossSettings):
    epsilon: float = Field(default=0.1, gt=0, description="entropic regularisation: the lower, the sharper the plan")
    iterations: int = Field(default=20, ge=1)
    temperature: float = Field(default=2.0, gt=0, description="softens both distributions")
    tags: float = Field(default=1.0, ge=0, description="weight of word tags: the words of a document are a batch")
    inferred: float = Field(default=0.5, ge=0, description="weight of inferred fields: the documents are a batch")


@LOSSES.register("sinkhorn")
class Sinkhorn:
    """Σ P · D: D the L1 distances between the student's and the teacher's distributions, P the entropic plan.

    Of word tags the words of each document are moved; of inferred fields the documents of one process's share of the
    batch, and a document's value is what its own mass costs, times their number. The plan is held fixed in the
    gradient: at the optimum its own change does not count (the envelope theorem).
    """

    Settings = SinkhornSettings
    needs_teacher = True

    def __init__(self, settings: SinkhornSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        total = batch.zeros()
        if self.settings.tags:
            for pair in tag_pairs(batch):
                total = total + self.settings.tags * self._moved(pair, pair.share).sum(dim=1)
        if self.settings.inferred:
            for pair in inferred_pairs(batch):
                count = len(pair.student)
                across = Pair(pair.student.transpose(0, 1), pair.teacher.transpose(0, 1), None, pair.share)
                even = torch.full((1, count), 1.0 / count, device=batch.device)
                total = total + self.settings.inferred * count * self._moved(across, even)[0]
        return total

    def _moved(self, pair: Pair, mass: Tensor) -> Tensor:
        """What the student's mass at each sample costs: groups × samples, from logits groups × samples × cells."""
        heat = self.settings.temperature
        ours, theirs = (pair.student / heat).softmax(dim=-1), (pair.teacher / heat).softmax(dim=-1)
        costs = (ours.unsqueeze(2) - theirs.unsqueeze(1)).abs().sum(dim=-1)
        moved = plan(costs.detach(), mass, mass, self.settings.epsilon, self.settings.iterations)
        return (moved * costs).sum(dim=2)


@torch.no_grad()
def plan(costs: Tensor, mass: Tensor, other: Tensor, epsilon: float, iterations: int) -> Tensor:
    """The plan that moves `mass` (groups × m) onto `other` (groups × n) at `costs` (groups × m × n) and stays within
    `epsilon` of its entropy: groups × m × n, by Sinkhorn's iterations in the logarithm."""
    logs, others = (each.log().clamp(min=NO_MASS) for each in (mass, other))
    kernel = -costs / epsilon
    rows, columns = torch.zeros_like(logs), torch.zeros_like(others)
    for _ in range(iterations):
        rows = logs - (kernel + columns.unsqueeze(1)).logsumexp(dim=2)
        columns = others - (kernel + rows.unsqueeze(2)).logsumexp(dim=1)
    return (kernel + rows.unsqueeze(2) + columns.unsqueeze(1)).exp()
