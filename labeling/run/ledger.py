"""The books of a run: every question is written down before it is asked, every answer before it is used.

    planned ──▶ sent ──▶ answered ──▶ written          the label stands in the output, on the disk
                  │  ╲
                  ▼   ╲─▶ failed                        no label: finally, or until the next run tries again
              planned (the provider was busy: surely not paid)

The file (OUTPUT.ledger) is SQLite with a write-ahead log and synchronous=FULL: what a method has returned from is on
the disk, whatever is killed next. One process at a time holds it.

What is guaranteed. An answer that arrived is never asked for again. A question that was `sent` when the process was
killed may have been paid: its promise (`held`) stays in the books, and it is asked again with the same key, which a
provider that honours keys answers free of charge, so that nothing is paid twice. Other providers may charge once more
for each question that was under way (as many as calls at a time); the estimate of the lost call then stays in the books
as `unsure`, so that the budget holds all the same.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from extractor.errors import OutputError
from labeling.base import TeacherAnswer, Tokens
from labeling.run.opening import claim_books, copy_books, open_books
from labeling.run.schema import (
    RESULT_COLUMNS,
    Failure,
    Identity,
    Job,
    Result,
    from_pico,
    pico,
    read_result,
)
from labeling.run.sources import Source


@dataclass(frozen=True)
class Spent:
    """What stands in the books, in US dollars: paid for certain; promised or possibly paid; tokens; calls."""

    paid: Decimal
    unsure: Decimal
    tokens: Tokens
    calls: int

    @property
    def committed(self) -> Decimal:
        return self.paid + self.unsure


class Ledger:
    """Safe to use from several threads. Close it, or use it in a `with` statement.

    `identity` None opens the books of whomever; `rehearsal` works on a copy in memory and leaves the file as it is.
    `idempotent`: the provider answers a repeated key from memory, free of charge.
    Raises UsageError: `run_in_progress` where another process holds it, `other_run` where it belongs to another
    teacher, prompt or task, `not_a_ledger` where the file is something else; OutputError where it can't be written.
    """

    def __init__(
        self, path: Path, identity: Identity | None, *, idempotent: bool = False, rehearsal: bool = False
    ) -> None:
        self.path = path
        self.idempotent = idempotent
        self._lock = threading.Lock()
        self._unmarked: list[tuple[str, int]] = []
        self._db = copy_books(path) if rehearsal else open_books(path)
        try:
            with self._writing() as db:
                if identity is not None:
                    claim_books(db, identity, path)
                if not idempotent:
                    # Asked when the process ended, and asked again at the provider's price: perhaps paid for nothing.
                    db.execute("UPDATE jobs SET unsure = unsure + estimated, held = 0 WHERE held > 0 AND batch IS NULL")
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def register(self, sources: Iterable[Source], samples: int, *, retry_failed: bool = False) -> None:
        """The documents of this command, in its order, each with `samples` questions; documents of earlier commands
        follow in theirs. What failed for a passing reason is planned again, with `retry_failed` everything that failed.
        """
        with self._writing() as db:
            given = list(sources)
            db.execute("UPDATE documents SET position = position + ?", (len(given),))
            for position, source in enumerate(given):
                db.execute(
                    "INSERT INTO documents (place, id, file, sha256, position) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (place) DO UPDATE SET file = excluded.file, sha256 = excluded.sha256,"
                    " position = excluded.position",
                    (source.place, source.id, source.file, source.sha256, position),
                )
            db.executemany(
                "INSERT OR IGNORE INTO jobs (sha256, sample) VALUES (?, ?)",
                [(source.sha256, sample) for source in given for sample in range(samples)],
            )
            db.execute("UPDATE jobs SET state = 'planned', code = NULL WHERE state = 'failed' AND NOT final")
            if retry_failed:
                db.execute(
                    "UPDATE jobs SET state = 'planned', code = NULL, attempt = attempt + 1"
                    " WHERE state = 'failed' AND final"
                )

    def known(self) -> dict[str, tuple[str, str]]:
        """The documents of earlier commands: place → (id, sha256)."""
        with self._lock:
            return {place: (id, sha) for place, id, sha in self._db.execute("SELECT place, id, sha256 FROM documents")}

    def moved(self, places: Mapping[str, str]) -> None:
        """Documents that lie elsewhere now: old place → new place."""
        with self._writing() as db:
            db.executemany(
                "UPDATE documents SET place = ? WHERE place = ?", [(new, old) for old, new in places.items()]
            )

    def remember(self, name: str, value: str) -> None:
        """Notes something about the run for the next command."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO run (name, value) VALUES (?, ?)", (f"note {name}", value))

    def recall(self, name: str) -> str | None:
        with self._lock:
            row = self._db.execute("SELECT value FROM run WHERE name = ?", (f"note {name}",)).fetchone()
        return None if row is None else str(row["value"])

    def open_jobs(self) -> list[Job]:
        """What is still to be asked, in the order of the documents; first what was under way when a run ended."""
        with self._lock:
            rows = self._db.execute(
                "SELECT j.sha256, j.sample, j.attempt, j.held, j.batch, MIN(d.position) AS place"
                " FROM jobs j JOIN documents d USING (sha256) WHERE j.state IN ('planned', 'sent')"
                " GROUP BY j.sha256, j.sample ORDER BY j.state != 'sent', j.sample, place"
            )
            return [Job(sha, sample, attempt, from_pico(held), batch) for sha, sample, attempt, held, batch, _ in rows]

    def send(self, job: Job, held: Decimal, estimated: Decimal, at: datetime) -> None:
        """Before a call: its question, and what was promised for it."""
        self._change(
            job,
            "state = 'sent', tries = tries + 1, batch = NULL, held = ?, estimated = ?, sent_at = ?",
            pico(held),
            pico(estimated),
            at.isoformat(),
        )

    def batched(self, jobs: Iterable[Job], batch: str) -> None:
        """Questions that went into a batch, by the id that the provider gave it; into another one for a repair."""
        with self._writing() as db:
            db.executemany(
                "UPDATE jobs SET batch = COALESCE(batch || ' ', '') || ? WHERE sha256 = ? AND sample = ?",
                [(batch, job.sha256, job.sample) for job in jobs],
            )

    def not_done(self, job: Job, cost: Decimal = Decimal(0), *, sure: bool = True) -> None:
        """A call ended without an answer, and would be paid anew if it were repeated. `cost` was charged for it, or may
        have been (not `sure`)."""
        column = "cost" if sure else "unsure"
        self._change(job, f"state = 'planned', batch = NULL, held = 0, {column} = {column} + ?", pico(cost))

    def answer(self, job: Job, answer: TeacherAnswer, at: datetime, *, cost: Decimal | None = None) -> None:
        """An answer, before anything is done with it; a definite one without a label is a final failure. `cost` is
        what it cost this run, where that isn't what it cost once (an answer kept from another run)."""
        tokens, paid = answer.tokens, answer.cost if cost is None else cost
        self._change(
            job,
            "state = ?, batch = NULL, held = 0, cost = cost + ?, label_cost = ?, raw = ?, label = ?, code = ?,"
            " message = ?, final = 1, input = ?, output = ?, cached = ?, written = ?, calls = calls + ?, seconds = ?,"
            " answered_at = ?",
            "answered" if answer.label is not None else "failed",
            pico(paid),
            pico(paid),
            answer.raw,
            None if answer.label is None else json.dumps(answer.label, ensure_ascii=False),
            answer.failure if answer.label is None else None,
            None if answer.label is not None else f"The teacher's answer could not be used ({answer.failure}).",
            tokens.input,
            tokens.output,
            tokens.cached,
            tokens.written,
            answer.calls if cost is None else 0,
            answer.seconds,
            at.isoformat(),
        )

    def fail(self, job: Job, failure: Failure) -> None:
        """No label. A failure that isn't final is tried again by the next run. What is held stays held: a call that may
        have been paid will be asked for with the same key."""
        self._change(
            job,
            "state = 'failed', code = ?, message = ?, final = ?",
            failure.code,
            failure.message,
            int(failure.final),
        )

    def mark_written(self, jobs: Iterable[tuple[str, int]]) -> None:
        """These labels are on the disk. Recorded along with the next change: should that be lost, the output is simply
        written again from here."""
        with self._lock:
            self._unmarked.extend(jobs)

    def results(self) -> Iterator[list[Result]]:
        """For each document, in order, what is known of each of its samples."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {RESULT_COLUMNS} FROM documents d JOIN jobs j USING (sha256) ORDER BY d.position, j.sample"
            ).fetchall()
        group: list[Result] = []
        for row in rows:
            result = read_result(row)
            if group and group[0].id != result.id:
                yield group
                group = []
            group.append(result)
        if group:
            yield group

    def results_of(self, sha256: str) -> list[list[Result]]:
        """The same for the documents of this content."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {RESULT_COLUMNS} FROM documents d JOIN jobs j USING (sha256) WHERE sha256 = ?"
                " ORDER BY d.position, j.sample",
                (sha256,),
            ).fetchall()
        found: dict[str, list[Result]] = {}
        for row in rows:
            found.setdefault(row["id"], []).append(read_result(row))
        return list(found.values())

    def failure_of(self, job: Job) -> Failure | None:
        groups = self.results_of(job.sha256)
        return next((each.failure for group in groups for each in group if each.sample == job.sample), None)

    def spent(self) -> Spent:
        with self._lock:
            row = self._db.execute(
                "SELECT COALESCE(SUM(cost), 0), COALESCE(SUM(held + unsure), 0), COALESCE(SUM(calls), 0) FROM jobs"
            ).fetchone()
            tokens = self._db.execute(
                "SELECT COALESCE(SUM(input), 0), COALESCE(SUM(output), 0), COALESCE(SUM(cached), 0),"
                " COALESCE(SUM(written), 0) FROM jobs WHERE calls > 0"
            ).fetchone()
        return Spent(from_pico(row[0]), from_pico(row[1]), Tokens(*tokens), int(row[2]))

    def costs_seen(self) -> list[tuple[Decimal, Decimal]]:
        """(estimated, paid) of each question answered by the teacher."""
        with self._lock:
            rows = self._db.execute(
                "SELECT estimated, label_cost FROM jobs WHERE calls > 0 AND answered_at IS NOT NULL"
            )
            return [(from_pico(estimated), from_pico(paid)) for estimated, paid in rows]

    def _change(self, job: Job, what: str, *values: object) -> None:
        with self._writing() as db:
            db.execute(f"UPDATE jobs SET {what} WHERE sha256 = ? AND sample = ?", (*values, job.sha256, job.sample))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when the block is left."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                marked, self._unmarked = self._unmarked, []
                self._db.executemany(
                    "UPDATE jobs SET state = 'written' WHERE sha256 = ? AND sample = ? AND state = 'answered'", marked
                )
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._undo()
                raise OutputError(
                    f"The ledger {self.path} can't be written ({error}).",
                    code="disk_full" if "full" in str(error) else "output_unwritable",
                    hint="What was written before is kept: run the same command again to go on.",
                ) from error
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
