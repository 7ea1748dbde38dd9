"""The measured side of speed and memory: a process of its own that works and tells one JSON object a line on stdout.

    python -m training.benchmark.probe latency|memory|ocr  < job.json

A job is {"files": […], "model": folder or null, "core": number or null, "workers": count}. Being a process of its own,
it starts cold, can be held to one core, and its memory is nobody else's.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a probe has to do. `core` pins the process to one core where the system can."""

    files: tuple[str, ...]
    model: str | None = None
    core: int | None = None
    workers: int = 1

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        held = json.loads(text)
        return cls(**{**held, "files": tuple(held["files"])})


def latency(job: Job, tell: Tell) -> None:
    """Seconds of each stage of each document, read one after another, without the OCR cache."""
    from extractor.pipeline import Extractor

    if job.core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {job.core})
    extractor = Extractor(model=job.model, threads=1, cuda=False)
    for file in job.files:
        record = extractor.extract(file)
        tell({"file": file, "status": record.status, "seconds": record.seconds})


def memory(job: Job, tell: Tell) -> None:
    """The resident memory of this process and its children, in bytes, after each document, and the most so far."""
    from extractor.pipeline import Extractor

    for record in Extractor(model=job.model, threads=1, cuda=False).extract_many(job.files, workers=job.workers):
        tell({"file": record.file, "status": record.status, "rss": sum(tree_rss(os.getpid())), "peak": peak_rss()})


def ocr(job: Job, tell: Tell) -> None:
    """The bare OCR engine on the files: RapidOCR, one thread, no orientation classifier, `workers` processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(job.workers, initializer=_start_engine) as pool:
        for file, words in pool.imap_unordered(_read_words, job.files):
            tell({"file": file, "words": words})


def tree_rss(pid: int) -> Iterator[int]:
    """The resident bytes of a process and of each of its descendants; those that end meanwhile are left out."""
    import psutil

    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in members:
        try:
            yield member.memory_info().rss
        except psutil.NoSuchProcess:
            continue


def peak_rss() -> int:
    """The most resident bytes that this process ever had, as the system counted; 0 where it doesn't say."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


_engines: list[Any] = []


def _start_engine() -> None:
    from extractor.ocr.rapid import RapidOcr, RapidSettings

    _engines.append(RapidOcr(RapidSettings(threads=1, upright=False)))


def _read_words(file: str) -> tuple[str, int]:
    from PIL import Image

    with Image.open(Path(file)) as picture:
        image = np.asarray(picture.convert("RGB"))
    return file, len(_engines[0].read(image).words)


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


MODES: dict[str, Callable[[Job, Tell], None]] = {"latency": latency, "memory": memory, "ocr": ocr}

if __name__ == "__main__":
    MODES[sys.argv[1]](Job.from_json(sys.stdin.read()), _tell)
