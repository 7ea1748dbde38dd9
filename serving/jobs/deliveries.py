"""Webhooks on their way, kept in the store so that they outlive a process. Every method blocks."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from serving.jobs.settings import WebhookSettings
from serving.jobs.tables import Database, deliveries


@dataclass(frozen=True)
class Delivery:
    """One webhook that this process may now try to deliver. `attempts` counts this attempt."""

    id: str
    owner: str
    url: str
    body: str
    attempts: int
    lease: str


class Deliveries:
    """At least once: a process killed between the answer and our note of it delivers again, under the same id."""

    def __init__(self, database: Database, settings: WebhookSettings) -> None:
        self._database = database
        self._settings = settings

    def take(self, limit: int) -> list[Delivery]:
        """What is due, the longest due first. What is not reported on comes up again after a while."""
        token = uuid.uuid4().hex
        with self._database.write() as connection:
            now = self._database.now(connection)
            due = (deliveries.c.state == "waiting", deliveries.c.next_at <= now)
            chosen = sa.select(deliveries.c.id).where(*due).order_by(deliveries.c.next_at).limit(limit)
            query = (
                deliveries.update()
                .where(deliveries.c.id.in_(chosen.with_for_update(skip_locked=True)), *due)
                .values(
                    lease=token,
                    attempts=deliveries.c.attempts + 1,
                    next_at=now + 2 * self._settings.timeout + 5,
                )
                .returning(deliveries)
            )
            rows = connection.execute(query).all()
        return [Delivery(row.id, row.owner, row.url, row.body, row.attempts, token) for row in rows]

    def delivered(self, delivery: Delivery) -> None:
        self._close(delivery, state="delivered", error=None)

    def failed(self, delivery: Delivery, error: str, *, for_good: bool = False) -> bool:
        """Notes a failure, and when to try again; True where the webhook is given up."""
        if for_good or delivery.attempts >= self._settings.attempts:
            self._close(delivery, state="given_up", error=error)
            return True
        with self._database.write() as connection:
            at = self._database.now(connection) + pause(delivery.attempts, self._settings)
            connection.execute(deliveries.update().where(*_held(delivery)).values(next_at=at, lease=None, error=error))
        return False

    def hand_back(self, delivery: Delivery) -> None:
        """The attempt was broken off by a shutdown: it doesn't count, and the next process tries at once."""
        with self._database.write() as connection:
            values = {"attempts": deliveries.c.attempts - 1, "lease": None, "next_at": self._database.now(connection)}
            connection.execute(deliveries.update().where(*_held(delivery)).values(values))

    def _close(self, delivery: Delivery, *, state: str, error: str | None) -> None:
        with self._database.write() as connection:
            query = deliveries.update().where(*_held(delivery))
            connection.execute(query.values(state=state, error=error, lease=None))


def pause(attempts: int, settings: WebhookSettings) -> float:
    """Seconds until the next attempt: doubling, up to a bound, half of it by chance so that many don't come at once."""
    longest = min(settings.first_pause * 2.0 ** (attempts - 1), settings.longest_pause)
    return longest * random.uniform(0.5, 1.0)


def _held(delivery: Delivery) -> tuple[sa.ColumnElement[bool], ...]:
    return deliveries.c.id == delivery.id, deliveries.c.lease == delivery.lease
