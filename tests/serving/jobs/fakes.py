"""An engine that reads nothing, and jobs over it with short times."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from extractor.types import Extraction, Notice
from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload
from serving.jobs.guard import Resolver
from serving.jobs.model import Job, Request
from serving.jobs.parts import Parts
from serving.jobs.reader import Judge
from serving.jobs.service import Jobs
from serving.jobs.settings import JobSettings

QUICK: dict[str, Any] = {"lease": 5.0, "upkeep": 0.1, "poll": 0.02, "readers": 2}


class FakeEngine:
    """Answers with a record of the upload's name and digest. Bytes that begin with `bad` can't be read."""

    def __init__(self, seconds: float = 0.0, workers: int = 2) -> None:
        self.seconds = seconds
        self.workers = workers
        self.seen: list[str] = []
        self.asked: list[ReadOptions] = []
        self.cancelled: list[str] = []
        self.running = 0
        self.most = 0
        self.others = 0
        """Interactive requests that are there too."""
        self.busy = 0
        """How often to be full before the next is taken."""
        self.ready = True

    async def start(self) -> None:
        return None

    async def stop(self, grace: float) -> None:
        return None

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        if self.busy > 0:
            self.busy -= 1
            raise Busy("full", retry_after=0.05)
        self.seen.append(upload.name)
        self.asked.append(options)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(upload.name)
            raise
        finally:
            self.running -= 1
        bad = upload.content.startswith(b"bad")
        if upload.content.startswith(b"defect"):
            raise RuntimeError("a defect of the engine")
        return Answer(
            Extraction(
                file=upload.name,
                sha256=hashlib.sha256(upload.content).hexdigest(),
                status="failed" if bad else "ok",
                pages=0 if bad else 1,
                error=Notice(code="broken_image", message="It is broken.") if bad else None,
            )
        )

    def state(self) -> EngineState:
        return EngineState(ready=self.ready, running=self.running + self.others, workers=self.workers, capacity=64)


def settings(folder: Path, **changes: Any) -> JobSettings:
    return JobSettings(folder=folder, **{**QUICK, **changes})


@asynccontextmanager
async def running(
    given: JobSettings, engine: FakeEngine, *, judge: Judge | None = None, resolve: Resolver | None = None
) -> AsyncIterator[Jobs]:
    jobs = Jobs(Parts.open(given), engine, judge=judge, resolve=resolve)
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop(0.2)


async def send(jobs: Jobs, request: Request, uploads: list[Upload]) -> Job:
    return (await jobs.submit(request, uploads))[0]


async def until(true: Callable[[], bool], seconds: float = 8.0) -> None:
    """Waits until something is so, and fails where it never is."""
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, "it never came about"
        await asyncio.sleep(0.01)


async def ended(jobs: Jobs, job: Job, owner: str = "anna", seconds: float = 8.0) -> Job:
    """The job once nothing of it is open."""
    end = asyncio.get_running_loop().time() + seconds
    while (found := await jobs.find(owner, job.id)).finished is None:
        assert asyncio.get_running_loop().time() < end, f"still open: {found}"
        await asyncio.sleep(0.02)
    return found


def uploads(count: int, prefix: str = "r") -> list[Upload]:
    return [Upload(f"{prefix}{number}.png", f"{prefix} {number}".encode()) for number in range(count)]
