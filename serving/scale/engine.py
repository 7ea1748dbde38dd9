"""The engine behind `tailor serve --engine ray`: documents go to replicas on a Ray cluster.

The HTTP side stays the service's own: keys, limits, idempotency and jobs are the same with either engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time

from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload
from serving.engine.local import Assemble
from serving.engine.observer import Observer, Unobserved
from serving.engine.records import worker_died
from serving.engine.settings import EngineSettings
from serving.scale.cluster import Cluster
from serving.scale.replica import Refusal
from serving.scale.settings import ScaleSettings

logger = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at how many replicas run."""

LEAST, MOST = 1.0, 30.0
"""Seconds: between these lies what Busy says."""


class RayEngine:
    """See `serving.engine.base.Engine`.

    `engine` is what each replica is built of; its `queue` is how many documents may wait beside those in work, over all
    replicas. A replica that is lost is replaced by Ray, and the documents that it was reading go to another.
    """

    def __init__(
        self,
        engine: EngineSettings,
        scale: ScaleSettings | None = None,
        observer: Observer | None = None,
        *,
        assemble: Assemble | None = None,
    ) -> None:
        self.settings = engine
        self.scale = scale or ScaleSettings()
        self._observer = observer or Unobserved()
        self._cluster = Cluster(engine, self.scale, assemble)
        self._told: EngineState | None = None
        self._running = 0
        self._under_way = 0
        self._mean = 1.0
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Returns when all replicas have warmed up. Raises MissingExtra, UsageError, BadModel."""
        try:
            await asyncio.to_thread(self._cluster.join)
            _take_back_sigterm()
            self._told = await asyncio.to_thread(self._cluster.start)
        except BaseException:
            await asyncio.to_thread(self._cluster.stop)
            raise
        self._running = self.scale.replicas
        self._watching = asyncio.create_task(self._watch())
        logger.info("%d replicas run on Ray as %s", self.scale.replicas, self._cluster.name)

    async def stop(self, grace: float) -> None:
        self._stopping = True
        until = time.monotonic() + grace
        while self._under_way and time.monotonic() < until:
            await asyncio.sleep(0.05)
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.to_thread(self._cluster.stop)

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        self._admit()
        self._under_way += 1
        begun = time.monotonic()
        try:
            answer = await self._read(upload, options)
        finally:
            self._under_way -= 1
        self._mean += 0.1 * (time.monotonic() - begun - self._mean)
        return answer

    def state(self) -> EngineState:
        told = self._told or EngineState(ready=False)
        workers = self._running * self.settings.processes
        missing = self.scale.replicas - self._running
        warnings = list(told.warnings)
        if self._told and missing > 0:
            warnings.append(f"{missing} of {self.scale.replicas} replicas are being started anew.")
        return EngineState(
            ready=self._running > 0 and not self._stopping,
            model=told.model,
            provider=told.provider,
            warnings=tuple(warnings),
            waiting=max(0, self._under_way - workers),
            running=min(self._under_way, workers),
            capacity=self._capacity,
            workers=workers,
            facts=told.facts,
        )

    @property
    def _capacity(self) -> int:
        return self.settings.queue + self.scale.replicas * self.settings.processes

    def _admit(self) -> None:
        if self._stopping:
            raise _stopping()
        if self._under_way >= self._capacity:
            workers = max(1, self._running * self.settings.processes)
            # `_mean` counts the waiting too: a quarter of it lets a quarter of the queue be worked off.
            after = min(max(self._mean / 4, self._under_way / workers / 4, LEAST), MOST)
            raise Busy("The service's queue is full.", hint="Come again after Retry-After.", retry_after=after)

    async def _read(self, upload: Upload, options: ReadOptions) -> Answer:
        for attempt in range(self.scale.retries + 1):
            try:
                return await self._ask(upload, options)
            except _Lost as lost:
                if self._stopping:
                    raise _stopping() from lost
                self._observer.on_worker("died")
                logger.warning("a replica was lost (%s), attempt %d of its document", lost, attempt + 1)
        return worker_died(upload, "its replica was lost")

    async def _ask(self, upload: Upload, options: ReadOptions) -> Answer:
        """One attempt. Raises Busy, _Lost."""
        response = self._cluster.handle.read.remote(upload, options)
        try:
            told = await response
        except asyncio.CancelledError:
            response.cancel()
            raise
        except Exception as error:
            if self._cluster.lost(error):
                raise _Lost(type(error).__name__) from error
            raise
        if isinstance(told, Refusal):
            if told.code == "stopping" and not self._stopping:
                raise _Lost("it was stopped")  # Ray moves the replica; another one reads
            raise told.error()
        answer: Answer = told
        return answer

    async def _watch(self) -> None:
        """Keeps the number of running replicas, since `state` must not wait."""
        while True:
            await asyncio.sleep(LOOK)
            with contextlib.suppress(Exception):  # Ray's controller is away for a moment
                before, self._running = self._running, await asyncio.to_thread(self._cluster.running)
                if self._running > before:
                    self._observer.on_worker("started")


class _Lost(Exception):
    """The replica went away with the document."""


def _take_back_sigterm() -> None:
    """Ray's native code installs a handler of its own, behind Python's back, which prints a stack and ends the process:
    nothing would be finished on SIGTERM. Setting Python's again puts it back in its place."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def _stopping() -> Busy:
    return Busy("The service is stopping.", code="stopping", hint="Send it again in a moment.")
