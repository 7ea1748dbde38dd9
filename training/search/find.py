"""The search: draw, measure size and time, score, train the best few a little."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from extractor.errors import UsageError
from extractor.student.artifact import MODEL_FILE
from extractor.student.encoder import encode
from extractor.student.runtime import Student as Runtime
from training.augment import plain
from training.config import Run, StudentChoice
from training.corpus import Example, classes
from training.export import export
from training.log import read_log
from training.loop import train
from training.search.scores import ranks, scores
from training.search.space import SIZES, SearchSpace, candidates
from training.sources import read_stores
from training.students.base import Student
from training.students.build import build_student, load_student
from training.weighing import evenly

WARM_UP = 3
"""Documents read before times count."""


@dataclass(frozen=True)
class Limits:
    """`latency` milliseconds a document on one core, encoding included; `size` megabytes of the exported model."""

    latency: float
    size: float


@dataclass(frozen=True)
class Training:
    """How the best few are trained: how many, on how many documents of each source, for how many epochs."""

    finalists: int
    documents: int
    epochs: float


@dataclass(frozen=True)
class Candidate:
    """One student. `rank` is the mean rank of its scores among those inside the limits (1 is best), None outside;
    `dev` the mean figure of dev after the short training, None where it was not trained."""

    choice: StudentChoice
    parameters: int
    megabytes: float
    milliseconds: float
    scores: dict[str, float] = field(default_factory=dict)
    rank: float | None = None
    dev: float | None = None

    @property
    def name(self) -> str:
        return "-".join(f"{key}{int(getattr(self.choice, key))}" for key in SIZES)

    def inside(self, limits: Limits) -> bool:
        return self.megabytes <= limits.size and self.milliseconds <= limits.latency


def find(run: Run, space: SearchSpace, limits: Limits, count: int, training: Training) -> list[Candidate]:
    """All candidates measured, the best first: those trained by their figure of dev, then by rank, then those beyond
    the limits. Raises UsageError where the run's student has no sizes to search, or there are too few documents."""
    if run.student.kind != "compact" or run.student.backbone or run.student.initial:
        raise UsageError(
            "Sizes are sought for the student's own layers only.",
            hint="Leave student.backbone and student.initial out, and take student.kind=compact.",
        )
    short = run.data.model_copy(update={"limit": training.documents})
    run = run.model_copy(update={"data": short})
    examples = [example for store in read_stores(run, "train", _sources(run)).values() for example in store]
    if len(examples) < 2:
        raise UsageError("Two labelled documents at least are needed to search a student.")
    teacher = load_student(run.teacher.student) if run.teacher else None
    found = []
    for choice in candidates(space, run.student, count):
        found.append(_measured(run, choice, examples, space, limits, teacher))
        _tell(found[-1], limits)
    return _trained(run, _ranked(found, limits), training)


def _sources(run: Run) -> list[str]:
    return [name for name, weight in run.weights_of(run.stages[-1]).items() if weight]


def _measured(
    run: Run,
    choice: StudentChoice,
    examples: Sequence[Example],
    space: SearchSpace,
    limits: Limits,
    teacher: Student | None,
) -> Candidate:
    torch.manual_seed(run.seed)
    task = run.schema_of_task
    inferred = classes((example.label for example in examples), task)
    student = build_student(run.model_copy(update={"student": choice}), inferred)
    samples = [plain(examples[at]) for at in evenly(len(examples), space.scored)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        student.save_pretrained(folder / "run" / "student")
        export(folder / "run", folder / "model", samples[:4], name="candidate", quantise=True, task=task)
        megabytes = (folder / "model" / MODEL_FILE).stat().st_size / 1e6
        milliseconds = latency(folder / "model", [examples[at] for at in evenly(len(examples), space.timed)])
    count = sum(parameter.numel() for parameter in student.parameters())
    made = Candidate(choice, count, megabytes, milliseconds)
    if not made.inside(limits):
        return made
    return replace(made, scores=scores(student, samples, run.stages[-1], teacher))


def latency(model: Path, examples: Sequence[Example]) -> float:
    """Milliseconds a document on one core, the median: encoding and the model, without OCR and decoding."""
    student = Runtime(model, cuda="off")
    seconds = []
    with _one_core():
        for number, example in enumerate([*examples[:WARM_UP], *examples]):
            started = time.perf_counter()
            student.run([encode(example.tokens, example.pictures)])
            if number >= min(WARM_UP, len(examples)):
                seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)


@contextmanager
def _one_core() -> Iterator[None]:
    """Within, this thread stays on the last core that it may use."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _ranked(found: Sequence[Candidate], limits: Limits) -> list[Candidate]:
    inside = [each for each in found if each.inside(limits)]
    placed = [replace(each, rank=rank) for each, rank in zip(inside, ranks([e.scores for e in inside]), strict=True)]
    outside = sorted((each for each in found if not each.inside(limits)), key=lambda each: each.milliseconds)
    # Of equals the quicker one.
    return [*sorted(placed, key=lambda each: (each.rank or 0.0, each.milliseconds)), *outside]


def _trained(run: Run, ranked: Sequence[Candidate], training: Training) -> list[Candidate]:
    tried: list[Candidate] = []
    rest = list(ranked)
    while rest and rest[0].rank is not None and len(tried) < training.finalists:
        candidate = rest.pop(0)
        tried.append(replace(candidate, dev=_train_a_little(run, candidate, training)))
    tried.sort(key=lambda each: 0.0 if each.dev is None else -each.dev)
    return [*tried, *rest]


def _train_a_little(run: Run, candidate: Candidate, training: Training) -> float | None:
    """The mean figure of dev after a short training of the run's last stage; None where nothing is held out. It is a
    run like any other: it is listed by `tailor runs`, and taken up where it was broken off."""
    stage = run.stages[-1]
    optimiser = stage.optimiser.model_copy(update={"epochs": training.epochs, "steps": None})
    changed = {
        "name": candidate.name,
        "output": run.output / f"{run.name}-search",
        "student": candidate.choice,
        "stages": (stage.model_copy(update={"optimiser": optimiser, "pseudo": None}),),
    }
    # What a training tells is progress here, not the answer.
    with redirect_stdout(sys.stderr):
        folder = train(run.model_copy(update=changed))
    looks = [line["mean"] for line in read_log(folder) if "mean" in line]
    return float(looks[-1]) if looks else None


def _tell(candidate: Candidate, limits: Limits) -> None:
    beyond = "" if candidate.inside(limits) else "  beyond the limits"
    figures = f"{candidate.megabytes:.1f} MB  {candidate.milliseconds:.1f} ms"
    print(f"{candidate.name}  {figures}{beyond}", file=sys.stderr, flush=True)
