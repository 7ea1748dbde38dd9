"""One worker process, seen from the parent: a pipe of its own, so that its death touches no other worker.

A pool that shares one pipe (as `extractor.pool` does for a run of the command) breaks when a worker is killed while it
is idle or half-way through a message; a service has to survive both.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.connection import wait

from extractor.pool import cause_of_death, interrupts_held, worker_environment
from serving.engine.messages import FromWorker, ToWorker
from serving.engine.worker import ReaderFactory, work

GIVE_UP = 5.0
"""Seconds that a worker has to leave when told so."""

_spawning = threading.Lock()
"""Spawning changes the environment for a moment."""


class Died(Exception):
    """The worker is no more. `signal_number` is the signal that ended it, 0 where it left by itself."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(cause_of_death(exit_code))
        self.signal_number = max(0, -exit_code)


class WorkerProcess:
    """Started when made. Used by one thread; `kill` may be called from any."""

    def __init__(self, make: ReaderFactory) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, make), name="tailor-worker", daemon=True)
        with _spawning, worker_environment(), interrupts_held():
            self._process.start()
        theirs.close()
        self.closed = False
        self.documents = 0
        """How many it has read."""

    @property
    def alive(self) -> bool:
        # Not is_alive(): it would collect the exit status, which only one thread may.
        return not self.closed and not wait([self._process.sentinel], 0)

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def send(self, message: ToWorker) -> None:
        """Raises Died."""
        try:
            self._pipe.send(message)
        except OSError as error:
            raise self._death() from error

    def receive(self, timeout: float) -> FromWorker | None:
        """The next message, None after `timeout` seconds without one. Raises Died."""
        if not wait([self._pipe, self._process.sentinel], timeout):
            return None
        try:
            # What a worker said before it died still counts.
            if self._pipe.poll():
                message: FromWorker = self._pipe.recv()
                return message
        except Exception as broken:  # a message that was cut off raises whatever pickle makes of it
            self.kill()
            raise self._death() from broken
        raise self._death()

    def kill(self) -> None:
        self._process.kill()

    def retire(self) -> None:
        """Lets an idle worker go, and waits until it is gone."""
        try:
            self._pipe.send(None)
        except OSError:
            self.kill()
        self.close()

    def close(self) -> None:
        """Waits for a worker that was told to go, or kills it; gives back what it held here."""
        self._process.join(GIVE_UP)
        if self._process.is_alive():
            self.kill()
            self._process.join()
        self._pipe.close()
        self.closed = True

    def _death(self) -> Died:
        self._process.join(GIVE_UP)
        if self._process.is_alive():
            self.kill()
            self._process.join()
        until = time.monotonic() + GIVE_UP
        while self._process.exitcode is None and time.monotonic() < until:
            time.sleep(0.01)  # another worker's start looks at all children, and is just collecting this one's status
        return Died(self._process.exitcode or 0)
