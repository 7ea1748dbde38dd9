"""A run: all open questions asked by a few threads, each answer in the books and in the output at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from extractor.errors import TailorError
from labeling.run.calling import Caller, Ended
from labeling.run.output import Output
from labeling.run.schema import Failure, Job
from labeling.run.sources import Source


class Watcher(Protocol):
    """Told of each question that ended, from the threads that asked."""

    def ended(self, source: Source, ended: Ended, failure: Failure | None) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """What a run came to: questions by how they ended, and why it gave up, where it did."""

    counts: Counter[Ended]
    open: int
    reason: TailorError | None

    @property
    def over_budget(self) -> int:
        return self.counts[Ended.OVER_BUDGET]


class Runner:
    """Asks with `workers` threads (calls at a time are the pace's affair; a few more threads open documents ahead)."""

    def __init__(self, caller: Caller, output: Output, watcher: Watcher, workers: int) -> None:
        self._caller = caller
        self._output = output
        self._watcher = watcher
        self._workers = workers
        self._counts: Counter[Ended] = Counter()
        self._lock = threading.Lock()
        self._broken: BaseException | None = None

    def run(self, sources: Mapping[str, Source]) -> Outcome:
        """Asks everything that is open about these documents (sha256 → source). Where the caller's `stop` is set, calls
        under way are waited for. Raises OutputError where books or output can't be written."""
        jobs = [job for job in self._caller.ledger.open_jobs() if job.sha256 in sources]
        queue = iter(jobs)
        threads = [
            threading.Thread(target=self._work, args=(queue, sources), daemon=True, name=f"label-{number}")
            for number in range(min(self._workers, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # short, so that a second Ctrl-C is heard
        if self._broken is not None:
            raise self._broken
        done = sum(self._counts[each] for each in (Ended.ANSWERED, Ended.KEPT, Ended.FAILED))
        return Outcome(self._counts, len(jobs) - done, self._caller.surrender.reason)

    def _work(self, queue: Iterator[Job], sources: Mapping[str, Source]) -> None:
        stop = self._caller.surrender.stop
        try:
            while not stop.is_set():
                with self._lock:
                    job = next(queue, None)
                if job is None:
                    return
                source = sources[job.sha256]
                ended = self._caller.ask(job, source)
                if ended in (Ended.ANSWERED, Ended.KEPT):
                    self._output.add(job.sha256)
                with self._lock:
                    self._counts[ended] += 1
                failure = self._caller.ledger.failure_of(job) if ended is Ended.FAILED else None
                self._watcher.ended(source, ended, failure)
        except BaseException as error:  # carried to the thread that waits
            with self._lock:
                self._broken = self._broken or error
            stop.set()
