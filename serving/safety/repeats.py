"""Idempotency-Key: the same request again gives the same answer, and its work is done once.

After the IETF draft "The Idempotency-Key HTTP Header Field". Answers are kept in SQLite, each caller's apart, and
outlive the process. Requests that come while the first still runs wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from serving.problems import Refused

T = TypeVar("T")
log = logging.getLogger(__name__)

MOST_BYTES = 32 * 2**20
"""A larger answer is given, and not kept."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_TABLE = """
create table if not exists answers (
    owner text not null, key text not null, fingerprint text not null, kept real not null,
    status integer not null, media_type text not null, body blob not null, primary key (owner, key)
)"""


@dataclass(frozen=True)
class Kept:
    """An answer: enough to give it again."""

    status: int
    media_type: str
    body: bytes
    again: bool = False
    """Whether it was given before."""


@dataclass
class _Flight:
    fingerprint: str
    task: asyncio.Task[Kept]
    waiting: int = 0


class Repeats:
    """Remembers answers for `hours`. One a process; call it from one event loop."""

    def __init__(self, path: Path, hours: float, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._seconds = hours * 3600
        self._clock = clock
        self._flights: dict[tuple[str, str], _Flight] = {}
        self._store: sqlite3.Connection | None = None
        # One thread: SQLite may take a moment on a slow disk, and the event loop has others to serve.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="repeats")

    async def once(self, owner: str, key: str, fingerprint: str, work: Callable[[], Awaitable[Kept]]) -> Kept:
        """The answer to the request of this fingerprint under `key`: from memory, or by doing the work.

        An error of the work is raised to all who wait, and not kept. Cancelling the last who waits cancels the work.
        Raises Refused: idempotency_key_invalid, idempotency_key_reused (another request came under this key).
        """
        if not _KEY.fullmatch(key):
            raise Refused(400, "idempotency_key_invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
        place = (owner, key)
        flight = self._flights.get(place)
        joined = flight is not None
        if flight is None:
            flight = _Flight(fingerprint, asyncio.create_task(self._first(owner, key, fingerprint, work)))
            self._flights[place] = flight
        elif flight.fingerprint != fingerprint:
            raise _reused()
        flight.waiting += 1
        try:
            answer = await asyncio.shield(flight.task)
            return replace(answer, again=True) if joined else answer
        finally:
            flight.waiting -= 1
            if flight.waiting == 0:
                # Taken out before it has ended: who comes now must not join work that is being cancelled.
                if self._flights.get(place) is flight:
                    del self._flights[place]
                flight.task.cancel()

    async def _first(self, owner: str, key: str, fingerprint: str, work: Callable[[], Awaitable[Kept]]) -> Kept:
        try:
            found = await self._call(lambda: self._find(owner, key))
        except sqlite3.Error as error:
            # Without memory the promise can't be kept, and doing the work twice is what the key forbids.
            message = "What was answered before can't be looked up."
            raise Refused(503, "memory_unavailable", message, headers={"Retry-After": "5"}) from error
        if found:
            if found[0] != fingerprint:
                raise _reused()
            return found[1]
        answer = await work()
        if answer.status < 500 and answer.status not in (408, 429) and len(answer.body) <= MOST_BYTES:
            try:
                await self._call(lambda: self._keep(owner, key, fingerprint, answer))
            except sqlite3.Error as error:
                log.warning("an answer was not kept", extra={"error": type(error).__name__})
        return answer

    async def close(self) -> None:
        def close() -> None:
            if self._store:
                self._store.close()
                self._store = None

        await self._call(close)

    async def forget_old(self) -> int:
        """Removes what is older than is kept; says how many answers."""
        return await self._call(self._purge)

    def _call(self, work: Callable[[], T]) -> Coroutine[Any, Any, T]:
        async def call() -> T:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

        return call()

    def _opened(self) -> sqlite3.Connection:
        if self._store is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            self._store = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
            self._store.execute("pragma journal_mode = wal")
            # Text of receipts must not linger in freed pages after it was forgotten.
            self._store.execute("pragma secure_delete = on")
            self._store.execute(_TABLE)
            self._store.execute("create index if not exists answers_kept on answers (kept)")
            self._store.commit()
        return self._store

    def _find(self, owner: str, key: str) -> tuple[str, Kept] | None:
        row = (
            self._opened()
            .execute(
                "select fingerprint, status, media_type, body from answers where owner = ? and key = ? and kept > ?",
                (owner, key, self._clock() - self._seconds),
            )
            .fetchone()
        )
        return (row[0], Kept(row[1], row[2], row[3], again=True)) if row else None

    def _keep(self, owner: str, key: str, fingerprint: str, answer: Kept) -> None:
        store = self._opened()
        row = (owner, key, fingerprint, self._clock(), answer.status, answer.media_type, answer.body)
        with store:
            store.execute("insert or replace into answers values (?, ?, ?, ?, ?, ?, ?)", row)

    def _purge(self) -> int:
        store = self._opened()
        with store:
            return store.execute("delete from answers where kept <= ?", (self._clock() - self._seconds,)).rowcount


def _reused() -> Refused:
    return Refused(
        422,
        "idempotency_key_reused",
        "Another request came under this Idempotency-Key.",
        hint="Use a new key for each new request; the same key only to send the same request again.",
    )
