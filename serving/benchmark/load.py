"""Minutes of mixed load on the running service: good files, bad ones, clients that leave, workers that are killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractor.types import Extraction
from serving.benchmark.doors import HttpDoor, content_of
from serving.benchmark.processes import memory, workers
from serving.benchmark.report import Figure, at_most, say

BAD, LEAVING = 0.10, 0.05
"""Shares of requests with a bad file, and of those whose client leaves before the answer."""

LEAVE_AFTER = (0.02, 1.5)
"""Seconds."""

LOOK_EVERY = 2.0

SETTLING = 0.25
"""Of the time, at its start, that memory has to reach its level."""


@dataclass
class Seen:
    """What became of the requests."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    """Requests that ended in nothing that they should."""
    memory: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since the start, bytes of service and workers together."""
    kills: list[float] = field(default_factory=list)


async def measure(
    door: HttpDoor, paths: Sequence[Path], *, seconds: float, kills: int, pid: int | None
) -> list[Figure]:
    """`pid` is the service's process, for its memory and for killing its workers; None leaves both alone."""
    good, seen = content_of(list(paths)), Seen()
    until = time.monotonic() + seconds
    chance = random.Random(7)
    tasks = [_client(door, good, random.Random(number), until, seen) for number in range(8)]
    if pid is not None:
        tasks += [_watch(pid, seconds, seen), _killer(pid, seconds, kills, chance, seen)]
    await asyncio.gather(*tasks)
    return _figures(seen, seconds, pid is not None)


def bad_files(good: Sequence[tuple[str, bytes]], chance: random.Random) -> tuple[str, bytes]:
    """A file that can't be read, or only in part."""
    name, content = chance.choice(list(good))
    kinds: list[Callable[[], tuple[str, bytes]]] = [
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
    door: HttpDoor, good: Sequence[tuple[str, bytes]], chance: random.Random, until: float, seen: Seen
) -> None:
    while time.monotonic() < until:
        drawn = chance.random()
        if drawn < LEAVING:
            await _leave(door, *chance.choice(list(good)), chance.uniform(*LEAVE_AFTER), seen)
        elif drawn < LEAVING + BAD:
            await _send(door, *bad_files(good, chance), seen, bad=True)
        else:
            await _send(door, *chance.choice(list(good)), seen, bad=False)


async def _leave(door: HttpDoor, name: str, content: bytes, after: float, seen: Seen) -> None:
    try:
        await asyncio.wait_for(door.read(name, content), after)
        seen.outcomes["answered before the client left"] += 1
    except TimeoutError:
        seen.outcomes["client left"] += 1
    except Exception as error:
        _note(seen, name, error)


async def _send(door: HttpDoor, name: str, content: bytes, seen: Seen, *, bad: bool) -> None:
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
            _note(seen, name, error)
    except Exception as error:
        _note(seen, name, error)
    else:
        _judge(record, name, seen, bad=bad)


def _judge(record: Extraction, name: str, seen: Seen, *, bad: bool) -> None:
    code = record.error.code if record.error else ""
    if record.status != "failed":
        seen.outcomes["bad file read in part" if bad else "read"] += 1
    elif bad:
        seen.outcomes["bad file failed"] += 1
    elif code == "worker_died":
        seen.outcomes["lost with its worker"] += 1
    else:
        seen.lost.append(f"{name}: {code}")


def _note(seen: Seen, name: str, error: Exception) -> None:
    seen.lost.append(f"{name}: {type(error).__name__}: {error}")
    say(f"  {seen.lost[-1]}")


async def _watch(pid: int, seconds: float, seen: Seen) -> None:
    begun = time.monotonic()
    while (now := time.monotonic() - begun) < seconds:
        seen.memory.append((now, memory(pid)))
        await asyncio.sleep(LOOK_EVERY)


async def _killer(pid: int, seconds: float, kills: int, chance: random.Random, seen: Seen) -> None:
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        if alive := workers(pid):
            os.kill(chance.choice(alive), signal.SIGKILL)
            seen.kills.append(time.monotonic())


def _figures(seen: Seen, seconds: float, watched: bool) -> list[Figure]:
    answered = sum(seen.outcomes.values())
    figures = [
        Figure("requests", answered + len(seen.lost), "", f"{seconds:g} s: {dict(seen.outcomes.most_common())}"),
        at_most("requests lost, or answered 5xx", len(seen.lost), "", 0, "; ".join(seen.lost[:5])),
    ]
    if watched:
        killed = len(seen.kills)
        died = seen.outcomes["lost with its worker"]
        figures.append(at_most("records lost with killed workers", died, "", killed, f"{killed} workers killed"))
        change = _drift(seen.memory, seconds)
        figures.append(at_most("memory, last quarter against second", abs(change), "%", 5, f"{change:+.1f} %"))
    return figures


def _drift(memory: Sequence[tuple[float, int]], seconds: float) -> float:
    """By how many percent the median of the last quarter lies above that of the second one."""
    early = sorted(size for at, size in memory if SETTLING * seconds <= at < 2 * SETTLING * seconds)
    late = sorted(size for at, size in memory if at >= (1 - SETTLING) * seconds)
    if not early or not late:
        return 0.0
    return 100.0 * (late[len(late) // 2] / early[len(early) // 2] - 1)
