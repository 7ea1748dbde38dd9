"""Dynamic batching: documents of different requests are put to the student together.

A document never waits where nothing else is under way: it is run at once, by itself. While a batch runs, others gather
for the next one. Only documents of like length share a batch, so that a long one doesn't make sixteen short ones long.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers
from serving.engine.observer import Observer, Unobserved

logger = logging.getLogger(__name__)


class Runs(Protocol):
    """The part of a student that a batcher needs."""

    def run(self, documents: Sequence[Encoded]) -> list[Answers]: ...


@dataclass(frozen=True)
class Asked:
    """What the student said of one document, and the seconds it waited until its batch began."""

    answers: Answers
    waited: float


@dataclass(eq=False)
class _Waiting:
    document: Encoded
    bucket: int
    since: float = field(default_factory=time.monotonic)
    future: Future[Asked] = field(default_factory=Future)


class Batcher:
    """Runs batches of at most `size` documents on `lanes` threads; `wait`, `lengths`: see BatchSettings."""

    def __init__(
        self,
        student: Runs,
        *,
        size: int,
        wait: float,
        lengths: Sequence[int],
        lanes: int = 1,
        observer: Observer | None = None,
    ) -> None:
        self._student = student
        self._size = size
        self._wait = wait
        self._lengths = tuple(lengths)
        self._observer = observer or Unobserved()
        self._pending: list[_Waiting] = []
        self._running = 0
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._lane, name=f"tailor-student-{number}", daemon=True) for number in range(lanes)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, document: Encoded) -> Future[Asked]:
        """The future answer to one document; it fails as the student does."""
        waiting = _Waiting(document, bisect_left(self._lengths, len(document)))
        with self._changed:
            if self._closed:
                raise RuntimeError("the student has been stopped")
            self._pending.append(waiting)
            self._changed.notify_all()
        return waiting.future

    def close(self) -> None:
        """Runs what waits, and stops."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _lane(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closed)
                if not self._pending:
                    return
                batch = self._gather()
                if not batch:
                    continue  # another lane took what was here
                self._running += 1
            try:
                self._run(batch)
            except Exception:  # an observer's own; the answers were given before
                logger.exception("watching the student failed")
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _gather(self) -> list[_Waiting]:
        """The oldest document and those that go with it, once they are enough or it has waited long enough."""
        oldest = self._pending[0]
        while self._under_way() and len(self._alike(oldest)) < self._size and not self._closed:
            left = oldest.since + self._wait - time.monotonic()
            if left <= 0:
                break
            self._changed.wait(left)
            if oldest not in self._pending:
                return []
        batch = self._alike(oldest)[: self._size]
        taken = set(map(id, batch))
        self._pending = [each for each in self._pending if id(each) not in taken]
        return batch

    def _under_way(self) -> bool:
        return self._running > 0 or len(self._pending) > 1

    def _alike(self, oldest: _Waiting) -> list[_Waiting]:
        return [each for each in self._pending if each.bucket == oldest.bucket]

    def _run(self, batch: list[_Waiting]) -> None:
        began = time.monotonic()
        try:
            answers = self._student.run([each.document for each in batch])
        except Exception as error:
            self._apart(batch, began, error)
        else:
            for each, answer in zip(batch, answers, strict=True):
                each.future.set_result(Asked(answer, began - each.since))
        self._tell(batch, began)

    def _tell(self, batch: list[_Waiting], began: float) -> None:
        self._observer.on_stage("batch_run", time.monotonic() - began)
        lengths = [len(each.document) for each in batch]
        self._observer.on_batch(len(batch), sum(lengths), max(lengths) * len(batch))
        for each in batch:
            self._observer.on_stage("batch_wait", began - each.since)

    def _apart(self, batch: list[_Waiting], began: float, error: Exception) -> None:
        """A batch that failed is run one by one: a document that the student can't take spoils no other."""
        for each in batch:
            try:
                answer = self._student.run([each.document])[0] if len(batch) > 1 else None
            except Exception as own:
                each.future.set_exception(own)
            else:
                if answer is None:
                    each.future.set_exception(error)
                else:
                    each.future.set_result(Asked(answer, began - each.since))
