"""Minutes of mixed load on the running service: good files, bad ones, jobs, clients that leave, killed workers."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Protocol

from serving.benchmark import load_jobs, load_memory
from serving.benchmark.doors import Door, content_of
from serving.benchmark.load_jobs import JobDoor, Named
from serving.benchmark.load_seen import Seen
from serving.benchmark.processes import workers
from serving.benchmark.report import Figure, at_most

BAD, LEAVING, JOBS = 0.10, 0.05, 0.05
"""Shares of requests with a bad file (and of such files in jobs), of those whose client leaves before the answer, and
of those that send a job."""

LEAVE_AFTER = (0.02, 1.5)
"""Seconds."""

CLIENTS = 8


class LoadDoor(Door, JobDoor, Protocol):
    """Both ways in: documents that are answered at once, and jobs."""


async def measure(
    door: LoadDoor, paths: Sequence[Path], *, seconds: float, kills: int, pid: int | None
) -> list[Figure]:
    """`pid` is the service's process, for its memory and for killing its workers; None leaves both alone."""
    good, seen = content_of(list(paths)), Seen()
    until = time.monotonic() + seconds
    jobs: set[asyncio.Task[None]] = set()
    tasks = [_client(door, good, random.Random(number), until, jobs, seen) for number in range(CLIENTS)]
    if pid is not None:
        tasks += [load_memory.watch(pid, seconds, seen.looks), _killer(pid, seconds, kills, random.Random(7), seen)]
    await asyncio.gather(*tasks)
    await asyncio.gather(*jobs)
    return _figures(seen, seconds, pid is not None)


def bad_files(good: Sequence[Named], chance: random.Random) -> Named:
    """A file that can't be read, or only in part."""
    name, content = chance.choice(list(good))
    kinds: list[Callable[[], Named]] = [
        lambda: (name, content[: len(content) // 3]),
        lambda: (name, content[:200] + chance.randbytes(2000)),
        lambda: ("page.html", b"<html><body>Not a receipt</body></html>"),
        lambda: ("noise.pdf", b"%PDF-1.7\n" + chance.randbytes(3000)),
        lambda: ("noise.jpg", chance.randbytes(5000)),
        lambda: ("archive.zip", b"PK\x03\x04" + chance.randbytes(1000)),
        lambda: ("empty.jpg", b""),
    ]
    return chance.choice(kinds)()


async def _client(
    door: LoadDoor,
    good: Sequence[Named],
    chance: random.Random,
    until: float,
    jobs: set[asyncio.Task[None]],
    seen: Seen,
) -> None:
    """One request after the other; jobs go on beside them."""
    while time.monotonic() < until:
        drawn = chance.random()
        if drawn < JOBS:
            if len(jobs) < load_jobs.AT_ONCE:
                files = [_file(good, chance) for _ in range(chance.randint(*load_jobs.FILES))]
                jobs.add(job := asyncio.create_task(load_jobs.run(door, files, chance, until, seen)))
                job.add_done_callback(jobs.discard)
        elif drawn < JOBS + LEAVING:
            await _leave(door, *chance.choice(good), chance.uniform(*LEAVE_AFTER), seen)
        else:
            (name, content), bad = _file(good, chance)
            await _send(door, name, content, seen, bad=bad)


def _file(good: Sequence[Named], chance: random.Random) -> tuple[Named, bool]:
    """A file, and whether it is a bad one."""
    bad = chance.random() < BAD
    return (bad_files(good, chance) if bad else chance.choice(good)), bad


async def _leave(door: LoadDoor, name: str, content: bytes, after: float, seen: Seen) -> None:
    try:
        await asyncio.wait_for(door.read(name, content), after)
        seen.outcomes["answered before the client left"] += 1
    except TimeoutError:
        seen.outcomes["client left"] += 1
    except Exception as error:
        seen.note(f"{name}: {type(error).__name__}: {error}")


async def _send(door: LoadDoor, name: str, content: bytes, seen: Seen, *, bad: bool) -> None:
    import httpx

    try:
        record = await door.read(name, content)
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        if status == 429:
            seen.outcomes["refused, came again"] += 1
            await asyncio.sleep(float(error.response.headers.get("retry-after", "1")))
        elif bad and 400 <= status < 500:
            seen.outcomes["bad file refused"] += 1
        else:
            seen.note(f"{name}: {type(error).__name__}: {error}")
    except Exception as error:
        seen.note(f"{name}: {type(error).__name__}: {error}")
    else:
        seen.judge(record, name, bad=bad)


async def _killer(pid: int, seconds: float, kills: int, chance: random.Random, seen: Seen) -> None:
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        if alive := workers(pid):
            os.kill(chance.choice(alive), signal.SIGKILL)
            seen.killed += 1


def _figures(seen: Seen, seconds: float, watched: bool) -> list[Figure]:
    outcomes = dict(seen.outcomes.most_common())
    jobs = seen.outcomes["job accepted"]
    figures = [
        Figure("requests and files of jobs", _answered(seen), "", f"{seconds:g} s: {outcomes}"),
        at_most("requests lost, or answered 5xx", len(seen.lost), "", 0, "; ".join(seen.lost[:5])),
        at_most("jobs lost", len(seen.jobs_lost), "", 0, "; ".join(seen.jobs_lost[:5]) or f"{jobs} were accepted"),
    ]
    if seen.job_seconds:
        slowest = max(seen.job_seconds)
        figures.append(Figure("a job, median", median(seen.job_seconds), "s", f"at most {slowest:.0f} s"))
    if watched:
        told = f"{seen.killed} workers killed"
        figures.append(at_most("records lost with killed workers", seen.died, "", seen.killed, told))
        figures += load_memory.figures(seen.looks, seconds)
    return figures


def _answered(seen: Seen) -> int:
    """What was asked for and what came of it, file by file; what was said about jobs is not counted twice."""
    about_jobs = sum(count for outcome, count in seen.outcomes.items() if outcome.startswith("job "))
    return sum(seen.outcomes.values()) - about_jobs + len(seen.lost)
