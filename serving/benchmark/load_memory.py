"""Whether the memory of a service stays flat while it works, told apart from workers that die and are born anew.

What is added up is PSS, the proportional share of each process: memory that several processes have in common counts
once in all, so that a worker's death doesn't move it about. Elsewhere than on Linux it is what is resident.

A look counts only while all workers live and each has had time to grow: a worker's size is that which the largest of
its documents gave it (on two cores and the examples 390 MiB newborn, 500 to 570 later). A newborn one would pass for
shrinkage, and its growing up for a leak.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from serving.benchmark.processes import shares
from serving.benchmark.report import Figure, at_most

LOOK_EVERY = 2.0

WARM_UP = 0.2
"""Of the time, at its start: all processes reach their level."""

GROWN_UP = 25.0
"""CPU seconds (some thirty documents) from which a worker is taken for grown: on a busy machine the clock says little.
In a short run less, a twentieth of the time."""

WINDOW = 0.2
"""Of the looks that count: so many at either end are compared."""

BOUND = 5.0
"""Percent."""

MIB = 2**20


@dataclass(frozen=True)
class Look:
    """`at` is seconds since the start of the load. `workers` are bytes and CPU seconds of each."""

    at: float
    service: int
    workers: tuple[tuple[int, float], ...]

    @property
    def whole(self) -> int:
        return self.service + sum(size for size, _ in self.workers)

    @property
    def youngest(self) -> float:
        """CPU seconds."""
        return min((worked for _, worked in self.workers), default=0.0)


async def watch(pid: int, seconds: float, looks: list[Look]) -> None:
    """Looks again and again, until the time is over, at the service whose process is `pid`."""
    begun = time.monotonic()
    while (now := time.monotonic() - begun) < seconds:
        service, workers = await asyncio.to_thread(shares, pid)
        looks.append(Look(now, service, tuple(workers)))
        await asyncio.sleep(LOOK_EVERY)


def figures(looks: Sequence[Look], seconds: float) -> list[Figure]:
    """The change from the first to the last window, its bound, and what each part did."""
    counted = comparable(looks, seconds)
    size = max(1, round(WINDOW * len(counted)))
    if len(counted) < 2 * size:
        note = f"{len(counted)} of {len(looks)} looks count: too few; run longer, or with fewer kills"
        return [Figure("memory, last window against first", 0.0, "%", note, f"≤ {BOUND:g}", False)]
    first, last = counted[:size], counted[-size:]
    change = _change([each.whole for each in first], [each.whole for each in last])
    note = (
        f"{change:+.1f} %: {_mib(first)} MiB ({_span(first)}) to {_mib(last)} MiB ({_span(last)}); "
        f"{len(counted)} of {len(looks)} looks count, all workers having worked {_grown(seconds):.0f} CPU s"
    )
    alone = _change([each.service for each in first], [each.service for each in last])
    before, after = (median(each.service for each in window) / MIB for window in (first, last))
    ends = [f"{size / MIB:.0f} MiB after {worked:.0f} CPU s" for size, worked in counted[-1].workers]
    return [
        at_most("memory, last window against first", abs(change), "%", BOUND, note),
        Figure("of it the service's own process", alone, "%", f"{before:.0f} to {after:.0f} MiB"),
        Figure(
            "memory at most", max(each.whole for each in looks) / MIB, "MiB", f"workers at the end: {', '.join(ends)}"
        ),
    ]


def comparable(looks: Sequence[Look], seconds: float) -> list[Look]:
    """Looks after the warm-up, with as many workers as there are as a rule, all of them grown."""
    after = [each for each in looks if each.at >= WARM_UP * seconds]
    if not after:
        return []
    usual = Counter(len(each.workers) for each in after).most_common(1)[0][0]
    return [each for each in after if len(each.workers) == usual and each.youngest >= _grown(seconds)]


def _grown(seconds: float) -> float:
    return min(GROWN_UP, seconds / 20)


def _change(first: Sequence[int], last: Sequence[int]) -> float:
    return 100.0 * (median(last) / median(first) - 1)


def _mib(window: Sequence[Look]) -> str:
    return f"{median(each.whole for each in window) / MIB:.0f}"


def _span(window: Sequence[Look]) -> str:
    return f"{window[0].at:.0f}–{window[-1].at:.0f} s"
