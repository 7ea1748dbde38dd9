"""One question, from the books to the answer: promise, wait for leave, write down, ask, write down, ask again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from extractor.errors import OutputError, TailorError, UsageError
from extractor.task import Task
from labeling.base import (
    Estimate,
    Teacher,
    TeacherAnswer,
    TeacherBusy,
    TeacherDocument,
    TeacherDown,
    TeacherError,
    TeacherRefused,
)
from labeling.keys import KeyedTeacher, call_key
from labeling.run.budget import Budget
from labeling.run.cache import AnswerCache
from labeling.run.clock import Clock
from labeling.run.ledger import Ledger
from labeling.run.limits import Backoff
from labeling.run.pacing import Pace
from labeling.run.schema import Failure, Identity, Job
from labeling.run.sources import Source

REFUSALS, REFUSALS_LATER = 5, 25
"""So many calls refused in a row, and none answered before (or some): the key, the model or the account is wrong, not
the documents."""

DEFECT = "teacher_defect"

FAILED_TRIALS = 6
"""So many trials of an open circuit breaker failed in a row: the provider is gone for longer than is worth waiting."""


class Ended(StrEnum):
    ANSWERED = "answered"
    KEPT = "kept"
    """The answer was known."""
    FAILED = "failed"
    OVER_BUDGET = "over budget"
    STOPPED = "stopped"


@dataclass
class Surrender:
    """Whether the run should end before its documents do, and why."""

    stop: threading.Event
    reason: TailorError | None = None
    _refusals: int = 0
    _any_answered: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def because(self, error: TailorError) -> None:
        with self._lock:
            self.reason = self.reason or error
        self.stop.set()

    def refused(self, error: TailorError) -> None:
        """A call was refused for a reason that may be the document's, or everybody's."""
        if isinstance(error, UsageError):
            self.because(error)
        elif error.code in (TeacherRefused.code, DEFECT):
            with self._lock:
                self._refusals += 1
                most = REFUSALS_LATER if self._any_answered else REFUSALS
                many = self._refusals >= most
            if many:
                self.because(error)

    def answered(self) -> None:
        with self._lock:
            self._refusals = 0
            self._any_answered = True


@dataclass(frozen=True)
class Caller:
    """Asks one question at a time, from any number of threads."""

    teacher: Teacher
    task: Task
    identity: Identity
    ledger: Ledger
    budget: Budget
    pace: Pace
    surrender: Surrender
    clock: Clock
    open_document: Callable[[Source], TeacherDocument]
    cache: AnswerCache | None = None
    backoff: Backoff = field(default_factory=Backoff)
    tries: int = 12
    chance: random.Random = field(default_factory=random.Random)

    def ask(self, job: Job, source: Source) -> Ended:
        """Raises OutputError where the books can't be kept: then nothing more may be asked."""
        if self.from_cache(job):
            return Ended.KEPT
        try:
            document = self.open_document(source)
            estimate = self.teacher.estimate(document, self.task)
        except OutputError:
            raise
        except TailorError as error:
            self.ledger.fail(job, Failure(error.code, str(error)))
            return Ended.FAILED
        if job.held:
            self.budget.resume()
            promised = job.held
        else:
            afforded = self.budget.promise(estimate.cost, self.surrender.stop)
            if afforded is None:
                return Ended.STOPPED if self.surrender.stop.is_set() else Ended.OVER_BUDGET
            promised = afforded
        attempt = _Attempt(self, job, document, estimate, promised)
        try:
            return attempt.run()
        finally:
            self.budget.settle(promised, attempt.kept)

    def from_cache(self, job: Job) -> bool:
        """Whether the answer was known; then it is in the books."""
        # What may be paid already is asked for with its key, so that the books learn what became of it.
        kept = self.cache.get(job, self.identity) if self.cache and not job.held else None
        if kept:
            self.ledger.answer(job, kept.answer, kept.at, cost=Decimal(0))
        return kept is not None

    def take(self, job: Job, answer: TeacherAnswer, estimated: Decimal) -> Ended:
        """An answer arrived: into the books, before anything else is done with it."""
        now = self.clock.utc()
        self.ledger.answer(job, answer, now)
        self.budget.saw(estimated, answer.cost)
        self.surrender.answered()
        if self.cache:
            self.cache.put(job, self.identity, answer, now)
        return Ended.ANSWERED if answer.label is not None else Ended.FAILED


