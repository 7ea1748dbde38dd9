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
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from extractor.pipeline import Extractor

STAGES = ("ocr", "encode", "session", "decode")

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
    extractor = Extractor(model=job.model, threads=1, cuda="off")
    for file in job.files:
        tell({"file": file, "seconds": stages(extractor, file)})


def stages(extractor: Extractor, file: str) -> dict[str, float]:
    """The steps of `Extractor.extract` one by one, in seconds: ocr, encode, session, decode; without words, ocr alone.

    encode is all that is made for the student: the small picture of each page, tokens, arrays. The record itself counts
    the small picture as OCR, which would flatter the student.
    """
    from extractor.loading import load
    from extractor.ocr import read_page
    from extractor.student.decoder import decode
    from extractor.student.encoder import encode, picture, tokenize

    with load(file) as document:
        loaded = list(document.pages())
    marks = [time.perf_counter()]
    pages = [read_page(page, extractor.engine)[0] for page in loaded]
    marks.append(time.perf_counter())
    if any(page.words for page in pages):
        tokens = tokenize(pages)
        encoded = encode(tokens, [picture(page) for page in pages])
        marks.append(time.perf_counter())
        answers = extractor.student.run([encoded])[0]
        marks.append(time.perf_counter())
        decode(tokens, answers, extractor.student.manifest)
        marks.append(time.perf_counter())
    return {stage: end - begin for stage, (begin, end) in zip(STAGES, pairwise(marks), strict=False)}


def memory(job: Job, tell: Tell) -> None:
    """The resident memory of this process and its children, in bytes, after each document, and the most so far."""
    from extractor.pipeline import Extractor

    extractor = Extractor(model=job.model, threads=1, cuda="off")
    # A file named twice in one call is read once: files that come again are read in a call of their own.
    turn = max(len(set(job.files)), 1)
    for start in range(0, len(job.files), turn):
        for record in extractor.extract_many(job.files[start : start + turn], workers=job.workers):
            resident = sum(tree_rss(os.getpid()))
            tell({"file": record.file, "status": record.status, "rss": resident, "peak": peak_rss()})


def ocr(job: Job, tell: Tell) -> None:
    """The bare OCR engine on the files: RapidOCR, one thread, no orientation classifier, `workers` processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(job.workers, initializer=_start_engine) as pool:
        for file, words in pool.imap_unordered(_read_words, job.files):
            tell({"file": file, "words": words})


BEING_STARTED = 0.05
"""Seconds after which a new process runs its own program."""


def tree_rss(pid: int) -> Iterator[int]:
    """The resident bytes of a process and of each of its descendants; those that end meanwhile are left out.

    A child that is just being started still shares its parent's memory, and would count it twice: it is looked at
    again when it has become what it is to be.
    """
    import psutil

    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in members:
        try:
            if member is not top and member.cmdline() == top.cmdline():
                time.sleep(BEING_STARTED)
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
