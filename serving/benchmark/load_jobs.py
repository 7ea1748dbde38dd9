"""Jobs in the mixed load: sent under an Idempotency-Key, asked after until they end, and judged file by file."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Protocol

from extractor.types import Extraction
from serving.benchmark.load_seen import Seen
from serving.benchmark.report import say

FILES = (3, 8)
"""In a job, at least and at most."""

AT_ONCE = 3
"""Jobs under way; each asks after its state, and the files of all wait for the same workers."""

SENT_TWICE = 0.25
"""Of the jobs: as a client does that had no answer. The service must answer with the same job."""

ASK_EVERY = 1.0

PATIENCE = 300.0
"""Seconds after the end of the load after which a job that has not ended counts as lost. As long as people wait for
their documents, jobs are read one file at a time."""

Named = tuple[str, bytes]


class JobDoor(Protocol):
    """Raises httpx.HTTPError, with the answer where there is one."""

    async def submit(self, files: Sequence[Named], key: str) -> str:
        """The job's id."""
        ...

    async def ended(self, job: str) -> bool: ...

    async def results(self, job: str) -> list[Extraction]:
        """All records that there are, from page to page."""
        ...


class Lost(Exception):
    """What became of a job is not what was promised."""


async def run(
    door: JobDoor, files: Sequence[tuple[Named, bool]], chance: random.Random, until: float, seen: Seen
) -> None:
    """One job from its sending to its records. `files` come with whether each is bad; the load lasts `until`."""
    begun = time.monotonic()
    try:
        records = await _records(door, [named for named, _ in files], chance, until, seen)
    except Exception as error:
        told = str(error) if isinstance(error, Lost) else f"{type(error).__name__}: {error}"
        seen.jobs_lost.append(f"job of {len(files)} files: {told}")
        say(f"  {seen.jobs_lost[-1]}")
        return
    seen.outcomes["job done"] += 1
    seen.job_seconds.append(time.monotonic() - begun)
    for record, ((name, _), bad) in zip(records, files, strict=True):
        seen.judge(record, name, bad=bad, by="in a job: ")


async def _records(
    door: JobDoor, named: Sequence[Named], chance: random.Random, until: float, seen: Seen
) -> list[Extraction]:
    """One for each file, in their order. Raises Lost, and httpx.HTTPError."""
    key = f"load-{chance.getrandbits(64):016x}"
    job = await _accepted(door, named, key, seen)
    seen.outcomes["job accepted"] += 1
    if chance.random() < SENT_TWICE:
        again = await _accepted(door, named, key, seen)
        seen.outcomes["job sent twice"] += 1
        if again != job:
            raise Lost(f"{job}, sent again, became another job, {again}")
    if not await _ended(door, job, until + PATIENCE):
        raise Lost(f"{job} had not ended {PATIENCE:g} s after the load")
    records = await door.results(job)
    if [record.file for record in records] != [name for name, _ in named]:
        raise Lost(f"{job} gave {len(records)} records for {len(named)} files, or in another order")
    return records


async def _accepted(door: JobDoor, named: Sequence[Named], key: str, seen: Seen) -> str:
    """Sends until it is taken: where there is no room, after what Retry-After says, under the same key."""
    import httpx

    while True:
        try:
            return await door.submit(named, key)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 429:
                raise
            seen.outcomes["job refused, came again"] += 1
            await asyncio.sleep(float(error.response.headers.get("retry-after", "1")))


async def _ended(door: JobDoor, job: str, by: float) -> bool:
    while time.monotonic() < by:
        if await door.ended(job):
            return True
        await asyncio.sleep(ASK_EVERY)
    return False
