"""How fast a run trains, and how much of what the machine could do that is.

Documents a second are counted over whole steps: fetching, varying, both passes, the optimiser. The share sets the
floating-point operations of those steps (matrix products, attention and convolutions, forward and backward, counted by
`torch.utils.flop_counter`) against the rate at which the same processes, with the same threads and number format, do
nothing but multiply matrices. What a step does beside them (embeddings, norms, softmax, the optimiser) counts as zero,
so that 1 can't be reached.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch.multiprocessing.spawn import start_processes
from torch.utils.flop_counter import FlopCounterMode

from training.config import Run
from training.corpus import Example, classes
from training.sources import read_stores
from training.store import Store
from training.students.build import build_student, load_student
from training.together import join, told
from training.trainer import Trainer

WARM_UP = 3
"""Steps taken before time counts."""

COUNTED = 8
"""Steps whose operations are counted; those of the others follow from their sizes."""

SIDE = 1024
"""Rows and columns of the matrices whose product is timed."""

Stores = Mapping[str, Store | Sequence[Example]]


@dataclass(frozen=True)
class Throughput:
    """`documents_a_second` of all processes together; `operations` a second in training and `possible` in matrix
    products alone, all processes together; `share` the one by the other; `steps` and `seconds` measured; `processes`
    and `threads` each."""

    documents_a_second: float
    share: float
    operations: float
    possible: float
    steps: int
    seconds: float
    processes: int
    threads: int


def measure(run: Run, seconds: float = 60.0, stores: Stores | None = None) -> Throughput:
    """Trains the run's last stage for so many seconds (one step at least) in as many processes as the run has, and
    keeps nothing. `stores` takes the place of the run's sources."""
    if stores is None:
        names = [name for name, weight in run.weights_of(run.stages[-1]).items() if weight]
        stores = read_stores(run, "train", names)
    with tempfile.TemporaryDirectory() as scratch:
        told_at = Path(scratch)
        if run.processes == 1:
            _work(0, run, stores, seconds, told_at)
        else:
            port = str(20000 + os.getpid() % 20000)
            start_processes(  # type: ignore[no-untyped-call]
                _work, (run, stores, seconds, told_at, port), nprocs=run.processes, start_method="fork"
            )
        parts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(told_at.iterdir())]
    longest = max(part["seconds"] for part in parts)
    operations = sum(part["operations"] for part in parts) / longest
    possible = sum(part["possible"] for part in parts)
    return Throughput(
        documents_a_second=sum(part["documents"] for part in parts) / longest,
        share=operations / possible,
        operations=operations,
        possible=possible,
        steps=parts[0]["steps"],
        seconds=longest,
        processes=run.processes,
        threads=run.threads,
    )


@dataclass(frozen=True)
class _Part:
    """What one process did."""

    documents: int
    steps: int
    seconds: float
    operations: float
    possible: float


def _work(rank: int, run: Run, stores: Stores, seconds: float, folder: Path, port: str = "") -> None:
    before, threads = dict(os.environ), torch.get_num_threads()
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    if port:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(run.processes)}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    accelerator = join(run)
    try:
        part = _measured(run, stores, seconds, accelerator)
        (folder / f"{rank}.json").write_text(json.dumps(asdict(part)), encoding="utf-8")
    finally:
        accelerator.end_training()
        torch.set_num_threads(threads)
        os.environ.clear()
        os.environ.update(before)


def _measured(run: Run, stores: Stores, seconds: float, accelerator: Accelerator) -> _Part:
    device = accelerator.device
    labels = (example.label for store in stores.values() for example in store)
    student = build_student(run, classes(labels, run.schema_of_task)).to(device)
    averaged = type(student)(student.config).to(device).eval()
    teacher = load_student(run.teacher.student).to(device).eval() if run.teacher else None
    trainer = Trainer(run, run.stages[-1], accelerator, student, averaged, stores, teacher)
    shapes: list[tuple[int, int, int]] = []

    def noted(_module: Any, _given: Any, inputs: Mapping[str, torch.Tensor]) -> None:
        batch, words = inputs["mask"].shape
        shapes.append((batch, words, len(inputs.get("pictures", ()))))

    for _ in range(WARM_UP):
        trainer.learn()
    possible = [_matrix_rate(run, accelerator)]
    hook = student.register_forward_pre_hook(noted, with_kwargs=True)
    accelerator.wait_for_everyone()
    started = time.monotonic()
    steps, documents, goes_on = 0, 0, True
    while goes_on:
        trainer.learn()
        steps += 1
        documents += len(trainer.batch_at(trainer.step - 1)[1][accelerator.process_index :: accelerator.num_processes])
        # All stop after the same step, or the last would wait for gradients for ever.
        goes_on = told(accelerator, time.monotonic() - started < seconds)
    _finish(device)
    took = time.monotonic() - started
    timed = list(shapes)
    possible.append(_matrix_rate(run, accelerator))
    counted = []
    for _ in range(COUNTED):
        shapes.clear()
        with FlopCounterMode(display=False) as counter:
            trainer.learn()
        counted.append((list(shapes), counter.get_total_flops()))
    hook.remove()
    trainer.close()
    mean = sum(possible) / len(possible)
    return _Part(documents, steps, took, operations_of(timed, counted), mean)


def operations_of(
    timed: Sequence[tuple[int, int, int]], counted: Sequence[tuple[Sequence[tuple[int, int, int]], int]]
) -> float:
    """The operations of forward and backward passes of these sizes (documents, words, pictures), from the counts of
    others: a sum of documents, documents · words, documents · words² and pictures, each with its own cost."""
    sizes = np.array([np.sum([_terms(*shape) for shape in shapes], axis=0) for shapes, _ in counted], np.float64)
    scale = sizes.max(axis=0)
    scale[scale == 0] = 1.0
    costs, *_ = np.linalg.lstsq(sizes / scale, np.array([total for _, total in counted], np.float64), rcond=None)
    return float(np.sum([_terms(*shape) for shape in timed], axis=0) / scale @ costs)


def _terms(batch: int, words: int, pictures: int) -> tuple[float, float, float, float]:
    return float(batch), float(batch * words), float(batch * words * words), float(pictures)


def _matrix_rate(run: Run, accelerator: Accelerator, seconds: float = 1.0) -> float:
    """Operations a second of this process in matrix products, while the others do the same."""
    device = accelerator.device
    kind = torch.bfloat16 if run.precision == "bf16" else torch.float32
    one, other = (torch.randn(SIDE, SIDE, device=device).to(kind) for _ in range(2))
    one @ other
    _finish(device)
    accelerator.wait_for_everyone()
    started, done = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        one @ other
        _finish(device)
        done += 1
    return 2.0 * SIDE**3 * done / (time.monotonic() - started)


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
