"""Reads waiting documents in the service's event loop, leaving room in the engine for interactive requests."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from extractor.errors import TailorError, WorkerDied
from extractor.types import Extraction
from serving.engine.base import Answer, Busy, Engine, Upload
from serving.jobs.model import Claim
from serving.jobs.parts import Parts

logger = logging.getLogger("serving.jobs")

Judge = Callable[[Answer, str | None], Awaitable[Extraction]]
"""Applies a policy (by its name; None for the service's own) to what was read, and gives the record to keep."""

_LONGEST_PAUSE = 30.0


class Reader:
    """Takes messages, claims documents, and hands as many to the engine as interactive requests leave room for."""

    def __init__(self, parts: Parts, engine: Engine, ended: Callable[[], None], judge: Judge | None = None) -> None:
        """`ended` is called whenever a job has ended."""
        self._parts = parts
        self._engine = engine
        self._ended = ended
        self._judge = judge
        self._wake = asyncio.Event()
        self._stopping = False
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._asked = 0
        """Documents of ours that the engine has now."""
        self.passed = 0.0
        """The place in the common order that the queue has come to."""
        self.written: Counter[str] = Counter()

    def wake(self) -> None:
        """Something was put into the queue."""
        self._wake.set()

    async def run(self) -> None:
        """Until `stop`."""
        heart = asyncio.create_task(self._keep_leases())
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    if not self._has_room():
                        await self._pause_until_change()
                        continue
                    claim = await self._next()
                except Exception as error:  # queue or store is away: what waits, waits
                    logger.warning("waiting documents can't be looked up (%s)", type(error).__name__)
                    await self._sleep(1.0)
                    continue
                if claim is not None:
                    self._begin(claim)
            while self._reading:
                await asyncio.wait(list(self._reading.values()))
        finally:
            heart.cancel()

    def pause(self) -> None:
        """Takes nothing more."""
        self._stopping = True
        self._wake.set()

    async def stop(self, running: asyncio.Task[None], grace: float) -> None:
        """Takes nothing more, finishes what was begun for `grace` seconds, and gives the rest back to the queue."""
        self.pause()
        await asyncio.wait([running], timeout=grace)
        for task in list(self._reading.values()):
            task.cancel()
        await running

    def _has_room(self) -> bool:
        """Whether one more may go to the engine. What others have there counts against our share, down to one
        document at a time: jobs slow down while people wait, and never stand still."""
        state = self._engine.state()
        if not state.ready:
            return False
        own = len(self._reading)
        others = max(0, state.waiting + state.running - self._asked)
        # One more than the workers, so that none idles while we fetch the next.
        most = self._parts.settings.readers or state.workers + 1
        return own < max(1, most - others)

    async def _pause_until_change(self) -> None:
        """Until a document is read, and for a moment at most: others' requests end without telling us."""
        if self._reading:
            await asyncio.wait(
                list(self._reading.values()), timeout=self._parts.settings.poll, return_when=asyncio.FIRST_COMPLETED
            )
        else:
            await self._sleep(self._parts.settings.poll)

    async def _next(self) -> Claim | None:
        document = await self._parts.call(self._parts.queue.take)
        if document is None:
            await self._sleep(self._parts.settings.poll)
            return None
        claim = await self._parts.call(self._parts.leases.claim, document)
        if claim is not None:
            self.passed = claim.due
        return claim

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    def _begin(self, claim: Claim) -> None:
        task = asyncio.create_task(self._read(claim))
        self._reading[claim.lease] = task
        task.add_done_callback(lambda _: self._reading.pop(claim.lease, None))

    async def _read(self, claim: Claim) -> None:
        try:
            record = await self._record(claim)
            await self._write(claim, record)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(claim, begun=False))
        except Exception as error:
            logger.error("document %s could not be read or noted: %s", claim.document, type(error).__name__)
            await self._give_back(claim, begun=True)

    async def _record(self, claim: Claim) -> Extraction:
        """The record; one that failed where the document can't be read."""
        if claim.attempts > self._parts.settings.attempts:
            hint = "Send it alone; if that fails too, the file is likely to be broken."
            died = f"Reading this document was broken off {claim.attempts - 1} times."
            return _failed(claim.name, b"", WorkerDied(died, hint=hint))
        content = b""
        try:
            content = await self._parts.call(self._parts.spool.read, claim.upload)
            answer = await self._ask(claim, content)
        except TailorError as error:
            return _failed(claim.name, content, error)
        return await self._judged(answer, claim.policy)

    async def _judged(self, answer: Answer, policy: str | None) -> Extraction:
        if self._judge is None:
            return answer.record
        try:
            return await self._judge(answer, policy)
        except TailorError as error:  # what was read is worth keeping without a verdict
            record = answer.record
            status = "failed" if record.status == "failed" else "partial"
            return record.model_copy(update={"status": status, "warnings": [*record.warnings, error.notice()]})

    async def _ask(self, claim: Claim, content: bytes) -> Answer:
        upload = Upload(claim.name, content)
        while True:
            self._asked += 1
            try:
                return await self._engine.read(upload, claim.options)
            except Busy as busy:
                pause = min(max(busy.retry_after, 0.05), _LONGEST_PAUSE)
            finally:
                self._asked -= 1
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))

    async def _write(self, claim: Claim, record: Extraction) -> None:
        failed = record.status == "failed"
        written, ended = await self._parts.call(self._finish, claim, record.to_json(), failed=failed)
        if not written:
            return
        self.written["failed" if failed else "done"] += 1
        if ended:
            self._ended()

    def _finish(self, claim: Claim, record: str, *, failed: bool) -> tuple[bool, bool]:
        """Notes the record and deletes the upload: one call, so that no cancelling comes in between."""
        written, ended = self._parts.leases.finish(claim, record, failed=failed)
        if written:  # else the lease was lost meanwhile: who took over writes, and needs the upload
            try:
                self._parts.spool.drop(claim.upload)
            except Exception as error:  # upkeep deletes it later
                logger.warning("an upload could not be deleted (%s)", type(error).__name__)
        return written, ended

    async def _give_back(self, claim: Claim, *, begun: bool) -> None:
        try:
            waiting = await self._parts.call(self._parts.leases.release, claim, begun=begun)
            if waiting is not None:
                await self._parts.call(self._parts.queue.announce, [waiting])
        except Exception as error:  # the lease runs out by itself
            logger.warning("document %s could not be given back (%s)", claim.document, type(error).__name__)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._parts.settings.lease / 3)
            held = list(self._reading)
            try:
                standing = await self._parts.call(self._parts.leases.renew, held)
            except Exception as error:
                logger.warning("leases could not be renewed (%s)", type(error).__name__)
                continue
            for token in held:
                task = self._reading.get(token)
                if token not in standing and task is not None:
                    task.cancel()  # taken over, for we were silent too long


def _failed(name: str, content: bytes, error: TailorError) -> Extraction:
    digest = hashlib.sha256(content).hexdigest() if content else ""
    return Extraction(file=name, sha256=digest, status="failed", pages=0, error=error.notice())
