"""Temporally adaptive interpolated distillation (TAID; Shing, Misaki, Bao, Yokoi, Akiba 2025, arXiv 2501.16937, section
3): a teacher that begins near the student and withdraws to the real teacher as the student follows."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from training.losses.base import Batch
from training.losses.compared import PAIRS, divergence, over_processes
from training.losses.registry import LOSSES, LossSettings

Head = Literal["spans", "tags", "begins", "inferred"]


class TaidSettings(LossSettings):
    start: float = Field(default=0.4, ge=0, le=1, description="the teacher's part of the target at first")
    end: float = Field(default=1.0, ge=0, le=1, description="and at last")
    pace: float = Field(default=5e-4, ge=0, le=1, description="the most that the teacher's part grows in a step (α)")
    momentum: float = Field(default=0.99, ge=0, lt=1, description="how slowly the loss's change is followed (β)")
    heads: dict[Head, float] = Field(
        default={"spans": 1.0, "tags": 2.0, "begins": 1.0, "inferred": 0.5},
        description="weights of the heads",
    )

    @model_validator(mode="after")
    def _grows(self) -> TaidSettings:
        if self.start > self.end:
            raise ValueError("start must not be above end")
        return self


@LOSSES.register("taid")
class Taid:
    """KL(target ‖ student): the target's logits are (1 − t) · student's + t · teacher's, the student's held fixed.

    t never falls behind the straight line from `start` to `end` over the stage, and runs ahead of it by α · sigmoid(m)
    · (1 − t) a step; m is a moving average of the loss's relative fall (section 3.2 of the paper).
    t, m and the last loss are the state. They follow the mean over the documents of all processes, and are therefore
    the same in each.
    """

    Settings = TaidSettings
    needs_teacher = True

    def __init__(self, settings: TaidSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {"t": settings.start, "momentum": 0.0, "last": None}

    def __call__(self, batch: Batch) -> Tensor:
        part = self.state["t"]
        total = batch.zeros()
        for head, weight in self.settings.heads.items():
            for pair in PAIRS[head](batch) if weight else ():
                between = (1.0 - part) * pair.student.detach() + part * pair.teacher
                total = total + weight * pair.per_document(divergence(pair.student, between, pair.cells))
        if torch.is_grad_enabled():
            self._follow(total, batch.progress)
        return total

    def _follow(self, values: Tensor, progress: float) -> None:
        sums = over_processes(torch.stack([values.detach().sum(), values.new_tensor(float(len(values)))]))
        now = float(sums[0] / sums[1])
        settings, state = self.settings, self.state
        ahead = state["t"]
        if state["last"] is not None:
            fall = (state["last"] - now) / (state["last"] + 1e-15)
            # A loss that was all but nothing can grow a million times; that must not blow up the average.
            fall = max(-1.0, min(1.0, fall))
            state["momentum"] = settings.momentum * state["momentum"] + (1.0 - settings.momentum) * fall
            ahead += settings.pace / (1.0 + math.exp(-state["momentum"])) * (1.0 - ahead)
        straight = settings.start + (settings.end - settings.start) * progress
        state["t"] = min(settings.end, max(straight, ahead))
        state["last"] = now
