"""What the ledger holds: its tables, and the rows as they are handed out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from extractor.task import Task
from labeling.base import Tokens

VERSION = 1

SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    place TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    position INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_by_content ON documents (sha256);
CREATE TABLE IF NOT EXISTS jobs (
    sha256 TEXT NOT NULL,
    sample INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sent', 'answered', 'written', 'failed')),
    attempt INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    estimated INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    unsure INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    label_cost INTEGER NOT NULL DEFAULT 0,
    raw TEXT,
    label TEXT,
    code TEXT,
    message TEXT,
    final INTEGER NOT NULL DEFAULT 0,
    input INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0,
    written INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    batch TEXT,
    seconds REAL NOT NULL DEFAULT 0,
    sent_at TEXT,
    answered_at TEXT,
    PRIMARY KEY (sha256, sample)
) WITHOUT ROWID;
COMMIT;
"""
"""Money is in millionths of a millionth of a dollar, so that sums are exact: a token may cost 0.03 millionths."""

_PICO = 10**12


def pico(dollars: Decimal) -> int:
    return int((dollars * _PICO).to_integral_value())


def from_pico(amount: int) -> Decimal:
    return (Decimal(int(amount)) / _PICO).normalize() + 0


@dataclass(frozen=True)
class Identity:
    """Whose answers a ledger holds. Answers of another teacher, prompt or task don't belong into the same file."""

    teacher: str
    prompt: str
    task: str

    @classmethod
    def of(cls, teacher: str, prompt: str, task: Task) -> Identity:
        digest = hashlib.sha256(task.model_dump_json().encode()).hexdigest()[:12]
        return cls(teacher, prompt, f"{task.name} version {task.version} ({digest})")

    def as_dict(self) -> dict[str, str]:
        return {"teacher": self.teacher, "prompt": self.prompt, "task": self.task}


@dataclass(frozen=True, slots=True)
class Job:
    """One question: a document's content, and the how-manieth time it is put. `attempt` counts definite answers that
    were asked for anew; `held` is what an earlier run promised for a call whose outcome is
    not known, `batch` the provider's ids of the batches that it went into, first and for a repair."""

    sha256: str
    sample: int
    attempt: int = 0
    held: Decimal = Decimal(0)
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no label: a stable code, a sentence, and whether asking again is useless."""

    code: str
    message: str
    final: bool = False


@dataclass(frozen=True)
class Result:
    """What the ledger knows of one question about one document: `file` as its path was given, `place` its absolute
    one."""

    id: str
    file: str
    place: str
    sha256: str
    sample: int
    state: str
    label: Mapping[str, Any] | None
    failure: Failure | None
    cost: Decimal
    label_cost: Decimal
    tokens: Tokens
    seconds: float
    answered_at: str | None


RESULT_COLUMNS = (
    "d.id, d.file, d.place, j.sha256, j.sample, j.state, j.label, j.code, j.message, j.final, j.cost, j.label_cost,"
    " j.input, j.output, j.cached, j.written, j.seconds, j.answered_at"
)


def read_result(row: sqlite3.Row) -> Result:
    failed = row["state"] == "failed"
    return Result(
        id=row["id"],
        file=row["file"],
        place=row["place"],
        sha256=row["sha256"],
        sample=row["sample"],
        state=row["state"],
        label=json.loads(row["label"]) if row["label"] and row["state"] in ("answered", "written") else None,
        failure=Failure(row["code"] or "failed", row["message"] or "", bool(row["final"])) if failed else None,
        cost=from_pico(row["cost"]),
        label_cost=from_pico(row["label_cost"]),
        tokens=Tokens(row["input"], row["output"], row["cached"], row["written"]),
        seconds=row["seconds"],
        answered_at=row["answered_at"],
    )
