"""The engine of one machine: worker processes read, one student in this process answers them in batches."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from extractor.errors import WorkerDied
from extractor.student.artifact import Manifest
from extractor.student.session import on_gpu
from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload
from serving.engine.batching import Batcher, Runs
from serving.engine.jobs import Job, JobQueue
from serving.engine.observer import Observer, Unobserved
from serving.engine.records import worker_died
from serving.engine.settings import EngineSettings, cores
from serving.engine.slot import Shared, Slot
from serving.engine.worker import ReaderFactory

logger = logging.getLogger(__name__)

GPU_WAIT = 0.005
"""Seconds that a document may wait for others on a GPU, where nothing else is said."""

_LOOK = 0.05


@dataclass(frozen=True)
class Parts:
    """What an engine is made of: the student, what builds readers in workers, and what can be told about both."""

    student: Runs
    make: ReaderFactory
    model: str
    provider: str
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


class Assemble(Protocol):
    def __call__(self, settings: EngineSettings) -> Parts: ...


class LocalEngine:
    """See `serving.engine.base.Engine`.

    >>> engine = LocalEngine(EngineSettings())
    >>> await engine.start()
    >>> answer = await engine.read(Upload("receipt.jpg", content), ReadOptions())

    `assemble` makes the parts; tests give small ones.
    """

    def __init__(
        self,
        settings: EngineSettings | None = None,
        observer: Observer | None = None,
        *,
        assemble: Assemble | None = None,
    ) -> None:
        self.settings = settings or EngineSettings()
        self._observer = observer or Unobserved()
        self._assemble = assemble or assembled
        self._queue = JobQueue(self.settings.queue, self.settings.processes)
        self._jobs: set[Job] = set()
        self._slots: list[Slot] = []
        self._parts: Parts | None = None
        self._batcher: Batcher | None = None
        self._stopped = threading.Event()

    async def start(self) -> None:
        """Loads the student, starts the workers and lets each read a first page.

        Raises UsageError or WorkerDied where no worker can start, Busy (code `stopping`) where it is stopped meanwhile.
        """
        await asyncio.to_thread(self._start)
        if self._stopped.is_set():
            await asyncio.to_thread(self._end)
            raise _stopping()
        problems = [slot.problem for slot in self._slots if slot.problem]
        if not any(slot.ready for slot in self._slots):
            await self.stop(0.0)
            raise problems[0] if problems else WorkerDied("The worker processes die before they read anything.")

    async def stop(self, grace: float) -> None:
        """What is not done after `grace` seconds ends with Busy (code `stopping`), to be sent again elsewhere."""
        self._stopped.set()
        self._queue.close()
        until = time.monotonic() + grace
        while any(self._queue.counts) and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
        self._queue.drain()
        for job in list(self._jobs):
            job.withdrawn = True
            job.settle(_stopping())
        await asyncio.to_thread(self._end)

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        job = Job(upload, options, _settling(future))
        self._queue.put(job)
        self._jobs.add(job)
        self._observer.on_queue(*self._queue.counts)
        try:
            answer = await future
        except asyncio.CancelledError:
            job.withdrawn = True
            self._queue.drop(job)
            raise
        finally:
            self._jobs.discard(job)
            self._observer.on_queue(*self._queue.counts)
        self._observe(job, answer)
        return answer

    def state(self) -> EngineState:
        waiting, running = self._queue.counts
        parts = self._parts
        ready = sum(slot.ready for slot in self._slots)
        warnings = [*(parts.warnings if parts else ()), *(text for slot in self._slots for text in slot.warnings)]
        if parts and ready < len(self._slots):
            warnings.append(f"{len(self._slots) - ready} of {len(self._slots)} workers are being started anew.")
        return EngineState(
            ready=ready > 0,
            model=parts.model if parts else "",
            provider=parts.provider if parts else "",
            warnings=tuple(dict.fromkeys(warnings)),
            waiting=waiting,
            running=running,
            capacity=self._queue.capacity,
            workers=ready,
            facts=parts.facts if parts else {},
        )

    def worker_pids(self) -> list[int]:
        """The processes that read, for those who watch their memory or test their loss."""
        return [slot.pid for slot in self._slots if slot.ready]

    def _start(self) -> None:
        self._parts = self._assemble(self.settings)
        batch, gpu = self.settings.batch, on_gpu(self._parts.provider)
        wait = batch.wait if batch.wait is not None else (GPU_WAIT if gpu else 0.0)
        lanes = batch.lanes or (1 if gpu else min(cores(), self.settings.processes))
        self._batcher = Batcher(
            self._parts.student,
            size=batch.size,
            wait=wait,
            lengths=batch.lengths,
            lanes=lanes,
            observer=self._observer,
        )
        shared = Shared(
            self.settings,
            self._parts.make,
            self._queue,
            self._batcher,
            self._observer,
            threading.Semaphore(1),
            self._hopeless,
        )
        self._slots = [Slot(number, shared) for number in range(self.settings.processes)]
        for slot in self._slots:
            if not self._stopped.is_set():
                slot.start()
        for slot in self._slots:
            while not (slot.tried.wait(_LOOK) or self._stopped.is_set()):
                pass

    def _end(self) -> None:
        slots, self._slots = self._slots, []
        for slot in slots:
            slot.kill()
        for slot in slots:
            if slot.ident is not None:  # it was started
                slot.join()
        if self._batcher:
            self._batcher.close()

    def _hopeless(self, why: str) -> None:
        """No worker stays alive: what waits must not wait for ever."""
        if not any(slot.ready for slot in self._slots):
            for job in self._queue.drain():
                job.settle(worker_died(job.upload, why))

    def _observe(self, job: Job, answer: Answer) -> None:
        observer, record = self._observer, answer.record
        observer.on_stage("total", time.monotonic() - job.accepted)
        observer.on_stage("queue", max(0.0, job.begun - job.accepted) if job.begun else 0.0)
        observer.on_document(record.status, record.error.code if record.error else "")
        for stage in ("load", "ocr", "student"):
            if stage in record.seconds:
                observer.on_stage(stage, record.seconds[stage])
        for name, found in record.receipt.fields.items():
            observer.on_confidence(name, found.confidence)


def _stopping() -> Busy:
    return Busy("The service is stopping.", code="stopping", hint="Send it again in a moment.")


def assembled(settings: EngineSettings) -> Parts:
    """The parts of the product: the student where it runs best, and readers that do OCR."""
    from serving.engine.gpu import open_student
    from serving.engine.reader import MakeDocumentReader

    chosen = open_student(settings)
    student = chosen.student
    gpu = on_gpu(student.provider)
    cuda = settings.ocr_cuda == "on" or (settings.ocr_cuda == "auto" and gpu)
    make = MakeDocumentReader(settings.reading, student.name, student.provider, cuda)
    return Parts(student, make, student.name, student.provider, chosen.warnings, _facts(student.manifest))


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "name": manifest.name,
        "kind": manifest.kind,
        "precision": manifest.precision,
        "fields": [*manifest.spans, *manifest.inferred],
        "line_items": list(manifest.parts),
        "languages": [language for language in manifest.inferred.get("language", ()) if language],
        "figures": dict(manifest.evaluation),
        "licences": list(manifest.licences),
    }


def _settling(future: asyncio.Future[Answer]) -> Callable[[Answer | Exception], None]:
    """Settles a future of this event loop from any thread, once; nobody may wait for it any more."""
    loop = future.get_loop()

    def settle(outcome: Answer | Exception) -> None:
        if future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def from_anywhere(outcome: Answer | Exception) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, outcome)

    return from_anywhere
