"""The student's time beside the OCR's, and the whole command's pace beside the bare OCR engine's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.benchmark.predict import Progress
from training.benchmark.probe import Job
from training.benchmark.processes import probe, probe_command, tailor_command, wall_seconds
from training.benchmark.report import Figure

WARM_UP = 5
"""Documents read before times count: the first ones pay for lazy loading and memory."""

STUDENT_PARTS = ("encode", "session", "decode")
"""What the student's time is made of."""


def student_latency(pictures: Sequence[Path], model: str | None, progress: Progress) -> list[Figure]:
    """Times each stage of each document in a process pinned to one core, on one thread, without the OCR cache."""
    warm_up = pictures[:WARM_UP]
    files = [*warm_up, *pictures]
    job = Job(tuple(str(path) for path in files), model, core=_core())
    told = list(progress(probe("latency", job), len(files), "latency"))[len(warm_up) :]
    return describe_latency([line["seconds"] for line in told])


def describe_latency(told: Sequence[dict[str, float]]) -> list[Figure]:
    """Figures from the seconds of each document: ocr, encode, session, decode; documents without words are left out."""
    read = [seconds for seconds in told if all(part in seconds for part in STUDENT_PARTS)]
    n = len(read)
    if not read:
        return [Figure("student stage, median", None, 80, at_most=True, unit="ms", note="no document was read")]
    student = [1000 * sum(seconds[part] for part in STUDENT_PARTS) for seconds in read]
    ocr = [1000 * seconds["ocr"] for seconds in read]
    made = [
        Figure("student stage, median", float(np.median(student)), 80, at_most=True, unit="ms", n=n),
        Figure("student stage, 95th percentile", float(np.percentile(student, 95)), unit="ms", n=n),
    ]
    for part in STUDENT_PARTS:
        times = [1000 * seconds[part] for seconds in read]
        made.append(Figure(f"student stage, {part}, median", float(np.median(times)), unit="ms", n=n))
    made.append(Figure("OCR of the same documents, median", float(np.median(ocr)), unit="ms", n=n))
    share = 100 * sum(student) / sum(ocr)
    made.append(Figure("student's share of the OCR time", share, 10, at_most=True, unit="%", n=n))
    return made


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a comparison in one round: seconds for all documents, and for one document a worker."""

    whole: float
    short: float


def compare(
    measure: dict[str, Callable[[Sequence[Path]], float]], pictures: Sequence[Path], workers: int, rounds: int
) -> dict[str, list[Leg]]:
    """The legs of each side, the sides taking turns (A B A B) so that a drift of the machine strikes both."""
    legs: dict[str, list[Leg]] = {name: [] for name in measure}
    for _ in range(rounds):
        for name, seconds in measure.items():
            short = seconds(pictures[:workers])
            legs[name].append(Leg(seconds(pictures), short))
    return legs


def throughput(pictures: Sequence[Path], model: str | None, workers: int = 2, rounds: int = 2) -> list[Figure]:
    """Documents a second of `tailor extract` on a folder against the bare OCR engine on the same files, no cache."""
    measure = {
        "tailor": lambda files: _time_tailor(files, model, workers),
        "ocr": lambda files: wall_seconds(
            probe_command("ocr"), Job(tuple(str(path) for path in files), workers=workers).to_json()
        ),
    }
    return describe_throughput(compare(measure, pictures, workers, rounds), len(pictures), workers)


def describe_throughput(legs: dict[str, list[Leg]], count: int, workers: int) -> list[Figure]:
    """Pace over the whole run, and without start-up: what the documents beyond the first of each worker took.

    `legs` holds the rounds of "tailor" and of "ocr", each over `count` documents.
    """
    rounds = ", ".join(f"{a.whole:.1f} s : {b.whole:.1f} s" for a, b in zip(legs["tailor"], legs["ocr"], strict=True))
    whole = {name: _pace(count, [leg.whole for leg in held]) for name, held in legs.items()}
    beyond = {name: _pace(count - workers, [leg.whole - leg.short for leg in held]) for name, held in legs.items()}
    return [
        *_pace_figures("start-up included", whole, count, f"{workers} workers; rounds {rounds}"),
        *_pace_figures("start-up excluded", beyond, count, f"{workers} workers"),
    ]


def _pace(count: int, seconds: Sequence[float]) -> float | None:
    """Documents a second over all rounds; None where noise swallowed the time."""
    total = sum(seconds)
    return count * len(seconds) / total if total > 0 and count > 0 else None


def _pace_figures(kind: str, pace: dict[str, float | None], count: int, note: str) -> list[Figure]:
    tailor, bare = pace["tailor"], pace["ocr"]
    ratio = tailor / bare if tailor and bare else None
    return [
        Figure(f"tailor extract ÷ bare OCR, {kind}", ratio, 0.9, n=count, note=note),
        Figure(f"tailor extract, {kind}", tailor, unit="docs/s", n=count),
        Figure(f"bare OCR engine, {kind}", bare, unit="docs/s", n=count),
    ]


def _time_tailor(files: Sequence[Path], model: str | None, workers: int) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "in")
        folder.mkdir()
        for path in files:
            shutil.copy(path, folder / path.name)
        chosen = ["--model", model] if model else []
        output = str(Path(scratch, "out.jsonl"))
        command = tailor_command("extract", str(folder), "-o", output, "--workers", str(workers), "--no-cache", *chosen)
        # Status 1 says that a document was read in part or not at all, which is work done, too.
        return wall_seconds(command, accepted=(0, 1))


def _core() -> int | None:
    """The last core this process may use: the first ones get most of the system's own work."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
