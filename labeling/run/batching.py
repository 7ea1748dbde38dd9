"""A run through a provider's batch interface: cheaper, within a day, and resumable like any other.

A batch's id is in the books as soon as the provider gave it. A run that is killed, or stopped while it waits, leaves
its batches with the provider; the next run fetches them. What can be paid for nothing is a batch that was made in the
very moment between the provider's reply and the books: it stands there as `unsure`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Protocol, runtime_checkable

from extractor.errors import TailorError
from extractor.task import Task
from labeling.base import TeacherAnswer, TeacherBusy, TeacherDocument, TeacherError, TeacherRefused
from labeling.run.calling import Caller, Ended
from labeling.run.output import Output
from labeling.run.runner import Outcome, Watcher
from labeling.run.schema import Failure, Job
from labeling.run.sources import Source

SIZE = 1000
"""Documents that are promised, sent and waited for together."""


@runtime_checkable
class BatchTeacher(Protocol):
    """A teacher with a batch interface. `label_batch` gives (document's id, answer or error) in any order; `started` is
    told each batch's id and its documents' ids; `resume` names batches made before of these documents, to be fetched
    only. Raises TeacherError where a batch can't be made or fetched at all."""

    def label_batch(
        self,
        documents: Sequence[TeacherDocument],
        task: Task,
        *,
        resume: Sequence[str] = (),
        started: Callable[[str, Sequence[str]], None] | None = None,
    ) -> Iterator[tuple[str, TeacherAnswer | TeacherError]]: ...


@dataclass
class _Item:
    """A question in a batch; `kept` is what of its promise was, or may have been, paid."""

    job: Job
    source: Source
    document: TeacherDocument
    estimated: Decimal
    promised: Decimal
    kept: Decimal
    batch: str | None = None
    ended: bool = False


class BatchRunner:
    """Asks everything that is open, batch after batch, in a thread of its own, so that a person may leave meanwhile."""

    def __init__(
        self,
        caller: Caller,
        teacher: BatchTeacher,
        output: Output,
        watcher: Watcher,
        open_lazily: Callable[[Source], TeacherDocument],
        size: int = SIZE,
    ) -> None:
        self._caller = caller
        self._teacher = teacher
        self._output = output
        self._watcher = watcher
        self._open = open_lazily
        self._size = size
        self._counts: Counter[Ended] = Counter()
        self._broken: BaseException | None = None

    def run(self, sources: Mapping[str, Source]) -> Outcome:
        """As Runner.run; where `stop` is set, batches are left with the provider."""
        jobs = [job for job in self._caller.ledger.open_jobs() if job.sha256 in sources]
        thread = threading.Thread(target=self._work, args=(jobs, sources), daemon=True, name="label-batch")
        thread.start()
        while thread.is_alive() and not self._caller.surrender.stop.is_set():
            thread.join(0.2)
        if self._broken is not None:
            raise self._broken
        done = sum(self._counts[each] for each in (Ended.ANSWERED, Ended.KEPT, Ended.FAILED))
        return Outcome(self._counts, len(jobs) - done, self._caller.surrender.reason)

    def _work(self, jobs: Sequence[Job], sources: Mapping[str, Source]) -> None:
        stop = self._caller.surrender.stop
        try:
            for batch, group in groupby(sorted(jobs, key=_order), key=_order):
                waiting = list(group)
                while waiting and not stop.is_set():
                    size = len(waiting) if batch[0] else self._size
                    chunk, waiting = waiting[:size], waiting[size:]
                    items = [item for job in chunk if (item := self._prepared(job, sources[job.sha256]))]
                    if items:
                        self._ask(items, resume=batch[0])
        except BaseException as error:  # carried to the thread that waits
            self._broken = error

    def _prepared(self, job: Job, source: Source) -> _Item | None:
        """The question with its promise; None where it ended without being asked."""
        c = self._caller
        if c.from_cache(job):
            self._end(job, source, Ended.KEPT)
            return None
        try:
            document = self._open(source)
            estimated = c.teacher.estimate(document, c.task).cost
        except TailorError as error:
            c.ledger.fail(job, Failure(error.code, str(error)))
            self._end(job, source, Ended.FAILED)
            return None
        if job.held:
            c.budget.resume()
            return _Item(job, source, document, estimated, job.held, job.held, job.batch)
        promised = c.budget.promise(estimated, c.surrender.stop, wait=False)
        if promised is None:
            self._end(job, source, Ended.OVER_BUDGET)
            return None
        return _Item(job, source, document, estimated, promised, Decimal(0), job.batch)

    def _ask(self, items: Sequence[_Item], resume: str) -> None:
        c = self._caller
        by_id = {item.document.id: item for item in items}

        def started(batch: str, ids: Sequence[str]) -> None:
            c.ledger.batched([by_id[id].job for id in ids], batch)
            for id in ids:
                by_id[id].batch = batch

        if not resume:
            for item in items:
                c.ledger.send(item.job, item.promised, item.estimated, c.clock.utc())
                item.kept = item.promised
        documents = [item.document for item in items]
        try:
            for id, answer in self._teacher.label_batch(documents, c.task, resume=resume.split(), started=started):
                if id in by_id:  # a batch of before may hold documents that are done with
                    self._arrived(by_id[id], answer)
        except TeacherError as error:
            self._unmade(items, error)
            c.surrender.because(error)
        finally:
            for item in items:
                c.budget.settle(item.promised, item.kept)

    def _arrived(self, item: _Item, answer: TeacherAnswer | TeacherError) -> None:
        c = self._caller
        item.ended = True
        if isinstance(answer, TeacherAnswer):
            ended = c.take(item.job, answer, item.estimated)
            item.kept = answer.cost
        else:
            c.ledger.not_done(item.job, answer.cost)
            c.ledger.fail(item.job, Failure(answer.code, str(answer)))
            item.kept = answer.cost
            ended = Ended.FAILED
        self._end(item.job, item.source, ended)

    def _unmade(self, items: Sequence[_Item], error: TeacherError) -> None:
        """Those of no known batch are planned again; where the provider said nothing, their batch may exist."""
        sure = isinstance(error, TeacherBusy | TeacherRefused)
        for item in items:
            if not item.ended and item.batch is None:
                item.kept = Decimal(0) if sure else item.estimated
                self._caller.ledger.not_done(item.job, item.kept, sure=sure)

    def _end(self, job: Job, source: Source, ended: Ended) -> None:
        if ended in (Ended.ANSWERED, Ended.KEPT):
            self._output.add(job.sha256)
        self._counts[ended] += 1
        failure = self._caller.ledger.failure_of(job) if ended is Ended.FAILED else None
        self._watcher.ended(source, ended, failure)


def _order(job: Job) -> tuple[str, int]:
    """Batches of before, then new ones; a batch can't hold the same document twice."""
    return job.batch or "", job.sample
