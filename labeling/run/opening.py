"""Opening the file of a ledger: durable, for one process alone, and of the right run."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from extractor.errors import OutputError, UsageError
from labeling.run.schema import SCHEMA, VERSION, Identity


def open_books(path: Path) -> sqlite3.Connection:
    """The file, made where there is none, for this process alone. Raises UsageError or OutputError (see Ledger)."""
    try:
        db = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise OutputError(
            f"The ledger {path} can't be opened ({error}).", hint="Choose another place with -o."
        ) from error
    try:
        db.row_factory = sqlite3.Row
        # One process alone: two would ask, and pay for, the same questions.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(SCHEMA)
    except sqlite3.DatabaseError as error:
        db.close()
        if "locked" in str(error):
            raise UsageError(
                f"Another run is writing to {path}.", code="run_in_progress", hint="Wait for it, or stop it first."
            ) from error
        raise UsageError(
            f"{path} is not a ledger of Tailor ({error}).", code="not_a_ledger", hint="Choose another output."
        ) from error
    return db


def copy_books(path: Path) -> sqlite3.Connection:
    """What stands in the ledger, if there is one, in memory."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    copy.row_factory = sqlite3.Row
    if path.exists():
        held = open_books(path)
        held.backup(copy)
        held.close()
    else:
        copy.executescript(SCHEMA)
    return copy


def claim_books(db: sqlite3.Connection, identity: Identity, path: Path) -> None:
    """Enters whose ledger this is, or checks it."""
    mine: dict[str, Any] = {"version": str(VERSION), **identity.as_dict()}
    kept = {row["name"]: row["value"] for row in db.execute("SELECT name, value FROM run")}
    if not kept:
        db.executemany("INSERT INTO run (name, value) VALUES (?, ?)", list(mine.items()))
        return
    for name, value in mine.items():
        if kept.get(name) != value:
            raise UsageError(
                f"{path.name} belongs to a run with another {name} ({kept.get(name)}, now {value}).",
                code="other_run",
                hint="Choose another output with -o, or start anew with --fresh.",
            )
