"""Jobs as the service uses them: one object, made at start, whose methods are all called from the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from extractor.errors import TailorError
from serving.engine.base import Engine, Upload
from serving.jobs.errors import JobRefused
from serving.jobs.guard import Resolver, parse
from serving.jobs.model import Figures, Job, Kept, Page, Request
from serving.jobs.parts import Parts
from serving.jobs.queue import Announcement
from serving.jobs.reader import Judge, Reader
from serving.jobs.webhooks import Courier, secrets_for

logger = logging.getLogger("serving.jobs")

_ORPHAN = 3600.0
"""Seconds after which an upload that no document needs is deleted; its job may just be being written."""


class Jobs:
    """Takes jobs, reads them in the background, and tells of them.

    `start` after the engine is started, `stop` before it is stopped.
    """

    def __init__(
        self, parts: Parts, engine: Engine, *, judge: Judge | None = None, resolve: Resolver | None = None
    ) -> None:
        """`parts` are closed by `stop`. Call it inside the event loop."""
        settings = self.settings = parts.settings
        self._parts = parts
        self._secret_of = secrets_for(settings.webhook, settings.folder, shared=settings.shared)
        self._courier = Courier(self._parts, self._secret_of, resolve)
        self._reader = Reader(self._parts, engine, self._courier.wake, judge)
        self._figures = Figures()
        self._taken_over = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._orphans_at = 0.0

    @property
    def figures(self) -> Figures:
        """For /metrics: as of the last upkeep, so that a scrape costs nothing."""
        return replace(
            self._figures,
            webhook_failures=self._courier.failures,
            webhooks_delivered=self._courier.delivered,
            taken_over=self._taken_over,
            written=dict(self._reader.written),
        )

    async def start(self) -> None:
        """Begins reading; what an earlier process left unfinished is among it."""
        await self._look_after()
        loops = (self._reader.run(), self._courier.run(), self._upkeep())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    def pause(self) -> None:
        """Begins no more documents; what was begun is finished."""
        self._reader.pause()

    async def stop(self, grace: float) -> None:
        """Finishes what was begun for at most `grace` seconds, gives the rest back to the queue, and closes."""
        if self._tasks:
            reading, *others = self._tasks
            await self._reader.stop(reading, grace)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self._tasks = []
        await asyncio.to_thread(self._parts.close)

    async def submit(self, request: Request, uploads: Sequence[Upload]) -> tuple[Job, bool]:
        """Takes a job, and says whether it was made before. From then on it survives the end of the process.

        The same Idempotency-Key and fingerprint give the job that was made before. Raises JobRefused, JobConflict,
        QueueFull, and OutputError where the disk is full. A client that goes away meanwhile doesn't stop it half-way.
        """
        self._check(request, uploads)
        return await asyncio.shield(self._submit(request, uploads))

    async def find(self, owner: str, job: str) -> Job:
        """Raises JobNotFound, also where the job is another owner's."""
        return await self._parts.call(self._parts.store.find, owner, job)

    async def results(self, owner: str, job: str, start: int = 0, limit: int = 50) -> Page:
        """Records in the order sent, from `start`, up to the first that isn't there yet. Raises JobNotFound."""
        return await self._parts.call(self._parts.store.results, owner, job, start, limit)

    async def cancel(self, owner: str, job: str) -> Job:
        """Cancels what has not begun. What has, finishes. A job that has ended stays as it is. Raises JobNotFound."""
        return await self._cancel(owner, job, delete=False)

    async def delete(self, owner: str, job: str) -> None:
        """Cancels what has not begun and forgets the job with its results. Raises JobNotFound."""
        await self._cancel(owner, job, delete=True)

    def _check(self, request: Request, uploads: Sequence[Upload]) -> None:
        if not uploads:
            raise JobRefused("The job holds no files.", code="no_files", hint="Send at least one.")
        if len(uploads) > self.settings.max_documents:
            raise JobRefused(
                f"The job holds {len(uploads)} files; {self.settings.max_documents} are taken at most.",
                code="too_many_files",
                hint="Send several jobs.",
                status=413,
            )
        if request.webhook is None:
            return
        parse(request.webhook, self.settings.webhook)
        if self._secret_of(request.owner) is None:
            raise JobRefused(
                "Webhooks can't be signed here: no secret is set.",
                code="bad_webhook",
                hint="Leave the webhook out and ask for the job's state, or have the operator set webhook.secret.",
            )

    async def _submit(self, request: Request, uploads: Sequence[Upload]) -> tuple[Job, bool]:
        parts = self._parts
        before = await parts.call(parts.store.repeated, request)
        if before is not None:
            return before, True
        size = sum(len(upload.content) for upload in uploads)
        await parts.call(parts.store.room, request.owner, len(uploads), size)
        kept = await self._keep(uploads)
        try:
            job, waiting = await parts.call(parts.store.admit, request, kept)
        except TailorError:
            # After any other error the job may stand in the store: then upkeep decides about the uploads.
            await self._drop([one.upload for one in kept])
            raise
        if not waiting:  # the same request was quicker
            await self._drop([one.upload for one in kept])
        await self._announce(waiting)
        return job, not waiting

    async def _keep(self, uploads: Sequence[Upload]) -> list[Kept]:
        """All in the spool, or none: side by side, for each waits for the disk."""
        calls = (self._parts.call(self._parts.spool.keep, upload.content) for upload in uploads)
        names = await asyncio.gather(*calls, return_exceptions=True)
        failed = [name for name in names if isinstance(name, BaseException)]
        if failed:
            await self._drop([name for name in names if isinstance(name, str)])
            raise failed[0]
        return [
            Kept(_clean(upload.name), len(upload.content), str(name))
            for upload, name in zip(uploads, names, strict=True)
        ]

    async def _cancel(self, owner: str, job: str, *, delete: bool) -> Job:
        found, uploads = await self._parts.call(self._parts.store.cancel, owner, job, delete=delete)
        await self._drop(uploads)
        self._courier.wake()
        return found

    async def _drop(self, uploads: Sequence[str]) -> None:
        for upload in uploads:
            try:
                await self._parts.call(self._parts.spool.drop, upload)
            except Exception as error:  # upkeep deletes it later
                logger.warning("an upload could not be deleted (%s)", type(error).__name__)

    async def _announce(self, waiting: Sequence[Announcement]) -> None:
        try:
            await self._parts.call(self._parts.queue.announce, waiting)
        except Exception as error:  # the job is safe in the store; upkeep announces it once the queue is back
            logger.warning("the queue can't be reached (%s)", type(error).__name__)
        self._reader.wake()

    async def _upkeep(self) -> None:
        while True:
            await asyncio.sleep(self.settings.upkeep)
            await self._look_after()

    async def _look_after(self) -> None:
        """One round: what died is taken over, what was lost is announced, what is too old is forgotten."""
        parts = self._parts
        try:
            dead = await parts.call(parts.leases.take_over)
            self._taken_over += len(dead)
            empty = await parts.call(parts.queue.size) == 0
            lost = await parts.call(parts.leases.lost, self._reader.passed, empty=empty)
            if dead or lost:
                await self._announce([*dead, *lost])
            await self._drop(await parts.call(parts.store.sweep))
            await self._drop_orphans()
            self._figures = await parts.call(parts.store.figures)
        except Exception as error:
            logger.warning("upkeep of jobs failed (%s): %s", type(error).__name__, error)

    async def _drop_orphans(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._orphans_at:
            return
        self._orphans_at = now + _ORPHAN / 4
        await self._drop(await self._parts.call(self._orphans))

    def _orphans(self) -> list[str]:
        """Uploads that a broken-off process left: of documents that ended, and long lying ones of no document."""
        spool, store = self._parts.spool, self._parts.store
        ended = store.ended(spool.older_than(0.0))
        return [*ended, *store.unknown(spool.older_than(_ORPHAN))]


def _clean(name: str) -> str:
    """A sender's file name as text that a database takes; it is told back, and never a path."""
    return name.encode("utf-8", "replace").decode().replace("\0", "")[:255]
