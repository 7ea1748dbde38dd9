"""What may be chosen about the engine. How documents are read is extractor's own Settings, defaults included."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from extractor.errors import UsageError
from extractor.pipeline import Settings

Switch = Literal["auto", "on", "off"]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class BatchSettings:
    """How the student's documents are put together.

    `size` is the most documents of one batch, `wait` how many seconds a document waits at most for others while more
    are under way; None is 0 on a CPU, where a batch gains nothing, and 5 ms on a GPU. `lengths` are the buckets: only
    documents of one bucket, by their number of tokens, share a batch. `lanes` is how many batches run at once; None is
    one a core, at most one a worker, on a CPU, and one on a GPU.
    """

    size: int = 16
    wait: float | None = None
    lengths: tuple[int, ...] = (64, 128, 192, 256, 384)
    lanes: int | None = None

    def __post_init__(self) -> None:
        _at_least("batch size", self.size, 1)
        _at_least("batch wait", self.wait, 0)
        _at_least("number of lanes", self.lanes, 1)
        if list(self.lengths) != sorted(set(self.lengths)):
            raise UsageError("The lengths of batches must grow.", hint="Give them as 64, 128, 256 for instance.")


@dataclass(frozen=True)
class EngineSettings:
    """How the service reads documents.

    `reading` is what `Extractor` takes; its `cuda` says where the student runs. `workers` are the processes that load
    and OCR (None: one a core, at most 4, since each takes 1–2 GB). `queue` is how many documents may wait beside those
    in work before Busy is raised. A worker is renewed after `renew_after` documents (0: never), its successor started
    first. `patience` is how many seconds a worker may go on with a document that nobody waits for any more: until then
    it stops at the next page, after that it is killed (a new worker takes some seconds of a core). `ocr_cuda` says
    whether workers do OCR on the GPU; "auto" does so where the student runs on one. `tensorrt` "auto" takes TensorRT
    where it loads; its compiled engines are kept in `engines`, None for the user's cache folder.
    """

    reading: Settings = field(default_factory=Settings)
    workers: int | None = None
    queue: int = 64
    batch: BatchSettings = field(default_factory=BatchSettings)
    renew_after: int = 500
    patience: float = 5.0
    ocr_cuda: Switch = "auto"
    tensorrt: Literal["auto", "off"] = "auto"
    engines: Path | None = None

    def __post_init__(self) -> None:
        _at_least("number of workers", self.workers, 1)
        _at_least("queue", self.queue, 1)
        _at_least("number of documents after which a worker is renewed", self.renew_after, 0)
        _at_least("patience", self.patience, 0)

    @property
    def processes(self) -> int:
        return self.workers or min(cores(), 4)

    @property
    def hard_limit(self) -> float:
        """Seconds after which a worker is killed: it should have given up by itself before, with a better message."""
        return self.reading.limits.seconds * 1.2 + 2


def _at_least(name: str, value: float | None, least: float) -> None:
    if value is not None and value < least:
        raise UsageError(f"The {name} must be at least {least}, not {value}.", hint="Correct the setting.")
