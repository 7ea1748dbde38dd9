"""The store's tables, and how its database is opened: SQLite or PostgreSQL through SQLAlchemy core."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

jobs = Table(
    "tailor_jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("total", Integer, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("started", Float(53)),
    Column("finished", Float(53)),
    Column("expires", Float(53), nullable=False),
    Column("deleted", Integer, nullable=False, default=0),
    Column("options", Text, nullable=False),
    Column("policy", String(100)),
    Column("webhook", Text),
    Column("request_key", String(255)),
    Column("request_print", String(64)),
    Index("tailor_jobs_owner", "owner", "created"),
    Index("tailor_jobs_expires", "expires"),
    Index("tailor_jobs_request", "owner", "request_key", unique=True),
)

documents = Table(
    "tailor_documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("job", String(32), ForeignKey("tailor_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("upload", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("due", Float(53), nullable=False),
    Column("announced", Float(53), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease", String(32)),
    Column("lease_until", Float(53)),
    Column("record", Text),
    Index("tailor_documents_place", "job", "position", unique=True),
    Index("tailor_documents_state", "state", "due"),
    Index("tailor_documents_owner", "owner", "state"),
    Index("tailor_documents_upload", "upload"),
)

deliveries = Table(
    "tailor_deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("job", String(32), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Float(53), nullable=False),
    Column("created", Float(53), nullable=False),
    Column("lease", String(32)),
    Column("error", Text),
    Index("tailor_deliveries_next", "state", "next_at"),
)

uploads = Table(
    "tailor_uploads",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("created", Float(53), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

_ADMISSION = 7_461_646_172
"""The advisory lock under which PostgreSQL admits jobs, so that two at once can't both take the last place."""


class Database:
    """Transactions on the store. Every method blocks: call it from a thread."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite")
        if self.sqlite:
            self.engine = sa.create_engine(url, connect_args={"timeout": 15, "check_same_thread": False})
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(url, pool_pre_ping=True, pool_size=4, max_overflow=12)

    def create(self) -> None:
        """Makes the tables that are missing; several processes may do so at the same time."""
        with self.write() as connection:
            self.admit_one(connection)
            metadata.create_all(connection)

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sa.Connection]:
        """A transaction that will write. SQLite takes its lock at once: upgrading later can fail half-way.

        Every transaction outlives a killed process. A `durable` one outlives a power cut too, which costs a flush of
        the disk: for what can't be done again, such as a job that was answered with 202, or a record whose upload is
        about to be deleted. (PostgreSQL makes all of them so.)
        """
        options = {"writes": True, "durable": durable}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def admit_one(self, connection: sa.Connection) -> None:
        """From here to the end of the transaction, no other admits. SQLite's write lock does that by itself."""
        if not self.sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADMISSION)))

    def now(self, connection: sa.Connection) -> float:
        """Seconds since 1970 by one clock for all who share the store: PostgreSQL's, else this machine's."""
        if self.sqlite:
            return time.time()
        return float(connection.execute(sa.text("select extract(epoch from clock_timestamp())")).scalar_one())

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    cursor = connection.cursor()
    for pragma in ("journal_mode=wal", "foreign_keys=on", "secure_delete=on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"pragma synchronous={'full' if options.get('durable') else 'normal'}")
    connection.exec_driver_sql("begin immediate" if options.get("writes") else "begin")
