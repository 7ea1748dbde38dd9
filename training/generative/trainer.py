"""Fine-tuning a vision-language model on a teacher's answers, with looks at dev, and going on after a break.

Everything random is drawn from (seed, step) alone, so that adapters, optimiser and the step are all that a checkpoint
must hold for a run to end as an unbroken one would have.
"""

from __future__ import annotations

import math
import os
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from extractor.errors import UsageError
from extractor.evaluation import evaluate
from extractor.truth import truth_of_label
from extractor.types import Extraction
from training.batches import epoch_order
from training.checkpoint import CHECKPOINT_FILE
from training.config import Generative, Optimiser, Run
from training.curves import draw_curves
from training.dev import summary
from training.folder import held, open_folder
from training.generative.documents import Shown, read_documents
from training.generative.model import Asked, VisionStudent, open_student
from training.generative.prompt import answer_of, instruction, record_of
from training.log import Log
from training.schedule import pace

ADAPTERS, MERGED = "adapters", "merged"
STAGE = "generative"
CLIP = 1.0

Documents = Mapping[str, Sequence[Shown]]


@dataclass
class State:
    """Where a run stands: steps done, adapters, optimiser, seconds of training."""

    step: int = 0
    adapters: dict[str, Any] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    done: bool = False


def train(run: Run, *, fresh: bool = False) -> Path:
    """Fine-tunes as configured; returns the run's folder: config.json, log.jsonl, tensorboard/, curves.png, adapters/
    and, where asked for, merged/ (a whole model).

    Raises UsageError where there is nothing to learn from, or the model can't be loaded.
    """
    if run.generative is None or run.processes != 1:
        raise UsageError("A generative student is trained in one process.", hint="Set processes=1.")
    folder = run.output / run.name
    open_folder(folder, run, fresh)
    with held(folder):
        state = _read(folder)
        if state.done:
            return folder
        torch.set_num_threads(run.threads)
        torch.manual_seed(run.seed)
        fitted, kept = read_documents(run, "train"), read_documents(run, "dev")
        student = open_student(run.generative)
        _Session(run, run.generative, folder, student, _short_enough(fitted, run, student), kept, state).train()
    return folder


def read_all(student: VisionStudent, documents: Sequence[Shown], run: Run, choice: Generative) -> dict[str, Extraction]:
    """What the student writes of documents, as records by name."""
    task = run.schema_of_task
    records = {}
    for document in documents:
        asked = Asked(document.pictures(choice.pages, choice.longest_side), instruction(task))
        answer, confidence = student.write(asked, choice.longest_answer)
        records[document.name] = record_of(document.name, answer, task, confidence)
    return records


def plan(sizes: Mapping[str, int], run: Run, choice: Generative) -> list[list[list[Any]]]:
    """The steps of each epoch, the places of documents in each step. The last epoch may be a part of one."""
    weights = {source.name: source.weight for source in run.data.sources}
    size = choice.batch * choice.accumulation
    epochs = []
    for number in range(math.ceil(choice.epochs)):
        order = epoch_order(sizes, weights, f"{run.seed}/{number}")
        steps = [order[start : start + size] for start in range(0, len(order), size)]
        share = min(1.0, choice.epochs - number)
        epochs.append(steps[: max(1, round(share * len(steps)))])
    return epochs


