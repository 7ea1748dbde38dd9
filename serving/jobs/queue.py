"""The queue between processes: huey's storages, carrying numbers of documents.

A message is a hint that a document waits; losing or doubling one is harmless (see the package's docstring). Every
method blocks: call it from a thread. An error of the server behind it comes out as that library raises it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from extractor.errors import MissingExtra
from serving.jobs.settings import JobSettings

NAME = "tailor"


@dataclass(frozen=True)
class Announcement:
    """A document that waits to be read. `due` orders the queue: the earliest first."""

    document: str
    due: float


class DocumentQueue:
    """Numbers of waiting documents, the earliest due first."""

    def __init__(self, settings: JobSettings) -> None:
        self._storage = _storage(settings)

    def announce(self, waiting: Iterable[Announcement]) -> None:
        for one in waiting:
            self._storage.enqueue(one.document.encode("ascii"), -one.due)

    def take(self) -> str | None:
        """The next document's number, or None where the queue is empty. It is then out of the queue."""
        data = self._storage.dequeue()
        return None if data is None else bytes(data).decode("ascii", "replace")

    def size(self) -> int:
        return int(self._storage.queue_size())

    def close(self) -> None:
        self._storage.close()


def _storage(settings: JobSettings) -> Any:
    from huey import storage

    url = settings.queue
    if not url:
        kept = storage.SqliteStorage(name=NAME, filename=str(settings.folder / "queue.db"), timeout=15)
        # The store, not the queue, must survive a power cut: one flush a message less.
        kept.conn.execute("pragma synchronous=normal")
        return kept
    # Not blocking: a thread that waits inside the server's answer can't be stopped, and would hold up a shutdown.
    if url.startswith(("postgresql://", "postgres://")):
        if storage.psycopg is None:
            raise _missing("PostgreSQL", "psycopg")
        return storage.PostgresStorage(name=NAME, dsn=url, blocking=False, table_prefix="tailor_queue")
    if storage.Redis is None:
        raise _missing("Redis", "redis")
    return storage.PriorityRedisStorage(name=NAME, url=url, blocking=False)


def _missing(server: str, package: str) -> MissingExtra:
    return MissingExtra(f"A queue in {server} needs the package {package}.", hint="pip install 'tailor[shared-queue]'")
