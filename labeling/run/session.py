"""A run from the first look at its documents to the last line of its output: what `tailor label` is a shell over."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from extractor.errors import UsageError
from extractor.ocr import OcrEngine
from extractor.task import Task
from labeling.base import Teacher
from labeling.keys import KeyedTeacher
from labeling.run.batching import BatchRunner, BatchTeacher
from labeling.run.budget import Budget
from labeling.run.cache import AnswerCache
from labeling.run.calling import Caller, Ended, Surrender
from labeling.run.clock import Clock, SystemClock
from labeling.run.estimating import Forecast, forecast
from labeling.run.ledger import Ledger, Spent
from labeling.run.limits import Backoff
from labeling.run.output import Output, Weigh, Written
from labeling.run.pacing import Pace
from labeling.run.progress import LabelProgress
from labeling.run.runner import Outcome, Runner
from labeling.run.schema import Identity
from labeling.run.sources import Opener, by_content, gather

Positive = Annotated[float, Field(gt=0)]


class RunSettings(BaseModel):
    """How a run goes about it. Money in US dollars, rates a minute; None is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: Annotated[Decimal, Field(ge=0)] | None = Decimal(20)
    concurrency: int = Field(default=8, ge=1, description="calls at a time, at most")
    samples: int = Field(default=1, ge=1, le=32, description="how often each document is asked about")
    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    cache: Path | None = Field(default=None, description="the folder of kept answers")
    idempotent: bool | None = Field(default=None, description="the provider honours keys; None: as the teacher says")
    retry_failed: bool = Field(default=False, description="ask again where the answer could not be used")
    tries: int = Field(default=12, ge=1, description="calls for one document that end without an answer")
    batch: bool = Field(default=False, description="through the provider's batch interface")
    backoff: Positive = Field(default=1.0, description="the first wait before a call is repeated, at most, in seconds")


@dataclass(frozen=True)
class Report:
    """What a run came to."""

    outcome: Outcome
    written: Written
    spent: Spent

    @property
    def complete(self) -> bool:
        return self.outcome.open == 0 and self.outcome.counts[Ended.FAILED] == 0 and self.written.failed == 0


class Session:
    """The documents, books and output of one run; only one process at a time has those of one output.

    Raises UsageError: `output_exists` where labels stand there that no ledger knows of, and what Ledger raises.
    """

    def __init__(
        self,
        documents: Sequence[Path],
        output: Path,
        teacher: Teacher,
        task: Task,
        settings: RunSettings | None = None,
        *,
        engine: OcrEngine | None = None,
        weigh: Weigh | None = None,
        clock: Clock | None = None,
        rehearsal: bool = False,
    ) -> None:
        self.settings = settings or RunSettings()
        self.teacher = teacher
        self.task = task
        self.clock = clock or SystemClock()
        self.opener = Opener(engine)
        self.identity = Identity.of(teacher.name, teacher.prompt_version, task)
        self.ledger_path = ledger_of(output)
        check_output(output)
        if self.settings.batch and not isinstance(teacher, BatchTeacher):
            raise UsageError(f"{teacher.name} has no batch interface.", code="no_batches", hint="Leave out --batch.")
        told = self.settings.idempotent
        honoured = isinstance(teacher, KeyedTeacher) and (teacher.idempotent if told is None else told)
        self.ledger = Ledger(self.ledger_path, self.identity, idempotent=honoured, rehearsal=rehearsal)
        try:
            self.sources, moved, self.hashed_ids = gather(documents, self.ledger.known())
            self.ledger.moved(moved)
            self.ledger.register(self.sources, self.settings.samples, retry_failed=self.settings.retry_failed)
            spent = self.ledger.spent()
            self.budget = Budget(self.settings.budget, spent.committed)
            for estimated, paid in self.ledger.costs_seen():
                self.budget.saw(estimated, paid)
        except BaseException:
            self.ledger.close()
            raise
        self.output = Output(output, self.ledger, self.identity, task, weigh)
        self.cache = AnswerCache(self.settings.cache) if self.settings.cache else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    def open_questions(self) -> int:
        """How many are still to be asked about the documents of this command."""
        here = by_content(self.sources)
        return sum(job.sha256 in here for job in self.ledger.open_jobs())

    def forecast(self) -> Forecast:
        """What the open questions will take; those whose answers are kept take nothing."""
        here = by_content(self.sources)
        jobs = [job for job in self.ledger.open_jobs() if job.sha256 in here]
        if self.cache:
            jobs = [job for job in jobs if job.held or self.cache.get(job, self.identity) is None]
        asked = list(dict.fromkeys(job.sha256 for job in jobs))
        settings = self.settings
        return forecast(
            [here[sha256] for sha256 in asked],
            self.teacher,
            self.task,
            self.opener,
            questions=len(jobs),
            concurrency=settings.concurrency,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
            paid_per_estimated=self.budget.calibration.mean,
        )

    def run(self, stop: threading.Event, *, quiet: bool = False) -> Report:
        """Asks everything that is open and affordable. Where `stop` is set, calls under way are waited for."""
        self.output.rewrite()
        progress = LabelProgress(self.open_questions(), self.budget, self.clock, quiet=quiet)
        try:
            with progress:
                outcome = self._runner(stop, progress).run(by_content(self.sources))
        finally:
            written = self.output.rewrite(final=True, stop=stop)
        return Report(outcome, written, self.ledger.spent())

    def _runner(self, stop: threading.Event, progress: LabelProgress) -> Runner | BatchRunner:
        settings = self.settings
        pace = Pace(
            self.clock,
            concurrency=settings.concurrency,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )
        caller = Caller(
            teacher=self.teacher,
            task=self.task,
            identity=self.identity,
            ledger=self.ledger,
            budget=self.budget,
            pace=pace,
            surrender=Surrender(stop),
            clock=self.clock,
            open_document=self.opener,
            cache=self.cache,
            backoff=Backoff(settings.backoff),
            tries=settings.tries,
        )
        if settings.batch:
            assert isinstance(self.teacher, BatchTeacher), "checked at the beginning"
            return BatchRunner(caller, self.teacher, self.output, progress, self.opener.lazily)
        # Half as many threads again open documents, or wait to repeat a call, while the others' calls are under way.
        workers = settings.concurrency + settings.concurrency // 2
        return Runner(caller, self.output, progress, workers)


def ledger_of(output: Path) -> Path:
    return output.with_name(f"{output.name}.ledger")


def check_output(output: Path) -> None:
    """Raises UsageError (output_exists) where something stands there that no ledger knows of."""
    if output.exists() and not ledger_of(output).exists():
        raise UsageError(
            f"{output} exists, and no ledger says how it came about.",
            code="output_exists",
            hint="Choose another output with -o; --fresh would write over it.",
        )


def start_anew(output: Path) -> Decimal:
    """Removes an output and its books; says what stood in them as paid. Answers kept in the cache stay.

    Raises UsageError where another process is at it (run_in_progress) or the ledger is none of ours (not_a_ledger).
    """
    path = ledger_of(output)
    paid = Decimal(0)
    if path.exists():
        with Ledger(path, None, idempotent=True) as ledger:
            paid = ledger.spent().committed
    for name in (
        path.name,
        f"{path.name}-wal",
        f"{path.name}-shm",
        output.name,
        f"{output.stem}.failed{output.suffix}",
        f"{output.stem}.samples{output.suffix}",
    ):
        with suppress(FileNotFoundError):
            output.with_name(name).unlink()
    return paid