class _Session:
    def __init__(
        self,
        run: Run,
        choice: Generative,
        folder: Path,
        student: VisionStudent,
        fitted: Documents,
        held: Documents,
        state: State,
    ) -> None:
        self.run, self.choice, self.folder, self.student = run, choice, folder, student
        self.fitted, self.held, self.state = fitted, held, state
        self.asks = instruction(run.schema_of_task)
        self.free = [each for each in student.model.parameters() if each.requires_grad]
        self.optimiser = torch.optim.AdamW(self.free, lr=choice.rate, weight_decay=0.0)
        self.epochs = plan({name: len(each) for name, each in fitted.items()}, run, choice)
        self.steps = sum(len(epoch) for epoch in self.epochs)
        self.schedule = Optimiser(rate=choice.rate, warmup=choice.warmup, schedule="cosine", floor=0.1)
        if state.step:
            _set_adapters(student, state.adapters)
            self.optimiser.load_state_dict(state.optimiser)
        self.log = Log(folder, after=state.step, seconds=state.seconds)
        self.saved_at = time.monotonic()

    def train(self) -> None:
        first = 0
        for number, epoch in enumerate(self.epochs):
            losses = []
            for at, places in enumerate(epoch):
                step = first + at
                if step < self.state.step:
                    continue
                losses.append(self._step(step, [self.fitted[place.source][place.at] for place in places]))
                self.state.step = step + 1
                if time.monotonic() - self.saved_at >= 60 * self.run.checkpoint_minutes:
                    self._save()
            first += len(epoch)
            if losses:
                self._after(number, float(np.mean(losses)))
        self._finish()

    def _step(self, step: int, documents: Sequence[Shown]) -> float:
        """One step of the optimiser; the mean loss of its batches."""
        torch.manual_seed(zlib.crc32(f"{self.run.seed}/{step}".encode()))
        for group in self.optimiser.param_groups:
            group["lr"] = self.choice.rate * pace(step, self.steps, self.schedule)
        self.student.model.train()
        size = self.choice.batch
        batches = [documents[start : start + size] for start in range(0, len(documents), size)]
        total = 0.0
        for batch in batches:
            loss = self.student.loss([self._taught(each) for each in batch])
            (loss * (len(batch) / len(documents))).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach()) * len(batch) / len(documents)
        torch.nn.utils.clip_grad_norm_(self.free, CLIP)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return total

    def _taught(self, document: Shown) -> Asked:
        pictures = document.pictures(self.choice.pages, self.choice.longest_side)
        return Asked(pictures, self.asks, answer_of(document.label, self.run.schema_of_task))

    def _after(self, epoch: int, loss: float) -> None:
        last = epoch + 1 == len(self.epochs)
        self.log.write(STAGE, self.state.step, epoch=epoch + 1, answer=loss)
        if self.held and (last or (epoch + 1) % self.run.evaluation.every == 0):
            self.log.write(STAGE, self.state.step, epoch=epoch + 1, **self._look())

    def _look(self) -> dict[str, float]:
        """Figures of dev by source, as the other students have them, and the share of answers that are no JSON."""
        figures: dict[str, float] = {}
        means = []
        for source, documents in self.held.items():
            chosen = documents[: self.run.evaluation.limit]
            records = read_all(self.student, chosen, self.run, self.choice)
            task = self.run.schema_of_task
            truths = {each.name: truth_of_label({**each.label, "id": each.name}, task) for each in chosen}
            found = summary(evaluate(records.values(), truths))
            found["malformed"] = sum(record.status == "failed" for record in records.values()) / len(records)
            means.append(found["mean"])
            figures |= {f"{source}.{name}": round(value, 4) for name, value in found.items()}
        return figures | {"mean": round(float(np.mean(means)), 4)}

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        self.state.adapters = _adapters(self.student)
        self.state.optimiser = self.optimiser.state_dict()
        self.state.seconds = self.log.seconds
        _write(self.folder, self.state)

    def _finish(self) -> None:
        self.student.model.save_pretrained(str(self.folder / ADAPTERS))
        self.student.processor.save_pretrained(str(self.folder / ADAPTERS))
        self.state.done = True
        self._save()
        self.log.close()
        draw_curves(self.folder)
        if self.choice.merge:
            whole = self.student.model.merge_and_unload()
            whole.save_pretrained(str(self.folder / MERGED))
            self.student.processor.save_pretrained(str(self.folder / MERGED))


def _short_enough(fitted: Documents, run: Run, student: VisionStudent) -> Documents:
    """The documents whose answers fit. A label cut off would teach JSON that doesn't end."""
    longest = run.generative.longest_answer if run.generative else 0
    task = run.schema_of_task
    kept = {
        name: [each for each in documents if student.length_of(answer_of(each.label, task)) <= longest]
        for name, documents in fitted.items()
    }
    lost = sum(len(documents) for documents in fitted.values()) - sum(len(documents) for documents in kept.values())
    if lost:
        print(f"{lost} documents are left out: their labels take more than {longest} tokens.", file=sys.stderr)
    if not any(kept.values()):
        raise UsageError(
            "There is no document to learn from.",
            hint="Check that labels and pictures carry the same ids, and generative.longest_answer.",
        )
    return kept


def _adapters(student: VisionStudent) -> dict[str, Any]:
    from peft import get_peft_model_state_dict

    return {name: tensor.detach().cpu() for name, tensor in get_peft_model_state_dict(student.model).items()}


def _set_adapters(student: VisionStudent, kept: dict[str, Any]) -> None:
    from peft import set_peft_model_state_dict

    set_peft_model_state_dict(student.model, kept)


def _write(folder: Path, state: State) -> None:
    scratch = folder / f"{CHECKPOINT_FILE}.part"
    with scratch.open("wb") as file:
        torch.save(vars(state), file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / CHECKPOINT_FILE)


def _read(folder: Path) -> State:
    path = folder / CHECKPOINT_FILE
    return State(**torch.load(path, map_location="cpu", weights_only=True)) if path.is_file() else State()
