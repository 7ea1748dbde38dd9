"""What happens when the last document of a job is over: in one transaction with what ended it."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from serving.jobs.model import OPEN, Counts, Job
from serving.jobs.tables import deliveries, documents, jobs


def tally(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, int]:
    """What a query of names and numbers gives."""
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def counts_of(connection: sa.Connection, job: str) -> Counts:
    query = sa.select(documents.c.state, sa.func.count()).where(documents.c.job == job).group_by(documents.c.state)
    return Counts(**tally(connection, query))


def job_of(connection: sa.Connection, row: Any) -> Job:
    """A row of the table of jobs, with its counts."""
    return Job(
        id=row.id,
        state=row.state,
        counts=counts_of(connection, row.id),
        created=row.created,
        started=row.started,
        finished=row.finished,
        expires=row.expires,
    )


def settle(connection: sa.Connection, job: str, now: float, retention: float) -> bool:
    """Ends the job if none of its documents is open, and puts its webhook on the way. True if it ended now.

    The row of the job is locked before the documents are counted: of two that write the last two records at the same
    time, the second to get the lock sees both.
    """
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job).with_for_update()).one_or_none()
    if row is None or row.finished is not None:
        return False
    counts = counts_of(connection, job)
    if counts.queued or counts.running:
        return False
    state = row.state
    if state in OPEN:
        state = "done" if counts.done else "failed"
    # The options may hold a password; nothing needs them any longer.
    change = {"state": state, "finished": now, "expires": now + retention, "options": "{}"}
    connection.execute(jobs.update().where(jobs.c.id == job).values(change))
    if row.webhook and not row.deleted:
        ended = Job(row.id, state, counts, row.created, row.started, now, now + retention)
        connection.execute(
            deliveries.insert().values(
                id=uuid.uuid4().hex,
                job=job,
                owner=row.owner,
                url=row.webhook,
                body=ended.news(),
                state="waiting",
                attempts=0,
                next_at=now,
                created=now,
            )
        )
    return True
