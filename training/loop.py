"""A run from beginning to end: stages one after the other, looks at dev, checkpoints, and going on after a break."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.multiprocessing.spawn import start_processes

from extractor.errors import TailorError, UsageError
from training import checkpoint, pseudo
from training.checkpoint import Checkpoint
from training.config import Run, Stage
from training.corpus import Example, classes
from training.curves import draw_curves
from training.dev import look
from training.folder import held, open_folder
from training.log import Log
from training.sources import read_stores
from training.store import Store
from training.students.build import build_student, load_student
from training.together import join, launched, told, world_size
from training.trainer import Trainer

STUDENT_FOLDER, BEST_FOLDER = "student", "best"
Stores = Mapping[str, Store | Sequence[Example]]


def train(run: Run, *, fresh: bool = False) -> Path:
    """Trains as configured; returns the run's folder: config.json, log.jsonl, tensorboard/, curves.png and student/
    (the averaged weights).

    A run that was broken off goes on where its checkpoint stands, and ends as an unbroken one would have; `fresh`
    starts it anew. Where a launcher started several processes, each calls this (see `training.together`). Raises
    UsageError where there is nothing to learn from, or the folder holds another run or one that is under way.
    """
    folder = run.output / run.name
    if launched():
        _in_step(run, folder, fresh)
        return folder
    open_folder(folder, run, fresh)
    with held(folder):
        if checkpoint.is_done(folder):
            return folder
        fitted, kept = _read(run)
        if run.processes == 1:
            _work(0, run, folder, fitted, kept)
        else:
            os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
            os.environ.setdefault("MASTER_PORT", str(20000 + os.getpid() % 20000))
            start_processes(  # type: ignore[no-untyped-call]
                _work, (run, folder, fitted, kept), nprocs=run.processes, start_method="fork"
            )
    return folder


def _in_step(run: Run, folder: Path, fresh: bool) -> None:
    """One of the processes that a launcher started. The one that leads opens the folder; on each machine one prepares
    the documents, and the others find them prepared."""
    torch.set_num_threads(run.threads)
    accelerator = join(run)
    try:
        with ExitStack() as stack:
            refused: TailorError | None = None
            done = False
            if accelerator.is_main_process:
                try:
                    open_folder(folder, run, fresh)
                    stack.enter_context(held(folder))
                    done = checkpoint.is_done(folder)
                except TailorError as error:
                    refused = error
            refused, done = told(accelerator, (refused, done))
            if refused is not None:
                raise refused
            if not done:
                with accelerator.local_main_process_first():
                    fitted, kept = _read(run)
                _Session(run, folder, accelerator, fitted, kept).train()
    finally:
        accelerator.end_training()


def _read(run: Run) -> tuple[Stores, Stores]:
    """The documents to learn from, and those held out. Raises UsageError where a stage has too few of them."""
    fitted: Stores = read_stores(run, "train", _sources_used(run))
    kept: Stores = read_stores(run, "dev")
    for stage in run.stages:
        _check(run, stage, fitted)
    return fitted, kept


def _sources_used(run: Run) -> list[str]:
    return sorted({name for stage in run.stages for name, weight in run.weights_of(stage).items() if weight > 0})


def _check(run: Run, stage: Stage, stores: Stores) -> None:
    weights, processes = run.weights_of(stage), world_size(run)
    count = sum(len(store) * weights.get(name, 0.0) for name, store in stores.items())
    if not count:
        raise UsageError(
            f"There is no document to learn from in stage {stage.name}.",
            hint="Check that labels and pictures carry the same ids, and that not every number is divisible by 5.",
        )
    if processes > 1 and count < stage.optimiser.batch:
        raise UsageError(
            f"{count:.0f} documents are too few to be shared out among {processes} processes.",
            hint="Set processes=1, or a smaller optimiser.batch.",
        )
    if stage.optimiser.batch % processes:
        raise UsageError(
            f"A batch of {stage.optimiser.batch} can't be shared out among {processes} processes.",
            hint=f"Set optimiser.batch to a multiple of {processes}.",
        )


def _work(rank: int, run: Run, folder: Path, fitted: Stores, kept: Stores) -> None:
    torch.set_num_threads(run.threads)
    if run.processes > 1:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(run.processes)}
    accelerator = join(run)
    try:
        _Session(run, folder, accelerator, fitted, kept).train()
    finally:
        accelerator.end_training()


class _Session:
    """One process of a run."""

    def __init__(self, run: Run, folder: Path, accelerator: Accelerator, fitted: Stores, kept: Stores) -> None:
        self.run, self.folder, self.accelerator = run, folder, accelerator
        self.fitted, self.held = fitted, kept
        torch.manual_seed(run.seed)  # here, so that every process builds the same student whatever it did before
        labels = (example.label for store in fitted.values() for example in store)
        self.student = build_student(run, classes(labels, run.schema_of_task)).to(accelerator.device)
        self.averaged = copy.deepcopy(self.student).eval()
        self.teacher = load_student(run.teacher.student).to(accelerator.device).eval() if run.teacher else None
        self.leads = accelerator.is_main_process
        # Told, not read by each: the folder may lie on the leading machine alone.
        self.state = told(accelerator, checkpoint.read(folder) if self.leads else None) or Checkpoint()
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
        stores = self._stores(stage, goes_on)
        trainer = Trainer(self.run, stage, self.accelerator, self.student, self.averaged, stores, self.teacher)
        if goes_on:
            trainer.restore(state.step, state.optimiser, state.losses, state.weights)
        sums = dict(state.sums) if goes_on else {}
        self._steps(trainer, stage, sums)
        trainer.close()
        if stage.early_stop:
            self._take_the_best()
        kept = {"averaged": self.averaged.state_dict(), "steps_before": state.steps_before + trainer.step}
        self.state = Checkpoint(stage=number + 1, seconds=state.seconds, **kept)
        self._save(None)

    def _stores(self, stage: Stage, goes_on: bool) -> dict[str, Store | Sequence[Example]]:
        """What a stage learns from; with pseudo-labels, those that it began with or else those that are now made."""
        stores = {name: store for name, store in self.fitted.items() if self.run.weights_of(stage).get(name)}
        rule = stage.pseudo
        if rule is None or rule.source not in stores:
            return stores
        if goes_on:
            stores[rule.source] = pseudo.kept_store(self.folder, self.state.pseudo)
            return stores
        reader = self.student
        if rule.student != "previous":
            reader = load_student(Path(rule.student)).to(self.accelerator.device)
        task, bf16 = self.run.schema_of_task, self.run.precision == "bf16"
        with self.accelerator.main_process_first():
            key, made = pseudo.pseudo_store(self.folder, rule, reader, stores.pop(rule.source), task, bf16=bf16)
        self.state.pseudo = key
        if len(made):
            stores[rule.source] = made
        if self.log:
            # Told with the first step: a run that goes on from before it makes them, and tells of them, again.
            self.log.write(stage.name, self.state.steps_before + 1, **pseudo.told_of(made))
        _check(self.run, stage, stores)
        return stores

    def _take_the_best(self) -> None:
        """The weights of the best look, where there was one: the leading process has them."""
        best: dict[str, Any] | None = None
        if self.leads and (self.folder / BEST_FOLDER).is_dir():
            best = load_student(self.folder / BEST_FOLDER).state_dict()
        best = told(self.accelerator, best)
        if best is not None:
            self.averaged.load_state_dict(best)

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
                self._reweighs(trainer, stage)
                started = time.monotonic()
            if time.monotonic() - self.saved_at >= 60 * self.run.checkpoint_minutes:
                self._save(trainer, sums)

    def _looks(self, trainer: Trainer, stage: Stage) -> bool:
        """A look at dev where one is due; whether the stage is to end."""
        last = trainer.step == trainer.steps
        if not self.held or not (last or (trainer.epoch + 1) % self.run.evaluation.every == 0):
            return False
        stop = False
        if self.leads:
            figures = self._look()
            if trainer.weighing:
                trainer.weighing.saw(figures)
            self._tell(trainer, stage, epoch=trainer.epoch + 1, **figures)
            self.averaged.save_pretrained(self.folder / STUDENT_FOLDER)
            stop = self._stops(stage, figures)
        return told(self.accelerator, stop)

    def _reweighs(self, trainer: Trainer, stage: Stage) -> None:
        """New weights of the sources where they are due; one process finds them, so that all draw alike."""
        if trainer.weighing is None or not trainer.weighing.due(trainer.epoch) or trainer.step == trainer.steps:
            return
        if self.leads:
            self._tell(trainer, stage, epoch=trainer.epoch + 1, **trainer.reweigh())
        trainer.weighing.state = told(self.accelerator, trainer.weighing.state)

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
            self.state.weights = trainer.weighing.state if trainer.weighing else {}
            self.state.sums = dict(sums or {})
        checkpoint.save(self.folder, self.state)
