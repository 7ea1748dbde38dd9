"""An engine that reads nothing: it answers at once, or when it is told to."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from extractor.errors import TailorError
from extractor.types import Extraction, Field, Notice, Receipt
from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload


@dataclass
class FakeEngine:
    """`seconds` is what one document takes; `capacity` how many are taken at once; `hold` keeps all until it is set."""

    seconds: float = 0.0
    capacity: int = 1000
    retry_after: float = 3.0
    hold: asyncio.Event | None = None
    warm: asyncio.Event | None = None
    fails: TailorError | None = None
    breaks: Exception | None = None
    warnings: tuple[str, ...] = ()
    began: int = 0
    finished: int = 0
    cancelled: int = 0
    running: int = 0
    options: list[ReadOptions] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    stopped_with: float | None = None
    ready: bool = False

    async def start(self) -> None:
        if self.fails:
            raise self.fails
        if self.warm:
            await self.warm.wait()
        self.ready = True

    async def stop(self, grace: float) -> None:
        self.stopped_with = grace

    def state(self) -> EngineState:
        return EngineState(
            ready=self.ready,
            model="fake@0",
            provider="CPUExecutionProvider",
            warnings=self.warnings,
            running=self.running,
            capacity=self.capacity,
            workers=2,
            facts={"fields": ["total"]},
        )

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        if self.running >= self.capacity:
            raise Busy("The queue is full.", retry_after=self.retry_after)
        if self.breaks:
            raise self.breaks
        self.began += 1
        self.running += 1
        self.options.append(options)
        self.uploads.append(upload)
        try:
            await asyncio.sleep(self.seconds)
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        self.finished += 1
        pictures = (b"\x89PNG picture",) if options.annotate else ()
        return Answer(record_of(upload), pictures=pictures, waited=0.01)


def record_of(upload: Upload) -> Extraction:
    """What the fake reads: its total is the number of bytes; an empty file can't be read."""
    digest = hashlib.sha256(upload.content).hexdigest()
    if not upload.content:
        error = Notice(code="empty_file", message="The file is empty.")
        return Extraction(file=upload.name, sha256=digest, status="failed", pages=0, error=error)
    total = Field(value=f"{len(upload.content)}.00", text="x", confidence=0.9, page=0, box=[0.1, 0.1, 0.2, 0.2])
    return Extraction(
        file=upload.name,
        sha256=digest,
        status="ok",
        pages=1,
        receipt=Receipt(fields={"total": total}),
        model="fake@0",
        seconds={"load": 0.01, "ocr": 0.2, "student": 0.02},
    )
