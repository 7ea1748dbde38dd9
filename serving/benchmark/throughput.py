"""The service at saturation against `tailor extract` on the same files, ways alternated."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from extractor.pipeline import Settings
from extractor.pool import run_many
from serving.benchmark.doors import Door, content_of
from serving.benchmark.report import Figure, at_least, say


async def measure(door: Door, paths: Sequence[Path], *, workers: int, rounds: int, over: str) -> list[Figure]:
    """Documents a second, each way from the record after the first few (starting up is not counted) to the last."""
    files = content_of(list(paths))
    served: list[float] = []
    extracted: list[float] = []
    for number in range(rounds):
        say(f"throughput: round {number + 1} of {rounds}")
        served.append(_rate(await _serve(door, files, 2 * workers + 2), workers))
        extracted.append(_rate(await asyncio.to_thread(_extract, paths, workers), workers))
        say(f"  {over} {served[-1]:.2f}, tailor extract {extracted[-1]:.2f} documents/s")
    ratios = [one / other for one, other in zip(served, extracted, strict=True)]
    note = f"{len(paths)} documents, {workers} workers, {rounds} rounds"
    return [
        Figure(f"throughput, {over}", statistics.median(served), "documents/s", note),
        Figure("throughput, tailor extract", statistics.median(extracted), "documents/s", note),
        at_least(
            "served against extracted", statistics.median(ratios), "×", 0.9, f"{min(ratios):.2f}–{max(ratios):.2f}"
        ),
    ]


async def _serve(door: Door, files: Sequence[tuple[str, bytes]], at_once: int) -> list[float]:
    """When each record came, with `at_once` requests always under way."""
    left = iter(files)
    times: list[float] = []

    async def client() -> None:
        for name, content in left:
            record = await door.read(name, content)
            if record.status == "failed":
                say(f"  {name} was not read: {record.error}")
            times.append(time.perf_counter())

    await asyncio.gather(*(client() for _ in range(at_once)))
    return times


def _extract(paths: Sequence[Path], workers: int) -> list[float]:
    with closing(run_many(Settings(), paths, max(2, workers), 300.0)) as records:
        return [time.perf_counter() for _ in records]


def _rate(times: Sequence[float], workers: int) -> float:
    ordered = sorted(times)[workers:]
    return (len(ordered) - 1) / (ordered[-1] - ordered[0])
