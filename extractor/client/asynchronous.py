"""The client for programs on asyncio."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from extractor.client import calls
from extractor.client.answers import Annotated, Audit, Job, ModelInfo, Pair, Scores
from extractor.client.lines import AsyncLine
from extractor.client.problems import Reply
from extractor.client.settings import Changes, ClientSettings, chosen
from extractor.client.uploads import failed, upload_of
from extractor.client.waiting import Pauses, defect, not_ready, unfinished
from extractor.errors import DocumentError, ServiceError
from extractor.types import Extraction

if TYPE_CHECKING:
    from extractor.loading import Source
    from extractor.policy.cases import Claim


class AsyncClient:
    """`Client` for asyncio: the same methods, awaited, of one event loop. Cancelling a call gives up its work.

    >>> async with AsyncClient("https://tailor.example.com", api_key="tlr_…") as client:
    ...     record = await client.extract("receipt.jpg")
    ...     async for record in client.extract_many(["receipts/"], workers=8): ...
    """

    def __init__(
        self, url: str | None = None, *, settings: ClientSettings | None = None, **changes: Unpack[Changes]
    ) -> None:
        """See Client."""
        self.settings = chosen(settings, url, changes)
        self._line = AsyncLine(self.settings)

    async def extract(self, source: Source, *, name: str | None = None) -> Extraction:
        """See Client.extract."""
        try:
            return (await self._read(source, name)).record
        except DocumentError as error:
            return await asyncio.to_thread(failed, source, name, error)

    async def annotated(self, source: Source, *, name: str | None = None) -> Annotated:
        """See Client.annotated."""
        try:
            return await self._read(source, name, annotate=True)
        except DocumentError as error:
            return Annotated(await asyncio.to_thread(failed, source, name, error), ())

    def extract_many(self, sources: Iterable[str | Path], workers: int = 4) -> AsyncIterator[Extraction]:
        """See Client.extract_many."""
        return self._side_by_side(sources, max(1, workers))

    async def submit(self, sources: Iterable[Source], *, webhook: str | None = None) -> Job:
        """See Client.submit."""
        call = await asyncio.to_thread(calls.submit, sources, self.settings, webhook)
        return calls.job_told(await self._line.send(call))

    async def job(self, job: Job | str) -> Job:
        """See Client.job."""
        return calls.job_told(await self._line.send(calls.job(job)))

    async def wait(self, job: Job | str, timeout: float | None = None) -> Job:
        """See Client.wait."""
        pauses = Pauses(timeout)
        while not (found := await self.job(job)).ended:
            await asyncio.sleep(pauses.next(unfinished))
        return found

    async def results(self, job: Job | str, timeout: float | None = None) -> AsyncIterator[Extraction]:
        """See Client.results."""
        cursor: str | None = "0"
        pauses = Pauses(timeout)
        while cursor is not None:
            records, cursor = calls.paged(await self._line.send(calls.results(job, cursor)))
            for record in records:
                yield record
            if records:
                pauses = Pauses(timeout)
            elif cursor is not None:
                await asyncio.sleep(pauses.next(unfinished))

    async def cancel(self, job: Job | str) -> Job:
        """See Client.cancel."""
        return calls.job_told(await self._line.send(calls.job(job, "/cancel", "POST")))

    async def delete(self, job: Job | str) -> None:
        """See Client.delete."""
        try:
            await self._line.send(calls.job(job, method="DELETE"))
        except ServiceError as error:
            if error.status != 404:
                raise

    async def audit(
        self,
        claims: Iterable[Claim | Mapping[str, Any]],
        receipts: Iterable[Source | Extraction] = (),
        *,
        today: dt.date | None = None,
    ) -> Audit:
        """See Client.audit."""
        call = await asyncio.to_thread(calls.audit, claims, receipts, self.settings, today)
        return calls.audited(await self._line.send(call))

    async def score(self, pairs: Iterable[Pair]) -> Scores:
        """See Client.score."""
        return calls.scored(await self._line.send(calls.score(pairs)))

    async def model(self) -> ModelInfo:
        """See Client.model."""
        return calls.model_told(await self._line.send(calls.model()))

    async def ready(self) -> bool:
        """See Client.ready."""
        outcome = await self._line.once(calls.ready(), self.settings.connect_timeout)
        if isinstance(outcome, Reply):
            return True
        return not_ready(outcome)

    async def wait_ready(self, timeout: float = 120.0) -> None:
        """See Client.wait_ready."""
        pauses = Pauses(timeout, longest=1.0)
        while not await self.ready():
            await asyncio.sleep(pauses.next(pauses.never_ready))

    async def close(self) -> None:
        """Closes the connections."""
        await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _read(self, source: Source, name: str | None, *, annotate: bool = False) -> Annotated:
        # Looking at a file, and packing a picture, takes a moment that others need not wait for.
        upload = await asyncio.to_thread(upload_of, source, name)
        reply = await self._line.send(calls.extract(upload, self.settings, annotate=annotate))
        return calls.extracted(upload, reply)

    async def _safely(self, path: Path) -> Extraction:
        try:
            return await self.extract(path)
        except ServiceError as error:
            return defect(path, error)

    async def _side_by_side(self, sources: Iterable[str | Path], workers: int) -> AsyncGenerator[Extraction]:
        from extractor.loading import find_documents

        waiting = iter(await asyncio.to_thread(find_documents, sources))
        running: set[asyncio.Task[Extraction]] = set()
        try:
            while True:
                free = workers - len(running)
                running |= {asyncio.create_task(self._safely(path)) for path in islice(waiting, free)}
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
