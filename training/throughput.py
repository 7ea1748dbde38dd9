"""How fast a run trains, and which share of what the machine's matrix products could do that is.

The steps are a run's own: its documents with augmentation and pictures, its losses, backward, optimiser, and the
exchange of gradients between its processes. The work of a step is counted, not guessed
(`torch.utils.flop_counter.FlopCounterMode`, backward included), and set against the rate of plain matrix products of
the run's precision, measured with the same processes and threads. The share is what Chowdhery et al. (PaLM, 2022,
appendix B) call model FLOPs utilisation.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch.multiprocessing.spawn import start_processes
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

from extractor.errors import UsageError
from training.config import Run
from training.corpus import classes
from training.sources import read_stores
from training.students.build import build_student, load_student
from training.time_shares import seconds_by_part
from training.trainer import Trainer

WARM_UP = 3
LABELS = 500
"""Labels of each source that say how many classes inferred fields have, near enough for their small heads."""
COUNTED = 12
"""Steps whose work is counted; the same ones are timed, over and over, so that count and time belong together."""
MATRIX_SIDE = {"cpu": 1024, "cuda": 8192}
MATRIX_SECONDS = 4.0
"""Half before training is timed, half behind it: a machine that others use changes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured, over all processes. A product and a sum are two floating-point operations."""

    documents: int
    seconds: float
    flops_a_document: float
    matrix_flops_a_second: float
    processes: int
    threads: int
    precision: str
    parts: dict[str, float] = field(default_factory=dict)
    """Seconds a document that each part of a step takes one process (training.time_shares), measured aside."""

    @property
    def documents_a_second(self) -> float:
        return self.documents / self.seconds

    @property
    def flops_a_second(self) -> float:
        return self.documents_a_second * self.flops_a_document

    @property
    def share(self) -> float:
        """Of the matrix-product rate, 0 to 1."""
        return self.flops_a_second / self.matrix_flops_a_second


@dataclass(frozen=True, slots=True)
class _Told:
    """What one process measured of its own part."""

    documents: int
    seconds: float
    flops: float
    matrix: float
    parts: dict[str, float]


def measure(run: Run, seconds: float) -> Pace:
    """Trains with the last stage of a run for about so many seconds, keeping nothing.

    Raises UsageError where there is nothing to learn from.
    """
    # Made once here, found by every process.
    stores = read_stores(run, "train", _sources(run))
    if not any(len(store) for store in stores.values()):
        raise UsageError("There is no document to learn from.", hint="Check the sources of the configuration.")
    with tempfile.TemporaryDirectory() as folder:
        if run.processes == 1:
            _work(0, run, seconds, folder, 0)
        else:
            port = 20000 + os.getpid() % 20000
            # Not forked: the caller may have threads that a fork would leave hanging.
            start_processes(  # type: ignore[no-untyped-call]
                _work, (run, seconds, folder, port), nprocs=run.processes, start_method="spawn"
            )
        told = [_Told(**json.loads(path.read_text())) for path in sorted(Path(folder).glob("*.json"))]
    documents = sum(each.documents for each in told)
    return Pace(
        documents=documents,
        seconds=max(each.seconds for each in told),
        flops_a_document=sum(each.flops for each in told) / documents,
        matrix_flops_a_second=sum(each.matrix for each in told),
        processes=run.processes,
        threads=run.threads,
        precision=run.precision,
        parts=told[0].parts,
    )


def _sources(run: Run) -> list[str]:
    return [name for name, weight in run.weights_of(run.stages[-1]).items() if weight > 0]


def _work(rank: int, run: Run, seconds: float, folder: str, port: int) -> None:
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    if run.processes > 1:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(run.processes)}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(),
        mixed_precision="bf16" if run.precision == "bf16" else "no",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    try:
        told = _measured(run, seconds, accelerator)
        Path(folder, f"{rank}.json").write_text(json.dumps(asdict(told)))
    finally:
        accelerator.end_training()


def _measured(run: Run, seconds: float, accelerator: Accelerator) -> _Told:
    trainer = _trainer(run, accelerator)
    for _ in range(WARM_UP):
        trainer.learn()
    first = trainer.step
    with FlopCounterMode(display=False, custom_mapping=ATTENTION_ON_CPU) as counter:
        for _ in range(COUNTED):
            trainer.learn()
    flops = counter.get_total_flops()
    documents = sum(len(_share(trainer, step)) for step in range(first, first + COUNTED))
    kind = torch.bfloat16 if run.precision == "bf16" else torch.float32
    accelerator.wait_for_everyone()
    before = matrix_rate(accelerator.device, kind, MATRIX_SECONDS / 2)
    accelerator.wait_for_everyone()
    rounds, spent = 0, 0.0
    begun = _clock(accelerator)
    while not rounds or not _agreed(accelerator, spent >= seconds):
        trainer.step = first
        for _ in range(COUNTED):
            trainer.learn()
        rounds, spent = rounds + 1, _clock(accelerator) - begun
    parts = _parts(trainer, first, documents)
    trainer.close()
    accelerator.wait_for_everyone()
    after = matrix_rate(accelerator.device, kind, MATRIX_SECONDS / 2)
    return _Told(rounds * documents, spent, float(rounds * flops), (before + after) / 2, parts)


def _parts(trainer: Trainer, first: int, documents: int) -> dict[str, float]:
    def work() -> None:
        trainer.step = first
        for _ in range(COUNTED):
            trainer.learn()

    return {part: seconds / documents for part, seconds in seconds_by_part(work).items()}


def _trainer(run: Run, accelerator: Accelerator) -> Trainer:
    stores = read_stores(run, "train", _sources(run))
    labels = (example.label for store in stores.values() for example in islice(store, LABELS))
    student = build_student(run, classes(labels, run.schema_of_task)).to(accelerator.device)
    averaged = type(student)(student.config).to(accelerator.device).eval()
    teacher = load_student(run.teacher.student).to(accelerator.device).eval() if run.teacher else None
    return Trainer(run, run.stages[-1], accelerator, student, averaged, stores, teacher)


def _share(trainer: Trainer, step: int) -> list[Any]:
    """The documents of a step that this process learns from."""
    at = trainer.accelerator
    return trainer.batch_at(step)[1][at.process_index :: at.num_processes]


def _agreed(accelerator: Accelerator, ends: bool) -> bool:
    """Whether all processes stop: one that stopped alone would leave the others waiting for its gradients."""
    told = torch.tensor([int(ends)], device=accelerator.device)
    gathered: Any = accelerator.reduce(told, "sum")
    return bool(gathered.item() > 0)


def _clock(accelerator: Accelerator) -> float:
    if accelerator.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def matrix_rate(device: torch.device, kind: torch.dtype, seconds: float) -> float:
    """Floating-point operations a second of large square matrix products on this process's threads.

    Over the whole time, as training is measured, so that what else runs on the machine slows both alike.
    """
    side = MATRIX_SIDE.get(device.type, 1024)
    one, other = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    waits: Callable[[], None] = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    for _ in range(2):  # the first ones pay for loading
        torch.mm(one, other)
    waits()
    products = 0
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        torch.mm(one, other)
        waits()
        products += 1
    return 2.0 * side**3 * products / spent


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _attention_backward(gradient: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_backward_flop_count(gradient, query, key, value))  # type: ignore[no-untyped-call]


ATTENTION_ON_CPU: dict[Any, Any] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,
}
"""Attention as CPUs do it, which the counter doesn't know by itself."""
