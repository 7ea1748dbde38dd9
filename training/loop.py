"""A run from beginning to end: stages one after the other, looks at dev, checkpoints, and going on after a break."""

from __future__ import annotations

import copy
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from pydantic import ValidationError
from torch.multiprocessing.spawn import start_processes

from extractor.errors import UsageError
from training import checkpoint
from training.checkpoint import Checkpoint
from training.config import Run, Stage
from training.corpus import Example, classes
from training.curves import draw_curves
from training.dev import look
from training.log import Log
from training.sources import read_stores
from training.store import Store
from training.students.build import build_student, load_student
from training.trainer import Trainer

CONFIG_FILE, STUDENT_FOLDER, BEST_FOLDER = "config.json", "student", "best"
Stores = Mapping[str, Store | Sequence[Example]]


def train(run: Run, *, fresh: bool = False) -> Path:
    """Trains as configured; returns the run's folder: config.json, log.jsonl, tensorboard/, curves.png and student/
    (the averaged weights).

    A run that was broken off goes on where its checkpoint stands, and ends as an unbroken one would have; `fresh`
    starts it anew. Raises UsageError where there is nothing to learn from, or another run lies in the folder.
    """
    folder = run_folder(run, fresh)
    state = checkpoint.read(folder)
    if state is not None and state.done:
        return folder
    fitted: Stores = read_stores(run, "train", _sources_used(run))
    held: Stores = read_stores(run, "dev")
    _check(run, fitted)
    if run.processes == 1 or "WORLD_SIZE" in os.environ:
        _work(0, run, folder, fitted, held)
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", str(20000 + os.getpid() % 20000))
        start_processes(  # type: ignore[no-untyped-call]
            _work, (run, folder, fitted, held), nprocs=run.processes, start_method="fork"
        )
    return folder


def run_folder(run: Run, fresh: bool) -> Path:
    """The folder of a run with its configuration written. Raises UsageError where another run lies there."""
    folder = run.output / run.name
    config = folder / CONFIG_FILE
    text = run.model_dump_json(indent=1)
    if fresh and folder.is_dir():
        shutil.rmtree(folder)
    if config.is_file() and _learns(config.read_text(encoding="utf-8")) != _learns(text):
        raise UsageError(
            f"{folder} holds a run of another configuration.",
            hint="Give this one another name (name=…), or start it anew with --fresh.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(text, encoding="utf-8")
    return folder


def _learns(config: str) -> Any:
    """A configuration without what may change between a break and going on, keys that are newer than the run filled in
    as they are where nothing is said."""
    try:
        declared = Run.model_validate_json(config).model_dump(mode="json")
    except ValidationError:
        declared = json.loads(config)
    for key in ("output", "threads", "checkpoint_minutes", "export", "limits"):
        declared.pop(key, None)
    return declared


def _sources_used(run: Run) -> list[str]:
    return sorted({name for stage in run.stages for name, weight in run.weights_of(stage).items() if weight > 0})


def _check(run: Run, fitted: Stores) -> None:
    for stage in run.stages:
        weights = run.weights_of(stage)
        count = sum(len(store) * weights.get(name, 0.0) for name, store in fitted.items())
        if not count:
            raise UsageError(
                f"There is no document to learn from in stage {stage.name}.",
                hint="Check that labels and pictures carry the same ids, and that not every number is divisible by 5.",
            )
        if run.processes > 1 and count < stage.optimiser.batch:
            raise UsageError(
                f"{count:.0f} documents are too few to be shared out among {run.processes} processes.",
                hint="Set processes=1, or a smaller optimiser.batch.",
            )
        if stage.optimiser.batch % run.processes:
            raise UsageError(
                f"A batch of {stage.optimiser.batch} can't be shared out among {run.processes} processes.",
                hint=f"Set optimiser.batch to a multiple of {run.processes}.",
            )


def _work(rank: int, run: Run, folder: Path, fitted: Stores, held: Stores) -> None:
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    if run.processes > 1 and "WORLD_SIZE" not in os.environ:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(run.processes)}
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(),
        mixed_precision="bf16" if run.precision == "bf16" else "no",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    try:
        _Session(run, folder, accelerator, fitted, held).train()
    finally:
        accelerator.end_training()


