"""How a route answers: work that stops when the client goes, repeats from memory, and files read side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from serving.api.bodies import JSON
from serving.engine.base import Answer, Busy, ReadOptions, Upload
from serving.problems import Refused
from serving.safety.access import caller_of
from serving.safety.repeats import Kept
from serving.services import Services, services_of

T = TypeVar("T")


def ready() -> Dependency:
    """A dependency for routes that need the model: 503 until it has warmed up."""

    def check(request: Request) -> None:
        services = services_of(request)
        if not services.ready:
            raise Refused(
                503,
                "not_ready",
                "The model is not ready.",
                hint="Come again after Retry-After; /readyz says when.",
                headers={"Retry-After": "2"},
            )

    found: Dependency = Depends(check)
    return found


async def settle(request: Request, fingerprint: str, work: Callable[[], Awaitable[Kept]]) -> Response:
    """Does the work, or gives the answer that was given before under the request's Idempotency-Key.

    Raises ClientDisconnect where the client goes first; then the work is cancelled, unless another waits for it.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        kept = await unless_gone(request, _plain(work))
    else:
        owner = caller_of(request).id
        kept = await unless_gone(request, services_of(request).repeats.once(owner, key, fingerprint, work))
    headers = {"Idempotent-Replayed": "true"} if kept.again else None
    return Response(kept.body, kept.status, headers, media_type=kept.media_type)


async def _plain(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; cancels it and raises ClientDisconnect when the client goes. The body must have been read."""
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def as_json(content: BaseModel | bytes, status: int = 200) -> Kept:
    """An answer in JSON, whole, as it is kept."""
    body = content if isinstance(content, bytes) else content.model_dump_json().encode()
    return Kept(status, JSON, body)


async def read_all(services: Services, uploads: Sequence[Upload], options: ReadOptions) -> list[Answer]:
    """The answers in the order of the files. Raises Busy where the queue is full at the first of them.

    A few are under way at a time, so that one request doesn't take the whole queue. Once one was accepted, a full queue
    is waited for: the client has sent its files, and sending them again costs both more than waiting does.
    """
    state = services.engine.state()
    turn = asyncio.Semaphore(max(2, 2 * state.workers))
    patience = time.monotonic() + services.settings.max_seconds
    under_way = done = 0

    async def one(upload: Upload) -> Answer:
        nonlocal under_way, done
        async with turn:
            while True:
                under_way += 1
                try:
                    answer = await services.engine.read(upload, options)
                except Busy as busy:
                    if not (under_way > 1 or done) or time.monotonic() > patience:
                        raise
                    pause = min(busy.retry_after, 1.0)
                else:
                    done += 1
                    return answer
                finally:
                    under_way -= 1
                await asyncio.sleep(pause)

    tasks = [asyncio.create_task(one(upload)) for upload in uploads]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def note(request: Request, **told: object) -> None:
    """Adds to what the log says of this request."""
    request.scope["state"].setdefault("told", {}).update(told)
