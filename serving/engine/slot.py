"""One worker's place: a thread that keeps a worker alive, hands it documents and looks after it while it reads."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from extractor.errors import TailorError, WorkerDied
from serving.engine.base import Answer
from serving.engine.batching import Batcher
from serving.engine.jobs import Job, JobQueue
from serving.engine.messages import Answered, Ask, Finished, Ready, Unable, Withdraw, Work
from serving.engine.observer import Observer, WorkerEvent
from serving.engine.process import Died, WorkerProcess
from serving.engine.records import too_slow, worker_died
from serving.engine.settings import EngineSettings
from serving.engine.worker import ReaderFactory

logger = logging.getLogger(__name__)

LOOK = 0.1
"""Seconds between two looks at whether a document is overdue or nobody waits for it any more."""

IDLE_LOOK = 0.5
"""Seconds between two looks at whether an idle worker is still alive."""

START_LIMIT = 300.0
"""Seconds that a worker has to become ready."""

ATTEMPTS = 2

LONGEST_PAUSE = 30.0

FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
"""Signals that somebody sends, the system short of memory included; the others mean that native code crashed."""


@dataclass(frozen=True)
class Shared:
    """What all slots of an engine have in common. `renewing` lets one worker at a time have a successor beside it."""

    settings: EngineSettings
    make: ReaderFactory
    queue: JobQueue
    batcher: Batcher
    observer: Observer
    renewing: threading.Semaphore
    hopeless: Callable[[str], None]
    """Called when a worker could not be started again and again."""


class Slot(threading.Thread):
    """`ready` while its worker is; `tried` is set once the first worker is ready, or `problem` says why it is not."""

    def __init__(self, number: int, shared: Shared) -> None:
        super().__init__(name=f"tailor-slot-{number}", daemon=True)
        self.tried = threading.Event()
        self.problem: TailorError | None = None
        self.warnings: tuple[str, ...] = ()
        self._shared = shared
        self._halt = threading.Event()
        self._worker: WorkerProcess | None = None
        self._successor: WorkerProcess | None = None
        self._renewal: threading.Thread | None = None
        self._failures = 0

    @property
    def ready(self) -> bool:
        worker = self._worker
        return worker is not None and worker.alive

    @property
    def pid(self) -> int:
        worker = self._worker
        return worker.pid if worker else 0

    def kill(self) -> None:
        """Ends the thread and its worker, and with it the document in work."""
        self._halt.set()
        if worker := self._worker:
            worker.kill()

    def run(self) -> None:
        while not self._halt.is_set():
            worker, self._successor = self._successor, None
            worker = worker or self._start()
            if worker is not None:
                self._worker = worker
                self.tried.set()
                self._serve(worker)
                self._worker = None
        if renewal := self._renewal:
            renewal.join()
        if self._successor:
            self._successor.retire()

    def _start(self) -> WorkerProcess | None:
        """A worker that is ready; None where it failed, after a pause that grows."""
        try:
            worker = self._begin()
        except (Died, TailorError, OSError) as error:
            self._failures += 1
            if isinstance(error, TailorError):
                self.problem = error
            logger.error("a worker did not start: %s", error)
            self.tried.set()
            if self._failures >= ATTEMPTS and not self._halt.is_set():
                self._shared.hopeless(str(error))
            self._halt.wait(min(2.0 ** (self._failures - 1), LONGEST_PAUSE))
            return None
        self._failures = 0
        self.problem = None
        return worker

    def _begin(self) -> WorkerProcess:
        worker = WorkerProcess(self._shared.make)
        until = time.monotonic() + START_LIMIT
        try:
            while not self._halt.is_set() and time.monotonic() < until:
                match worker.receive(LOOK):
                    case Ready(warnings):
                        self.warnings = warnings
                        self._shared.observer.on_worker("started")
                        return worker
                    case Unable(error):
                        raise error
                    case Ask() as ask:
                        self._answer(worker, ask, None)
        except BaseException:
            worker.kill()
            worker.close()
            raise
        worker.kill()
        worker.close()
        raise WorkerDied(f"A worker was not ready within {START_LIMIT:g} seconds.")

    def _serve(self, worker: WorkerProcess) -> None:
        """Hands documents to a worker until it dies, is renewed or the slot is halted."""
        while not self._halt.is_set():
            if self._successor:
                self._shared.observer.on_worker("renewed")
                threading.Thread(target=worker.retire, daemon=True).start()
                return
            job = self._shared.queue.take(IDLE_LOOK)
            if not worker.alive:
                if job:
                    self._shared.queue.put_back(job)
                self._lost(worker)
                return
            if job and not self._read(worker, job):
                return
            self._renew(worker)
        worker.retire()

    def _lost(self, worker: WorkerProcess) -> None:
        self._worker = None
        if not self._halt.is_set():
            self._shared.observer.on_worker("died")
            logger.warning("worker %d is gone; another is started", worker.pid)
        worker.close()

    def _read(self, worker: WorkerProcess, job: Job) -> bool:
        """One document; whether the worker is still there afterwards."""
        if job.withdrawn:
            self._shared.queue.done(job)
            return True
        job.begun = job.begun or time.monotonic()
        job.attempts += 1
        began = time.monotonic()
        try:
            answer = self._converse(worker, job, began + self._shared.settings.hard_limit)
        except Died as death:
            self._died(worker, job, death)
            return False
        except Exception as defect:  # whatever it is, the document gets its answer and the slot goes on
            logger.exception("a document was given up")
            self._end(worker, "died")
            answer = worker_died(job.upload, f"{type(defect).__name__}")
        worker.documents += 1
        self._shared.queue.done(job, None if job.withdrawn else time.monotonic() - began)
        if answer is not None:
            job.settle(replace(answer, waited=job.waited))
        if worker.closed:
            self._worker = None
        return not worker.closed

    def _converse(self, worker: WorkerProcess, job: Job, overdue: float) -> Answer | None:
        """What became of the document; None where nobody waits for it. Raises Died where the worker does."""
        worker.send(Work(job.number, job.upload, job.options))
        patience = None
        while True:
            match worker.receive(LOOK):
                case Finished(number, answer) if number == job.number:
                    return answer
                case Ask() as ask:
                    self._answer(worker, ask, job)
            now = time.monotonic()
            if job.withdrawn and patience is None:
                patience = now + self._shared.settings.patience
                worker.send(Withdraw(job.number))
            if patience is not None and now > patience:
                self._end(worker, "stopped")
                return None
            if now > overdue:
                self._end(worker, "too_slow")
                return too_slow(job.upload, self._shared.settings.hard_limit)

    def _end(self, worker: WorkerProcess, why: WorkerEvent) -> None:
        logger.warning("worker %d is killed: %s", worker.pid, why)
        self._shared.observer.on_worker(why)
        worker.kill()
        worker.close()

    def _answer(self, worker: WorkerProcess, ask: Ask, job: Job | None) -> None:
        """Puts the worker's question to the student, together with those of other workers."""
        if job and (job.withdrawn or ask.number != job.number):
            return
        try:
            asked = [future.result() for future in [self._shared.batcher.ask(each) for each in ask.documents]]
        except Exception as error:
            worker.send(Answered(ask.number, problem=f"The student failed ({type(error).__name__}: {error})."))
            return
        if job:
            job.batch_wait += max(each.waited for each in asked)
        worker.send(Answered(ask.number, tuple(each.answers for each in asked)))

    def _died(self, worker: WorkerProcess, job: Job, death: Died) -> None:
        """The document is read again where its worker was killed from outside, once; else it fails."""
        self._lost(worker)
        again = death.signal_number in FROM_OUTSIDE and job.attempts < ATTEMPTS
        if again and not job.withdrawn and not self._halt.is_set():
            self._shared.queue.put_back(job)
            return
        self._shared.queue.done(job)
        job.settle(worker_died(job.upload, str(death)))

    def _renew(self, worker: WorkerProcess) -> None:
        """Starts a successor beside a worker that has read its share, so that no time is lost."""
        share = self._shared.settings.renew_after
        due = 0 < share <= worker.documents and not (self._renewal or self._successor)
        if due and self._shared.renewing.acquire(blocking=False):
            self._renewal = threading.Thread(target=self._succeed, name=f"{self.name}-renewal", daemon=True)
            self._renewal.start()

    def _succeed(self) -> None:
        try:
            self._successor = self._begin()
        except (Died, TailorError, OSError) as error:
            logger.warning("a worker's successor did not start: %s", error)
        finally:
            self._renewal = None
            self._shared.renewing.release()
