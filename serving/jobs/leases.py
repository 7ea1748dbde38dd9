"""Who reads which document: claims under a lease, and the one step that writes a record. Every method blocks."""

from __future__ import annotations

import uuid
from collections.abc import Collection

import sqlalchemy as sa

from serving.jobs.ends import settle
from serving.jobs.model import Claim, unpack
from serving.jobs.queue import Announcement
from serving.jobs.settings import JobSettings
from serving.jobs.tables import Database, documents, jobs

_MOST = 1000
"""Announced again at once; the rest follows at the next upkeep."""
_PASSED = 60.0
"""Seconds by which the queue must have passed a waiting document before its message counts as lost."""


class Leases:
    """Claims on documents. A token of a lease that was taken over can change nothing any longer."""

    def __init__(self, database: Database, settings: JobSettings) -> None:
        self._database = database
        self._settings = settings

    def claim(self, document: str) -> Claim | None:
        """Takes a waiting document; None where it is not waiting (read, cancelled, claimed, unknown)."""
        token = uuid.uuid4().hex
        with self._database.write() as connection:
            now = self._database.now(connection)
            row = connection.execute(
                documents.update()
                .where(documents.c.id == document, documents.c.state == "queued")
                .values(
                    state="running",
                    lease=token,
                    lease_until=now + self._settings.lease,
                    attempts=documents.c.attempts + 1,
                )
                .returning(documents)
            ).one_or_none()
            if row is None:
                return None
            first = (jobs.c.id == row.job, jobs.c.state == "queued")
            connection.execute(jobs.update().where(*first).values(state="running", started=now))
            asked = connection.execute(sa.select(jobs.c.options, jobs.c.policy).where(jobs.c.id == row.job)).one()
        return Claim(
            document=document,
            job=row.job,
            name=row.name,
            upload=row.upload,
            options=unpack(asked.options),
            policy=asked.policy,
            lease=token,
            due=row.due,
            attempts=row.attempts,
        )

    def renew(self, tokens: Collection[str]) -> set[str]:
        """Prolongs leases, and gives those that still stand."""
        if not tokens:
            return set()
        with self._database.write() as connection:
            until = self._database.now(connection) + self._settings.lease
            query = documents.update().where(documents.c.lease.in_(list(tokens)), documents.c.state == "running")
            return set(connection.execute(query.values(lease_until=until).returning(documents.c.lease)).scalars())

    def release(self, claim: Claim, *, begun: bool = False) -> Announcement | None:
        """Gives a document back, to be announced again; None where the lease was lost, or its job was cancelled.

        `begun` keeps the attempt counted: the document was at work and failed.
        """
        with self._database.write() as connection:
            state = connection.execute(sa.select(jobs.c.state).where(jobs.c.id == claim.job)).scalar_one_or_none()
            query = documents.update().where(documents.c.id == claim.document, *_held(claim.lease))
            attempts = documents.c.attempts if begun else documents.c.attempts - 1
            values = {"state": "cancelled" if state == "cancelled" else "queued", "lease": None, "attempts": attempts}
            if not connection.execute(query.values(values)).rowcount:
                return None
            if state == "cancelled":
                settle(connection, claim.job, self._database.now(connection), self._settings.retention)
                return None
        return Announcement(claim.document, claim.due)

    def finish(self, claim: Claim, record: str, *, failed: bool) -> tuple[bool, bool]:
        """Writes the record. Says whether it was written (the lease stood), and whether the job ended with it."""
        with self._database.write(durable=True) as connection:
            query = documents.update().where(documents.c.id == claim.document, *_held(claim.lease))
            values = {"state": "failed" if failed else "done", "record": record, "lease": None}
            if not connection.execute(query.values(values)).rowcount:
                return False, False
            now = self._database.now(connection)
            return True, settle(connection, claim.job, now, self._settings.retention)

    def take_over(self) -> list[Announcement]:
        """Documents whose reader gave no sign of life for the length of a lease: they wait again."""
        with self._database.write() as connection:
            now = self._database.now(connection)
            dead = (documents.c.state == "running", documents.c.lease_until < now)
            cancelled = sa.select(jobs.c.id).where(jobs.c.state == "cancelled")
            ended = documents.update().where(*dead, documents.c.job.in_(cancelled))
            for job in set(
                connection.execute(ended.values(state="cancelled", lease=None).returning(documents.c.job)).scalars()
            ):
                settle(connection, job, now, self._settings.retention)
            query = documents.update().where(*dead).values(state="queued", lease=None, announced=now)
            rows = connection.execute(query.returning(documents.c.id, documents.c.due)).all()
        return [Announcement(row.id, row.due) for row in rows]

    def lost(self, passed: float, *, empty: bool) -> list[Announcement]:
        """Documents that wait without a message: all that wait, where the queue is `empty`; else those that stand well
        before `passed`, the place that the queue has come to."""
        with self._database.write() as connection:
            now = self._database.now(connection)
            pause = self._settings.upkeep if empty else _PASSED
            waiting = [documents.c.state == "queued", documents.c.announced <= now - pause]
            if not empty:
                waiting.append(documents.c.due < passed - _PASSED)
            chosen = sa.select(documents.c.id).where(*waiting).order_by(documents.c.due).limit(_MOST)
            query = documents.update().where(documents.c.id.in_(chosen.with_for_update(skip_locked=True)))
            found = query.values(announced=now).returning(documents.c.id, documents.c.due)
            rows = connection.execute(found).all()
        return [Announcement(row.id, row.due) for row in rows]


def _held(lease: str) -> tuple[sa.ColumnElement[bool], ...]:
    return documents.c.lease == lease, documents.c.state == "running"
