"""What is said about jobs between store, worker and routes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pydantic import TypeAdapter

from serving.engine.base import ReadOptions

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
"""`done`: all documents were looked at and at least one could be read; `failed`: none could."""

OPEN = ("queued", "running")


@dataclass(frozen=True)
class Counts:
    """Documents of a job by what became of them."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    """Looked at, and can't be read; the record says why."""
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.queued + self.running + self.done + self.failed + self.cancelled

    @property
    def progress(self) -> float:
        """The part that nothing more will happen to, 0–1."""
        return (self.done + self.failed + self.cancelled) / self.total if self.total else 1.0


@dataclass(frozen=True)
class Job:
    """A job as its owner sees it. Times are seconds since 1970; `finished` is None while any document is open."""

    id: str
    state: JobState
    counts: Counts
    created: float
    started: float | None
    finished: float | None
    expires: float

    def news(self) -> str:
        """The body of the webhook that tells of the job's end."""
        return json.dumps(
            {
                "event": "job.ended",
                "id": self.id,
                "state": self.state,
                "counts": asdict(self.counts),
                "created": iso(self.created),
                "finished": iso(self.finished) if self.finished is not None else None,
                "expires": iso(self.expires),
            }
        )


@dataclass(frozen=True)
class Kept:
    """An upload that lies in the spool, and what its sender called it."""

    name: str
    size: int
    upload: str


@dataclass(frozen=True)
class Request:
    """What a job is to do, for whom. `owner` names an API key; empty where keys aren't needed."""

    owner: str
    options: ReadOptions = field(default_factory=ReadOptions)
    policy: str | None = None
    """The name of the policy to apply; None for the service's own."""
    webhook: str | None = None
    key: str | None = None
    """The Idempotency-Key."""
    fingerprint: str = ""
    """Of the whole request: the same key with another fingerprint is a conflict."""


@dataclass(frozen=True)
class Claim:
    """A document that this process may read, until its lease runs out. `lease` is the token that proves it."""

    document: str
    job: str
    name: str
    upload: str
    options: ReadOptions
    policy: str | None
    lease: str
    due: float
    attempts: int


@dataclass(frozen=True)
class Page:
    """Records in the order in which the documents were sent, as JSON. `next` is None after the last."""

    records: tuple[str, ...]
    next: int | None


@dataclass(frozen=True)
class Figures:
    """For /metrics: the same for all who share the store, but for what counts since this process began."""

    queued: int = 0
    running: int = 0
    queued_bytes: int = 0
    oldest: float = 0.0
    """Seconds that the oldest waiting document has waited."""
    open_jobs: int = 0
    webhooks_waiting: int = 0
    webhooks_given_up: int = 0
    """Still on record: within the retention time."""
    webhook_failures: int = 0
    """Attempts of this process that failed."""
    webhooks_delivered: int = 0
    """By this process."""
    taken_over: int = 0
    """Documents that this process announced again, for their reader died."""
    written: Mapping[str, int] = field(default_factory=dict)
    """Documents of this process by outcome: done, failed."""


_OPTIONS = TypeAdapter(ReadOptions)


def pack(options: ReadOptions) -> str:
    return _OPTIONS.dump_json(options).decode()


def unpack(text: str) -> ReadOptions:
    return _OPTIONS.validate_json(text)


def iso(seconds: float) -> str:
    """A time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
