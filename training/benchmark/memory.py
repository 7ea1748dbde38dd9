"""How much memory a worker takes, and whether it takes more the longer it works."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from training.benchmark.predict import Progress, silent
from training.benchmark.probe import Job
from training.benchmark.processes import MemoryWatch, probe
from training.benchmark.report import Figure

MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Growth:
    """Resident memory after the early documents and after all, in megabytes, and the straight line between."""

    early: float
    late: float
    slope: float
    """Megabytes more for each hundred documents after the early ones."""
    early_median: float
    late_median: float

    @property
    def percent(self) -> float:
        return 100 * (self.late - self.early) / self.early


def growth(after: Sequence[float], early: int = 100, window: int = 50) -> Growth:
    """The growth over a run from the memory `after` each document (bytes).

    A worker's memory rises with the sizes of the pages that it reads and falls where it gives memory back, by more than
    half. A leak is what it can't give back: levels are the least over the last `window` documents before the `early`
    mark and before the end; the slope is that of the least-squares line through the least of every 25 documents after
    the mark. The medians of the same documents are told beside. Runs shorter than twice `early` take their first fifth
    as early. Raises ValueError for fewer than ten documents.
    """
    held = np.asarray(after, np.float64) / MEGABYTE
    if len(held) < 10:
        raise ValueError("growth needs at least ten documents")
    mark = early if len(held) >= 2 * early else max(len(held) // 5, 2)
    before, last = held[max(0, mark - window) : mark], held[-min(window, mark) :]
    size = min(25, max(1, (len(held) - mark) // 4))
    starts = np.arange(mark, len(held) - size + 1, size)
    floors = [held[start : start + size].min() for start in starts]
    slope = np.polyfit(starts, floors, 1)[0]
    return Growth(
        float(before.min()), float(last.min()), float(100 * slope), float(np.median(before)), float(np.median(last))
    )


def documents(pictures: Sequence[Path], count: int, seed: int = 5) -> list[Path]:
    """`count` pictures in a fixed mixed order (scans and photographs, large and small), from the start again if few."""
    mixed = sorted(pictures)
    random.Random(seed).shuffle(mixed)
    return list(islice(cycle(mixed), count))


def figures(
    pictures: Sequence[Path],
    model: str | None,
    count: int = 500,
    progress: Progress = silent,
) -> list[Figure]:
    """Runs a worker over `count` documents without the OCR cache and watches its memory."""
    files = tuple(str(path) for path in documents(pictures, count))
    watch = MemoryWatch()
    told = list(progress(probe("memory", Job(files, model), watch), count, "memory"))
    # The system's own count catches a peak between two looks.
    watch.saw_process(max((int(line["peak"]) for line in told), default=0))
    return describe([float(line["rss"]) for line in told], watch)


def describe(after: Sequence[float], watch: MemoryWatch) -> list[Figure]:
    n = len(after)
    peak = max([watch.largest_tree, *after]) / MEGABYTE
    made = [
        Figure(
            "peak memory a worker, with its children",
            peak,
            2000,
            at_most=True,
            unit="MB",
            n=n,
            note=f"largest single process {watch.largest_process / MEGABYTE:.0f} MB; resident, MB = 10⁶ bytes",
        )
    ]
    if n < 10:
        return made
    grown = growth(after)
    note = (
        f"least {grown.early:.0f} MB → {grown.late:.0f} MB, slope {grown.slope:+.1f} MB per 100 documents; "
        f"medians {grown.early_median:.0f} MB → {grown.late_median:.0f} MB"
    )
    made.append(Figure("memory growth over the run", grown.percent, 5, at_most=True, unit="%", n=n, note=note))
    return made
