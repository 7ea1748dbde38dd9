"""Documents on their way through the engine, and the bounded queue in which they wait for a worker."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from serving.engine.base import Answer, Busy, ReadOptions, Upload

_numbers = itertools.count(1)

SHORTEST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Seconds: between these lies what Busy says."""

_FIRST_GUESS = 1.0
"""Seconds a document takes, before any has been read."""

_WEIGHT = 0.1
"""Of the newest document in the running mean of their times."""


@dataclass(eq=False)
class Job:
    """One document. `settle` takes what became of it: an answer, or an exception; called once, from any thread."""

    upload: Upload
    options: ReadOptions
    settle: Callable[[Answer | Exception], None]
    number: int = field(default_factory=lambda: next(_numbers))
    accepted: float = field(default_factory=time.monotonic)
    begun: float = 0.0
    attempts: int = 0
    withdrawn: bool = False
    batch_wait: float = 0.0
    """Seconds in the student's queue."""

    @property
    def waited(self) -> float:
        return max(0.0, self.begun - self.accepted) + self.batch_wait


class JobQueue:
    """First come, first served; refuses beyond `room` waiting documents. Safe to share between threads."""

    def __init__(self, room: int, workers: int) -> None:
        self.capacity = room + workers
        self._room = room
        self._workers = workers
        self._waiting: deque[Job] = deque()
        self._running: set[Job] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._mean = _FIRST_GUESS

    @property
    def counts(self) -> tuple[int, int]:
        """Documents waiting and running."""
        with self._changed:
            return len(self._waiting), len(self._running)

    def put(self, job: Job) -> None:
        """Raises Busy where the queue is full, or closed for good (code `stopping`)."""
        with self._changed:
            if self._closed:
                raise Busy("The service is stopping.", code="stopping", hint="Send it again in a moment.")
            if len(self._waiting) + len(self._running) >= self.capacity:
                after = self._retry_after()
                raise Busy(
                    f"The queue is full: {len(self._waiting)} documents wait.",
                    hint=f"Send it again in {after:.0f} seconds.",
                    retry_after=after,
                )
            self._waiting.append(job)
            self._changed.notify()

    def put_back(self, job: Job) -> None:
        """To the head of the queue: a document whose worker was lost. It counts as waiting again."""
        with self._changed:
            self._running.discard(job)
            self._waiting.appendleft(job)
            self._changed.notify()

    def take(self, timeout: float) -> Job | None:
        """The next document, from now on running; None where there is none for `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout):
                return None
            job = self._waiting.popleft()
            self._running.add(job)
            return job

    def done(self, job: Job, seconds: float | None = None) -> None:
        """Running no more; `seconds` is what it took its worker, where it was read to its end."""
        with self._changed:
            self._running.discard(job)
            if seconds is not None:
                self._mean += _WEIGHT * (seconds - self._mean)

    def drop(self, job: Job) -> bool:
        """Takes a waiting document out. False where it isn't waiting."""
        with self._changed:
            try:
                self._waiting.remove(job)
            except ValueError:
                return False
            return True

    def close(self) -> None:
        """Nothing more is accepted; what waits still does."""
        with self._changed:
            self._closed = True

    def drain(self) -> list[Job]:
        """Takes out all that wait."""
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
            return left

    def _retry_after(self) -> float:
        """Until a quarter of the queue has been worked off: whoever comes again then finds room for more than one."""
        ahead = max(1.0, len(self._waiting) / 4)
        return min(max(self._mean * ahead / self._workers, SHORTEST_RETRY), LONGEST_RETRY)
