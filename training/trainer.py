"""The steps of one stage, in one of several processes. What is random is drawn from (seed, stage, step) alone."""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from training.augment import Sample, vary
from training.batches import Place, batches, epoch_order, fetch, steps_of_epoch
from training.config import Run, Stage
from training.corpus import Example
from training.losses.base import Batch, Loss, build_losses
from training.model import CompactStudent
from training.schedule import pace
from training.store import Store
from training.students.base import Student


class Trainer:
    """One stage of a run. Every process draws the same batches and takes its share of each."""

    def __init__(
        self,
        run: Run,
        stage: Stage,
        accelerator: Accelerator,
        student: Student,
        averaged: Student,
        stores: Mapping[str, Store | Sequence[Example]],
        teacher: Student | None = None,
    ) -> None:
        self.run, self.stage, self.accelerator = run, stage, accelerator
        self.student, self.averaged, self.teacher = student, averaged, teacher
        self.stores = stores
        self.losses: dict[str, tuple[float, Loss]] = build_losses(stage.losses)
        self.weights = run.weights_of(stage)
        self.sizes = {name: len(store) for name, store in stores.items()}
        self.lengths = {name: lengths_of(store) for name, store in stores.items()}
        self.optimiser = _optimiser(student, stage)
        if accelerator.ddp_handler is not None:
            accelerator.ddp_handler.find_unused_parameters = leaves_unused(student, stage)
        self.model: nn.Module
        self.model, self.optimiser = accelerator.prepare(student, self.optimiser)
        self.per_epoch = steps_of_epoch(self.sizes, self.weights, stage.optimiser.batch)
        self.steps = stage.optimiser.steps or max(1, int(stage.optimiser.epochs * self.per_epoch))
        self.step = 0
        self._epoch: tuple[int, list[list[Place]], int] | None = None

    def batch_at(self, step: int) -> tuple[int, list[Place]]:
        """The epoch that a step belongs to, and its documents. Epochs differ a little in length where weights are no
        whole numbers, so they are counted through from the last one drawn."""
        if self._epoch is None or step < self._epoch[2]:
            self._epoch = (0, self._drawn(0), 0)
        number, drawn, start = self._epoch
        while step >= start + len(drawn):
            start += len(drawn)
            number += 1
            drawn = self._drawn(number)
        self._epoch = (number, drawn, start)
        return number, drawn[step - start]

    def _drawn(self, epoch: int) -> list[list[Place]]:
        seed = f"{self.run.seed}/{self.stage.name}/{epoch}"
        order = epoch_order(self.sizes, self.weights, seed)
        return batches(order, self.lengths, self.stage.optimiser.batch, seed)

    def ends_epoch(self) -> bool:
        """Whether the last step taken was the last of its epoch."""
        if self.step == 0 or self._epoch is None:
            return False
        _, drawn, start = self._epoch
        return self.step == start + len(drawn)

    @property
    def epoch(self) -> int:
        return self._epoch[0] if self._epoch else 0

    def learn(self) -> dict[str, float]:
        """One step; the means of the losses over this process's documents."""
        _, batch = self.batch_at(self.step)
        share = batch[self.accelerator.process_index :: self.accelerator.num_processes]
        seed = f"{self.run.seed}/{self.stage.name}/{self.step}/{self.accelerator.process_index}"
        torch.manual_seed(zlib.crc32(seed.encode()))
        draw = random.Random(seed)
        samples = [vary(example, self.stage.augmentation, draw) for example in fetch(self.stores, share)]
        rate = self.stage.optimiser.rate * pace(self.step, self.steps, self.stage.optimiser)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        total, parts = self.loss(samples)
        self.accelerator.backward(total)
        self.accelerator.clip_grad_norm_(self.student.parameters(), self.stage.optimiser.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self._average(min(self.stage.optimiser.average, (1 + self.step) / (10 + self.step)))
        return parts

    def loss(self, samples: Sequence[Sample]) -> tuple[Tensor, dict[str, float]]:
        """The weighted sum of the losses, the mean over documents, and each loss as a number."""
        inputs = self._inputs(self.student, samples)
        with self.accelerator.autocast():
            answers = self.model(**inputs)
        heads = self.student.heads
        batch = Batch(
            answers,
            inputs["mask"],
            samples,
            heads.spans,
            heads.inferred,
            progress=self.step / max(1, self.steps),
            taught=self._taught(samples),
            taught_heads=self.teacher.heads if self.teacher else None,
        )
        total = batch.zeros().mean()
        parts: dict[str, float] = {}
        for name, (weight, kind) in self.losses.items():
            value = kind(batch).mean()
            total = total + weight * value
            parts[name] = float(value.detach())
        return total, parts

    @torch.no_grad()
    def _taught(self, samples: Sequence[Sample]) -> dict[str, Tensor] | None:
        if self.teacher is None:
            return None
        with self.accelerator.autocast():
            return dict(self.teacher(**self._inputs(self.teacher, samples)))

    def _inputs(self, student: Student, samples: Sequence[Sample]) -> dict[str, Tensor]:
        return {name: tensor.to(self.accelerator.device) for name, tensor in student.collate(samples).items()}

    @torch.no_grad()
    def _average(self, decay: float) -> None:
        for kept, now in zip(self.averaged.parameters(), self.student.parameters(), strict=True):
            kept.lerp_(now, 1.0 - decay)

    def state(self) -> dict[str, Any]:
        return {name: kind.state for name, (_, kind) in self.losses.items()}

    def restore(self, step: int, optimiser: dict[str, Any], losses: Mapping[str, Any]) -> None:
        self.step = step
        self.optimiser.load_state_dict(optimiser)
        for name, kept in losses.items():
            self.losses[name][1].state.update(kept)
        if step:
            self.batch_at(step - 1)

    def close(self) -> None:
        """Takes the student out of its wrapper, so that the next stage may wrap it anew."""
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        self.accelerator.free_memory()


def leaves_unused(student: Student, stage: Stage) -> bool:
    """Whether parameters may stay out of a step, so that several processes must search for them each time, which costs:
    a stage that freezes some, a student that doesn't see the picture or the places, or one with a foreign encoder."""
    config: Any = student.config
    whole = isinstance(student, CompactStudent) and config.body is None and config.picture and config.layout
    return bool(stage.frozen) or not whole


def lengths_of(store: Store | Sequence[Example]) -> Any:
    import numpy as np

    if isinstance(store, Store):
        return store.lengths
    return np.array([len(example.tokens) for example in store], np.int64)


def _optimiser(student: Student, stage: Stage) -> Any:
    """AdamW without decay on norms and biases. What is frozen gets no gradient."""
    for name, parameter in student.named_parameters():
        parameter.requires_grad_(not name.startswith(stage.frozen) if stage.frozen else True)
    free = [each for each in student.parameters() if each.requires_grad]
    weights = [each for each in free if each.ndim > 1]
    others = [each for each in free if each.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": weights, "weight_decay": stage.optimiser.decay}, {"params": others, "weight_decay": 0.0}],
        lr=stage.optimiser.rate,
        betas=(0.9, 0.98),
    )