class _Session:
    """One process of a run."""

    def __init__(self, run: Run, folder: Path, accelerator: Accelerator, fitted: Stores, held: Stores) -> None:
        self.run, self.folder, self.accelerator = run, folder, accelerator
        self.fitted, self.held = fitted, held
        labels = (example.label for store in fitted.values() for example in store)
        self.student = build_student(run, classes(labels, run.schema_of_task)).to(accelerator.device)
        self.averaged = copy.deepcopy(self.student).eval()
        self.teacher = load_student(run.teacher.student).to(accelerator.device).eval() if run.teacher else None
        self.state = checkpoint.read(folder) or Checkpoint()
        self.leads = accelerator.is_main_process
        after = self.state.steps_before + self.state.step
        self.log = Log(folder, after=after, seconds=self.state.seconds) if self.leads else None
        self.saved_at = time.monotonic()

    def train(self) -> None:
        for number in range(self.state.stage, len(self.run.stages)):
            self._stage(number, self.run.stages[number])
        if self.log:
            self.averaged.save_pretrained(self.folder / STUDENT_FOLDER)
            self.state.done = True
            self._save(None)
            self.log.close()
            draw_curves(self.folder)

    def _stage(self, number: int, stage: Stage) -> None:
        state = self.state
        goes_on = state.stage == number and state.step > 0
        if goes_on:
            self.student.load_state_dict(state.student)
            self.averaged.load_state_dict(state.averaged)
        elif number:
            # A stage begins with what the one before it kept.
            if state.averaged:
                self.averaged.load_state_dict(state.averaged)
            self.student.load_state_dict(self.averaged.state_dict())
        stores = {name: store for name, store in self.fitted.items() if self.run.weights_of(stage).get(name)}
        trainer = Trainer(self.run, stage, self.accelerator, self.student, self.averaged, stores, self.teacher)
        if goes_on:
            trainer.restore(state.step, state.optimiser, state.losses)
        sums = dict(state.sums) if goes_on else {}
        self._steps(trainer, stage, sums)
        trainer.close()
        if stage.early_stop and (self.folder / BEST_FOLDER).is_dir():
            self.accelerator.wait_for_everyone()
            self.averaged.load_state_dict(load_student(self.folder / BEST_FOLDER).state_dict())
        kept = {"averaged": self.averaged.state_dict(), "steps_before": state.steps_before + trainer.step}
        self.state = Checkpoint(stage=number + 1, seconds=state.seconds, **kept)
        self._save(None)

    def _steps(self, trainer: Trainer, stage: Stage, sums: dict[str, float]) -> None:
        started = time.monotonic()
        while trainer.step < trainer.steps:
            for name, value in {**trainer.learn(), "": 1.0}.items():
                sums[name] = sums.get(name, 0.0) + value
            ended = trainer.ends_epoch() or trainer.step == trainer.steps
            if ended:
                count = sums.pop("", 1.0)
                seconds = time.monotonic() - started
                rate = count * stage.optimiser.batch / max(seconds, 1e-6)
                means = {name: value / count for name, value in sums.items()}
                self._tell(trainer, stage, epoch=trainer.epoch + 1, documents_a_second=round(rate, 2), **means)
                sums.clear()
                if self._looks(trainer, stage):
                    break
                started = time.monotonic()
            if time.monotonic() - self.saved_at >= 60 * self.run.checkpoint_minutes:
                self._save(trainer, sums)

    def _looks(self, trainer: Trainer, stage: Stage) -> bool:
        """A look at dev where one is due; whether the stage is to end."""
        last = trainer.step == trainer.steps
        if not self.held or not (last or (trainer.epoch + 1) % self.run.evaluation.every == 0):
            return False
        stop = [False]
        if self.leads:
            figures = self._look()
            self._tell(trainer, stage, epoch=trainer.epoch + 1, **figures)
            self.averaged.save_pretrained(self.folder / STUDENT_FOLDER)
            stop = [self._stops(stage, figures)]
        if self.accelerator.num_processes > 1:
            torch.distributed.broadcast_object_list(stop)
        return stop[0]

    def _look(self) -> dict[str, float]:
        limit, bf16 = self.run.evaluation.limit, self.run.precision == "bf16"
        return look(self.averaged, self.held, self.run.schema_of_task, limit, bf16=bf16)

    def _stops(self, stage: Stage, figures: Mapping[str, float]) -> bool:
        rule = stage.early_stop
        if rule is None:
            return False
        if rule.figure not in figures:
            known = ", ".join(sorted(figures)[:8])
            raise UsageError(
                f"There is no figure {rule.figure} to stop early by.", hint=f"There are {known} and others."
            )
        if self.state.best is None or figures[rule.figure] > self.state.best:
            self.state.best, self.state.waited = figures[rule.figure], 0
            self.averaged.save_pretrained(self.folder / BEST_FOLDER)
        else:
            self.state.waited += 1
        return self.state.waited >= rule.patience

    def _tell(self, trainer: Trainer, stage: Stage, **facts: Any) -> None:
        if self.log:
            self.log.write(stage.name, self.state.steps_before + trainer.step, **facts)

    def _save(self, trainer: Trainer | None, sums: Mapping[str, float] | None = None) -> None:
        """Keeps where the run stands; with a trainer, in the middle of its stage."""
        self.saved_at = time.monotonic()
        if self.log is None:
            return
        self.state.seconds = self.log.seconds
        if trainer is not None:
            self.state.step = trainer.step
            self.state.student = self.student.state_dict()
            self.state.averaged = self.averaged.state_dict()
            self.state.optimiser = trainer.optimiser.state_dict()
            self.state.losses = trainer.state()
            self.state.sums = dict(sums or {})
        checkpoint.save(self.folder, self.state)
