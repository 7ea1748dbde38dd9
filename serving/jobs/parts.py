"""What jobs are made of, opened once a process, and the threads in which it may block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from extractor.errors import MissingExtra, UsageError
from serving.jobs.deliveries import Deliveries
from serving.jobs.leases import Leases
from serving.jobs.queue import DocumentQueue
from serving.jobs.settings import JobSettings, private_folder
from serving.jobs.spool import FolderSpool, Spool, TableSpool
from serving.jobs.store import JobStore
from serving.jobs.tables import Database

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 8


@dataclass(frozen=True)
class Parts:
    """Store, queue and spool. Their methods block: `call` runs them in threads kept for that."""

    settings: JobSettings
    database: Database
    store: JobStore
    leases: Leases
    deliveries: Deliveries
    queue: DocumentQueue
    spool: Spool
    threads: ThreadPoolExecutor

    @classmethod
    def open(cls, settings: JobSettings) -> Parts:
        """Raises UsageError where folder, database or queue can't be had, and MissingExtra without its driver.

        Redis is asked only when it is needed: it may come up after us.
        """
        private_folder(settings.folder)
        for name in settings.files:
            # SQLite gives the files beside it the same rights.
            (settings.folder / name).touch(mode=0o600)
        try:
            database = Database(settings.store_url)
            database.create()
        except Exception as error:
            raise _unreachable("store", error) from error
        try:
            queue = DocumentQueue(settings)
        except MissingExtra:
            raise
        except Exception as error:
            raise _unreachable("queue", error) from error
        spool = TableSpool(database) if settings.uploads_in_store else FolderSpool(settings.folder / "uploads")
        return cls(
            settings=settings,
            database=database,
            store=JobStore(database, settings),
            leases=Leases(database, settings),
            deliveries=Deliveries(database, settings.webhook),
            queue=queue,
            spool=spool,
            threads=ThreadPoolExecutor(_THREADS, thread_name_prefix="tailor-jobs"),
        )

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs what blocks beside the event loop. Cancelled, it still ends in its thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, lambda: function(*args, **kwargs))

    def close(self) -> None:
        self.threads.shutdown(wait=True)
        self.queue.close()
        self.database.close()


def _unreachable(which: str, error: Exception) -> UsageError:
    # What a driver says may hold the URL, and that a password.
    return UsageError(
        f"The {which} of jobs can't be opened ({type(error).__name__}).",
        code=f"{which}_unreachable",
        hint=f"Look at the setting jobs.{which}, at its driver (pip install 'tailor[shared-queue]') and its server.",
    )
