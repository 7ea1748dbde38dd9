"""The training loop: batches of like length, data-parallel processes on gloo, averaged weights, looks at dev."""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import start_processes

from extractor.errors import UsageError
from extractor.student.encoder import collate
from extractor.types import ITEM_PARTS
from training.augment import Sample, plain, vary
from training.config import Run
from training.corpus import Example, classes, epochs, read_examples
from training.losses import loss
from training.model import CompactConfig, CompactStudent


@dataclass
class Log:
    """One JSON object a line, on disk as it happens, and a short line for people."""

    path: Path
    started: float = field(default_factory=time.monotonic)

    def write(self, **facts: Any) -> None:
        facts["seconds"] = round(time.monotonic() - self.started, 1)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\n")
        shown = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in facts.items())
        print("  ".join(shown), flush=True)


def train(run: Run) -> Path:
    """Trains as configured; returns the run's folder: config.json, log.jsonl, student/ (averaged weights)."""
    folder = run.output / run.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(run.model_dump_json(indent=1), encoding="utf-8")
    (folder / "log.jsonl").unlink(missing_ok=True)
    fitted = [bounded(example, run) for example in read_examples(run.data, run.spans, dev=False)]
    held = [bounded(example, run) for example in read_examples(run.data, run.spans, dev=True)]
    if not fitted:
        raise UsageError(
            "There is no document to learn from.",
            hint="Check that labels and pictures carry the same ids, and that not every number is divisible by 5.",
        )
    if run.processes > 1 and len(fitted) < run.optimiser.batch:
        raise UsageError(
            f"{len(fitted)} documents are too few to be shared out among {run.processes} processes.",
            hint="Set processes=1, or a smaller optimiser.batch.",
        )
    if run.processes == 1:
        _work(0, run, folder, fitted, held)
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", str(20000 + os.getpid() % 20000))
        start_processes(  # type: ignore[no-untyped-call]
            _work, (run, folder, fitted, held), nprocs=run.processes, start_method="fork"
        )
    return folder


def bounded(example: Example, run: Run) -> Example:
    """The example without places that are longer than the student may point at."""
    spans = {name: target.within(run.longest_of(name)) for name, target in example.spans.items()}
    return replace(example, spans=spans)


def build_student(run: Run, fitted: Sequence[Example]) -> CompactStudent:
    """A student of the configured sizes: its own layers at random, a saved student, or a pretrained backbone's layers.

    Raises UsageError where the backbone can't be loaded.
    """
    sizes = run.student
    if sizes.initial is not None:
        loaded: CompactStudent = CompactStudent.from_pretrained(sizes.initial)
        return loaded
    backbone = _backbone(sizes.backbone) if sizes.backbone else None
    student = CompactStudent(
        CompactConfig(
            hidden=backbone.config.hidden_size if backbone else sizes.hidden,
            layers=sizes.layers,
            heads=sizes.heads,
            spelling=sizes.spelling,
            pointer=sizes.pointer,
            dropout=sizes.dropout,
            spans=list(run.spans),
            longest=[run.longest_of(name) for name in run.spans],
            inferred=classes(fitted, run.inferred),
            parts=list(ITEM_PARTS),
            body=backbone.config.to_dict() if backbone else None,
        )
    )
    if backbone is not None and student.body is not None:
        student.body.load_state_dict(backbone.state_dict())
    return student


def _backbone(name: str) -> Any:
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The backbone {name} can't be loaded ({type(error).__name__}).",
            hint="Give a local folder of transformers weights, or a hub name where the hub can be reached.",
        ) from error


def _work(rank: int, run: Run, folder: Path, fitted: list[Example], held: list[Example]) -> None:
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    if run.processes > 1:
        distributed.init_process_group("gloo", rank=rank, world_size=run.processes)
    student = build_student(run, fitted)
    trainer = Trainer(run, student, fitted, rank)
    log = Log(folder / "log.jsonl") if rank == 0 else None
    for number in range(math.ceil(run.optimiser.epochs)):
        started = time.monotonic()
        parts = trainer.epoch()
        if log is None:
            continue
        facts: dict[str, Any] = {"epoch": number + 1, "documents_a_second": trainer.seen / (time.monotonic() - started)}
        log.write(**facts, **parts)
        last = number + 1 == math.ceil(run.optimiser.epochs)
        if held and ((number + 1) % run.evaluate_every == 0 or last):
            log.write(epoch=number + 1, **hits(trainer.averaged, held, run.spans))
        if (number + 1) % run.evaluate_every == 0 or last:
            trainer.averaged.save_pretrained(folder / "student")
    if run.processes > 1:
        distributed.destroy_process_group()


