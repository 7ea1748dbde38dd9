"""The service at saturation against `tailor extract` on the same files, ways alternated."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from extractor.pipeline import Settings
from extractor.pool import run_many
from serving.benchmark.doors import Door, content_of
from serving.benchmark.processes import cpu_seconds
from serving.benchmark.report import Figure, at_least, say


@dataclass
class Run:
    """When records came, and the CPU time that `pid` and its workers used from the first that count to the last.

    The first `skip` records don't count: starting up is no part of the comparison.
    """

    pid: int
    skip: int
    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def saw_record(self) -> None:
        self.times.append(time.perf_counter())
        if len(self.times) >= self.skip:
            self.cpu.append(cpu_seconds(self.pid))

    @property
    def rate(self) -> float:
        """Documents a second."""
        counted = self.times[self.skip - 1 :]
        return (len(counted) - 1) / (counted[-1] - counted[0])

    @property
    def work(self) -> float:
        """CPU seconds a document."""
        return (self.cpu[-1] - self.cpu[0]) / (len(self.cpu) - 1)


async def measure(
    door: Door, paths: Sequence[Path], *, workers: int, rounds: int, over: str, settings: Settings | None = None
) -> list[Figure]:
    """Documents a second and CPU seconds a document, each way. `settings` are those of `tailor extract`."""
    files = content_of(list(paths))
    served: list[Run] = []
    extracted: list[Run] = []
    for number in range(rounds):
        say(f"throughput: round {number + 1} of {rounds}")
        served.append(Run(door.pid or os.getpid(), workers + 1))
        await _serve(door, files, 2 * workers + 2, served[-1])
        extracted.append(Run(os.getpid(), workers + 1))
        await asyncio.to_thread(_extract, paths, settings or Settings(), workers, extracted[-1])
        say(f"  {over} {served[-1].rate:.2f}, tailor extract {extracted[-1].rate:.2f} documents/s")
    return _figures(served, extracted, f"{len(paths)} documents, {workers} workers, {rounds} rounds", over)


def _figures(served: Sequence[Run], extracted: Sequence[Run], note: str, over: str) -> list[Figure]:
    ratios = [one.rate / other.rate for one, other in zip(served, extracted, strict=True)]
    works = [other.work / one.work for one, other in zip(served, extracted, strict=True)]
    spans = [f"{min(each):.2f}–{max(each):.2f}" for each in (ratios, works)]
    return [
        Figure(f"throughput, {over}", statistics.median(run.rate for run in served), "documents/s", note),
        Figure("throughput, tailor extract", statistics.median(run.rate for run in extracted), "documents/s", note),
        at_least("served against extracted", statistics.median(ratios), "×", 0.9, spans[0]),
        Figure(f"work, {over}", statistics.median(run.work for run in served), "CPU s a document"),
        Figure("work, tailor extract", statistics.median(run.work for run in extracted), "CPU s a document"),
        Figure("the same by CPU time", statistics.median(works), "×", f"{spans[1]}; holds on a busy machine too"),
    ]


async def _serve(door: Door, files: Sequence[tuple[str, bytes]], at_once: int, run: Run) -> None:
    """All files, with `at_once` requests always under way."""
    left = iter(files)

    async def client() -> None:
        for name, content in left:
            record = await door.read(name, content)
            if record.status == "failed":
                say(f"  {name} was not read: {record.error}")
            run.saw_record()

    await asyncio.gather(*(client() for _ in range(at_once)))


def _extract(paths: Sequence[Path], settings: Settings, workers: int, run: Run) -> None:
    with closing(run_many(settings, paths, max(2, workers), 300.0)) as records:
        for _ in records:
            run.saw_record()