class _Attempt:
    """The tries for one question. `kept`: what of its promise was, or may have been, paid."""

    def __init__(
        self, caller: Caller, job: Job, document: TeacherDocument, estimate: Estimate, promised: Decimal
    ) -> None:
        self._caller = caller
        self._job = job
        self._document = document
        self._estimate = estimate
        self._promised = promised
        self._open = job.held > 0  # a call of before whose outcome is not known
        self._over = False
        self.kept = promised if self._open else Decimal(0)

    def run(self) -> Ended:
        c = self._caller
        tokens = self._estimate.tokens.input + self._estimate.tokens.output
        last: TeacherError | None = None
        for tried in range(1, c.tries + 1):
            with c.pace.call(tokens, c.surrender.stop) as call:
                if not call:
                    return Ended.STOPPED
                c.ledger.send(self._job, self._promised, self._estimate.cost, c.clock.utc())
                self.kept = self._promised  # until it is known better
                try:
                    answer = self._asked()
                except TeacherBusy as error:
                    call.busy(error.retry_after)
                    last = error
                except TeacherDown as error:
                    call.down()
                    last = error
                except TailorError as error:
                    return self._refused(error)
                except Exception as error:  # a defect of the teacher must not stop the other documents
                    return self._refused(_defect(error, self._estimate))
                else:
                    call.succeeded()
                    ended = c.take(self._job, answer, self._estimate.cost)
                    self.kept = answer.cost
                    return ended
                self._unanswered(last)
            if self._over:
                return Ended.OVER_BUDGET
            if c.pace.failed_trials >= FAILED_TRIALS:
                c.surrender.because(last)
            if tried < c.tries:
                # The pace has all calls wait for as long as the provider asked.
                pause = 0.0 if last.retry_after else c.backoff.seconds(tried, c.chance)
                c.clock.wait(pause, c.surrender.stop)
        assert last is not None, "there is at least one try"
        c.ledger.fail(self._job, Failure(last.code, f"{last} Tried {c.tries} times."))
        return Ended.FAILED

    def _asked(self) -> TeacherAnswer:
        c, job = self._caller, self._job
        if isinstance(c.teacher, KeyedTeacher):
            key = call_key(job.sha256, c.identity.teacher, c.identity.prompt, job.sample, job.attempt)
            return c.teacher.label_once(self._document, c.task, key)
        return c.teacher.label(self._document, c.task)

    def _unanswered(self, error: TailorError) -> None:
        """Brings the books up to date after a call without an answer.

        Where the provider honours keys, what was paid for nothing is not lost: asked with the same key, it gives the
        answer, whose bill then holds that cost. Until then the promise stands.
        """
        cost = error.cost if isinstance(error, TeacherError) else Decimal(0)
        lost = isinstance(error, TeacherDown)
        if self._caller.ledger.idempotent and (lost or cost or self._open):
            self._open = True
            return
        self._caller.ledger.not_done(self._job, cost, sure=not lost)
        self.kept = Decimal(0)
        if cost and not self._caller.budget.lose(cost):
            self._over = True

    def _refused(self, error: TailorError) -> Ended:
        self._unanswered(error)
        # Not for good: a wrong key will be put right, and what is refused again costs nothing.
        self._caller.ledger.fail(self._job, Failure(error.code, str(error)))
        self._caller.surrender.refused(error)
        return Ended.FAILED


def _defect(error: Exception, estimate: Estimate) -> TeacherError:
    """Something that no teacher should raise. The call may have been made, and paid."""
    defect = TeacherDown(f"The teacher broke ({type(error).__name__}: {error}).", code=DEFECT)
    defect.cost = estimate.cost
    return defect
