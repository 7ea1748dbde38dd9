"""Jobs as their owners see them: admitted, looked at, paged through, cancelled, forgotten. Every method blocks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from serving.jobs.ends import job_of, settle, tally
from serving.jobs.errors import JobConflict, JobNotFound, QueueFull
from serving.jobs.model import OPEN, Figures, Job, Kept, Page, Request, pack
from serving.jobs.queue import Announcement
from serving.jobs.settings import JobSettings
from serving.jobs.tables import Database, deliveries, documents, jobs

_WAITING = documents.c.state.in_(OPEN)


class JobStore:
    """The truth about jobs. One owner never sees another's: for it they don't exist."""

    def __init__(self, database: Database, settings: JobSettings) -> None:
        self._database = database
        self._settings = settings

    def room(self, owner: str, documents_: int, size: int) -> None:
        """Raises QueueFull where this much more may not wait; asked before the uploads are kept."""
        with self._database.read() as connection:
            self._room(connection, owner, documents_, size)

    def repeated(self, request: Request) -> Job | None:
        """The job that the same Idempotency-Key made before. Raises JobConflict if it was for another request."""
        if request.key is None:
            return None
        with self._database.read() as connection:
            return self._repeated(connection, request)

    def admit(self, request: Request, kept: Sequence[Kept]) -> tuple[Job, list[Announcement]]:
        """Writes a job and its documents in one step, and gives what to announce to the queue.

        Nothing is announced where the same request made the job already. Raises QueueFull and JobConflict.
        """
        with self._database.write(durable=True) as connection:
            self._database.admit_one(connection)
            before = self._repeated(connection, request) if request.key is not None else None
            if before is not None:
                return before, []
            self._room(connection, request.owner, len(kept), sum(one.size for one in kept))
            now = self._database.now(connection)
            job = uuid.uuid4().hex
            connection.execute(
                jobs.insert().values(
                    id=job,
                    owner=request.owner,
                    state="queued",
                    total=len(kept),
                    created=now,
                    expires=now + self._settings.retention,
                    options=pack(request.options),
                    policy=request.policy,
                    webhook=request.webhook,
                    request_key=request.key,
                    request_print=request.fingerprint,
                )
            )
            rows = [
                {
                    "id": uuid.uuid4().hex,
                    "job": job,
                    "position": position,
                    "owner": request.owner,
                    "name": one.name,
                    "size": one.size,
                    "upload": one.upload,
                    "state": "queued",
                    # Later documents of a large job let younger small jobs pass, but none waits for ever.
                    "due": now + position * self._settings.pace,
                    "announced": now,
                }
                for position, one in enumerate(kept)
            ]
            connection.execute(documents.insert(), rows)
            found = job_of(connection, connection.execute(sa.select(jobs).where(jobs.c.id == job)).one())
        return found, [Announcement(str(row["id"]), float(str(row["due"]))) for row in rows]

    def find(self, owner: str, job: str) -> Job:
        """Raises JobNotFound."""
        with self._database.read() as connection:
            return job_of(connection, self._row(connection, owner, job))

    def results(self, owner: str, job: str, start: int, limit: int) -> Page:
        """Records from position `start` on, up to the first document that is still open. Raises JobNotFound."""
        with self._database.read() as connection:
            self._row(connection, owner, job)
            query = (
                sa.select(documents.c.position, documents.c.state, documents.c.record)
                .where(documents.c.job == job, documents.c.position >= start, documents.c.state != "cancelled")
                .order_by(documents.c.position)
                .limit(limit + 1)
            )
            rows = connection.execute(query).all()
        records: list[str] = []
        for row in rows:
            if row.state in OPEN or len(records) == limit:
                return Page(tuple(records), row.position)
            records.append(row.record)
        return Page(tuple(records), None)

    def cancel(self, owner: str, job: str, *, delete: bool = False) -> tuple[Job, list[str]]:
        """Cancels what has not begun; what has, finishes. Gives the uploads that nobody needs any longer.

        With `delete` the job can't be seen from now on, and is forgotten once nothing of it runs. Raises JobNotFound.
        """
        with self._database.write() as connection:
            self._row(connection, owner, job)
            now = self._database.now(connection)
            if delete:
                # Its key is free again: a repeat of the request is to make a job that can be seen.
                connection.execute(jobs.update().where(jobs.c.id == job).values(deleted=1, request_key=None))
            dropped = self._cancel(connection, job, now)
            row = connection.execute(sa.select(jobs).where(jobs.c.id == job)).one()
            return job_of(connection, row), dropped

    def sweep(self) -> list[str]:
        """Forgets what is older than the retention time, and gives the uploads to delete.

        A job that waited too long is cancelled: its uploads go, the results that it has stay for as long again.
        """
        dropped: list[str] = []
        with self._database.write() as connection:
            now = self._database.now(connection)
            over = sa.select(jobs.c.id).where(jobs.c.expires <= now, jobs.c.finished.is_(None))
            for job in connection.execute(over).scalars().all():
                dropped += self._cancel(connection, job, now)
            gone = sa.or_(jobs.c.expires <= now, jobs.c.deleted == 1)
            ended = sa.select(jobs.c.id).where(gone, jobs.c.finished.is_not(None))
            connection.execute(documents.delete().where(documents.c.job.in_(ended)))
            connection.execute(jobs.delete().where(gone, jobs.c.finished.is_not(None)))
            old = deliveries.c.created <= now - self._settings.retention
            connection.execute(deliveries.delete().where(old, deliveries.c.state != "waiting"))
        return dropped

    def unknown(self, uploads: Sequence[str]) -> list[str]:
        """Those of these uploads that no waiting document needs."""
        needed = self._of_documents(uploads, _WAITING)
        return [name for name in uploads if name not in needed]

    def ended(self, uploads: Sequence[str]) -> list[str]:
        """Those of these uploads whose document has ended: nobody will read them again."""
        return sorted(self._of_documents(uploads, sa.not_(_WAITING)))

    def _of_documents(self, uploads: Sequence[str], which: sa.ColumnElement[bool]) -> set[str]:
        found: set[str] = set()
        with self._database.read() as connection:
            for start in range(0, len(uploads), 500):
                some = uploads[start : start + 500]
                query = sa.select(documents.c.upload).where(documents.c.upload.in_(some), which)
                found.update(connection.execute(query).scalars())
        return found

    def figures(self) -> Figures:
        """What the store knows of them."""
        with self._database.read() as connection:
            now = self._database.now(connection)
            states = tally(
                connection, sa.select(documents.c.state, sa.func.count()).where(_WAITING).group_by(documents.c.state)
            )
            waiting = documents.c.state == "queued"
            size = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(documents.c.size), 0)).where(waiting))
            since = sa.select(sa.func.min(jobs.c.created)).join(documents, documents.c.job == jobs.c.id).where(waiting)
            oldest = connection.execute(since).scalar_one()
            unfinished = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.finished.is_(None))
            open_jobs = connection.execute(unfinished).scalar_one()
            hooks = tally(connection, sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state))
            return Figures(
                queued=states.get("queued", 0),
                running=states.get("running", 0),
                queued_bytes=int(size.scalar_one()),
                oldest=max(0.0, now - oldest) if oldest is not None else 0.0,
                open_jobs=open_jobs,
                webhooks_waiting=hooks.get("waiting", 0),
                webhooks_given_up=hooks.get("given_up", 0),
            )

    def _cancel(self, connection: sa.Connection, job: str, now: float) -> list[str]:
        query = documents.update().where(documents.c.job == job, documents.c.state == "queued")
        dropped = connection.execute(query.values(state="cancelled").returning(documents.c.upload)).scalars().all()
        still = (jobs.c.id == job, jobs.c.state.in_(OPEN))
        connection.execute(jobs.update().where(*still).values(state="cancelled"))
        settle(connection, job, now, self._settings.retention)
        return list(dropped)

    def _row(self, connection: sa.Connection, owner: str, job: str) -> sa.Row[tuple[object, ...]]:
        query = sa.select(jobs).where(jobs.c.id == job, jobs.c.owner == owner, jobs.c.deleted == 0)
        row = connection.execute(query).one_or_none()
        if row is None or (row.finished is not None and row.expires <= self._database.now(connection)):
            raise JobNotFound
        return row

    def _repeated(self, connection: sa.Connection, request: Request) -> Job | None:
        query = sa.select(jobs).where(jobs.c.owner == request.owner, jobs.c.request_key == request.key)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.request_print != request.fingerprint:
            raise JobConflict
        return job_of(connection, row)

    def _room(self, connection: sa.Connection, owner: str, more: int, size: int) -> None:
        limits = self._settings
        total = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(documents.c.size), 0)).where(_WAITING)
        bounds = (
            (total.where(documents.c.owner == owner), limits.key_documents, limits.key_bytes, "of this key"),
            (total, limits.all_documents, limits.all_bytes, "in this service"),
        )
        for query, most, most_bytes, whose in bounds:
            number, held = connection.execute(query).one()
            if number + more > most or held + size > most_bytes:
                raise QueueFull(
                    f"Too many documents {whose} wait already ({number}).",
                    hint="Come again after Retry-After, or send fewer at once.",
                    retry_after=min(300.0, 1.0 + number * 0.1),
                )