class Trainer:
    """Steps of one process. Every process draws the same batches and takes its share of each."""

    def __init__(self, run: Run, student: CompactStudent, fitted: Sequence[Example], rank: int) -> None:
        self.run, self.student, self.rank = run, student, rank
        self.averaged = CompactStudent(student.compact)
        self.averaged.load_state_dict(student.state_dict())
        self.averaged.eval()  # type: ignore[no-untyped-call]
        self.orders = epochs(fitted, run.seed)
        self.draw = random.Random(f"{run.seed}/{rank}")
        weights = [each for each in student.parameters() if each.ndim > 1]
        others = [each for each in student.parameters() if each.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": weights, "weight_decay": run.optimiser.decay}, {"params": others, "weight_decay": 0.0}],
            lr=run.optimiser.rate,
            betas=(0.9, 0.98),
        )
        mass = sum(example.weight for example in fitted)
        self.steps = max(1, int(run.optimiser.epochs * max(1.0, mass / run.optimiser.batch)))
        self.step = 0
        self.seen = 0

    def epoch(self) -> dict[str, float]:
        """One pass; the means of the loss's parts."""
        self.student.train()
        self.seen = 0
        sums: dict[str, float] = {}
        count = 0
        for batch in batches(next(self.orders), self.run.optimiser.batch, f"{self.run.seed}/{self.step}"):
            share = batch[self.rank :: self.run.processes]
            samples = [vary(example, self.run.augmentation, self.draw) for example in share]
            parts = self._learn(samples)
            self.seen += len(batch)
            count += 1
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value
        return {name: value / max(count, 1) for name, value in sums.items()}

    def _learn(self, samples: Sequence[Sample]) -> dict[str, float]:
        settings = self.run.optimiser
        rate = settings.rate * pace(self.step, self.steps, settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        inputs = tensors(samples)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.run.precision == "bf16"):
            answers = self.student(**inputs)
        config = self.student.compact
        total, parts = loss(answers, inputs["mask"], samples, config.spans, config.inferred, self.run.losses)
        total.backward()  # type: ignore[no-untyped-call]
        self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), settings.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self._average(min(settings.average, (1 + self.step) / (10 + self.step)))
        return parts

    def _share_gradients(self) -> None:
        if self.run.processes == 1:
            return
        known = [each for each in self.student.parameters() if each.requires_grad]
        flat = torch.cat([(each.grad if each.grad is not None else torch.zeros_like(each)).flatten() for each in known])
        distributed.all_reduce(flat)
        flat /= self.run.processes
        at = 0
        for each in known:
            each.grad = flat[at : at + each.numel()].view_as(each)
            at += each.numel()

    @torch.no_grad()
    def _average(self, decay: float) -> None:
        for kept, now in zip(self.averaged.parameters(), self.student.parameters(), strict=True):
            kept.lerp_(now, 1.0 - decay)


def pace(step: int, steps: int, warmup: float) -> float:
    """The learning rate's share at a step: a linear rise, then a half cosine down to 2 %."""
    rise = max(1.0, warmup * steps)
    if step < rise:
        return (step + 1) / rise
    progress = min(1.0, (step - rise) / max(1.0, steps - rise))
    return 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * progress))


def batches(order: Sequence[Example], size: int, seed: str) -> Iterator[list[Example]]:
    """Batches of documents of like length, in random order: little padding, still mixed from epoch to epoch."""
    pool = size * 16
    found = []
    for start in range(0, len(order), pool):
        alike = sorted(order[start : start + pool], key=lambda example: len(example.tokens))
        found += [alike[at : at + size] for at in range(0, len(alike), size)]
    random.Random(seed).shuffle(found)
    # The last, smaller batch is left out where processes share batches: each must have its part.
    return iter([batch for batch in found if len(batch) == size] or found)


def tensors(samples: Sequence[Sample]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in _arrays(samples).items()}


def _arrays(samples: Sequence[Sample]) -> dict[str, Any]:
    return dict(collate([sample.encoded for sample in samples]))


@torch.no_grad()
def hits(student: CompactStudent, held: Sequence[Example], fields: Sequence[str], size: int = 8) -> dict[str, float]:
    """A quick look at held-out documents: for each span field the share of the places found (`.found`), and of the
    absent ones left alone (`.absent`), among those whose target is known; the accuracy of inferred fields and tags."""
    student.eval()  # type: ignore[no-untyped-call]
    sums: dict[str, list[float]] = {}
    alike = sorted(held, key=lambda example: len(example.tokens))
    for start in range(0, len(alike), size):
        samples = [plain(example) for example in alike[start : start + size]]
        inputs = tensors(samples)
        with torch.autocast("cpu", torch.bfloat16):
            answers = student(**inputs)
        count = inputs["mask"].shape[1]
        best = torch.cat([answers["spans"].float().flatten(2), answers["absent"].float().unsqueeze(-1)], -1).argmax(-1)
        for row, sample in enumerate(samples):
            for column, name in enumerate(fields):
                target, place = sample.spans[name], int(best[row, column])
                if not target.known:
                    continue
                if target.candidates:
                    sums.setdefault(f"{name}.found", []).append(divmod(place, count) in target.candidates)
                else:
                    sums.setdefault(f"{name}.absent", []).append(place == count * count)
            for name, kinds in student.compact.inferred.items():
                answer = kinds[int(answers[f"inferred_{name}"][row].argmax())]
                truth = str(sample.example.label.get(name) or "")
                sums.setdefault(name, []).append(answer == truth)
            if sample.items.known:
                size_here = len(sample.items.tags)
                tags = answers["tags"][row, :size_here].argmax(-1).numpy()
                sums.setdefault("tags", []).append(float((tags == sample.items.tags).mean()))
    return {name: round(float(np.mean(values)), 4) for name, values in sorted(sums.items())}
