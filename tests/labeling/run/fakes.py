"""A provider in memory with books of its own, a teacher that asks it, a clock that nobody waits for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from extractor.task import RECEIPTS, Task
from labeling.base import (
    Estimate,
    TeacherAnswer,
    TeacherBusy,
    TeacherDocument,
    TeacherDown,
    TeacherRefused,
    Tokens,
)
from labeling.run import RunSettings, Session

PRICE = Decimal("0.01")
Fault = str


class FakeClock:
    """Waiting takes no time, and is counted."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waited: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=self.time)

    def wait(self, seconds: float, stop: threading.Event) -> None:
        with self._lock:
            self.time += max(seconds, 0.0)
            self.waited.append(seconds)


class FakeProvider:
    """Answers each content with a label; `faults(call number)` says what goes wrong. `paid` counts, for each content,
    what was charged; `keyed` makes it honour keys."""

    def __init__(self, faults: Callable[[int], Fault | None] | None = None, *, keyed: bool = True) -> None:
        self.faults = faults or (lambda call: None)
        self.keyed = keyed
        self.calls = 0
        self.paid: Counter[str] = Counter()
        self.spent = Decimal(0)
        self.kept: dict[str, dict[str, Any] | None] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    def ask(self, sha256: str, key: str) -> dict[str, Any] | None:
        with self.lock:
            self.calls += 1
            fault = self.faults(self.calls)
            if fault == "busy":
                error = TeacherBusy("It is busy.")
                error.retry_after = 7.0
                raise error
            if fault == "refused":
                raise TeacherRefused("It will not.")
            if fault == "broken":
                raise RuntimeError("a defect")
            if fault == "unreachable":
                raise TeacherDown("It can't be reached.")
            if not (self.keyed and key in self.kept):
                self.kept[key] = None if fault == "malformed" else label_of(sha256)
                self.paid[sha256] += 1
                self.spent += PRICE
            if fault == "cut":
                down = TeacherDown("The connection broke.")
                down.cost = PRICE
                raise down
            return self.kept[key]


class FakeTeacher:
    """Estimates what it will cost, exactly unless told otherwise."""

    name = "fake:one"
    prompt_version = "p1"

    def __init__(self, provider: FakeProvider, estimate: Decimal = PRICE) -> None:
        self.provider = provider
        self.estimated = estimate

    @property
    def idempotent(self) -> bool:
        return self.provider.keyed

    def estimate(self, document: TeacherDocument, task: Task) -> Estimate:
        assert document.pages
        assert document.pages[0].image is not None
        return Estimate(Tokens(100, 10), self.estimated)

    def label(self, document: TeacherDocument, task: Task) -> TeacherAnswer:
        return self.label_once(document, task, f"unkeyed-{self.provider.calls}")

    def label_once(self, document: TeacherDocument, task: Task, key: str) -> TeacherAnswer:
        label = self.provider.ask(document.sha256, key)
        failure = None if label is not None else "malformed"
        return TeacherAnswer("raw", label, self.name, self.prompt_version, Tokens(100, 10), PRICE, 0.5, failure=failure)


def label_of(sha256: str) -> dict[str, Any]:
    """What the provider says about a content. The keys are deliberately out of order."""
    return {"line_items": [["Tea", "1", None, "2.50"]], "total": "2.50", "receipt_number": sha256[:12]}


def pictures(folder: Path, count: int, *, first: int = 0) -> list[Path]:
    """Small pictures, each another."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(first, first + count):
        shade = np.full((12, 8, 3), (number % 251, number // 251, 200), dtype=np.uint8)
        path = folder / f"{number:04}.png"
        Image.fromarray(shade).save(path)
        paths.append(path)
    return paths


def session(
    documents: Sequence[Path],
    output: Path,
    provider: FakeProvider,
    *,
    clock: FakeClock | None = None,
    teacher: FakeTeacher | None = None,
    **settings: Any,
) -> Session:
    given = {"concurrency": 1, **settings}
    return Session(
        documents, output, teacher or FakeTeacher(provider), RECEIPTS, RunSettings(**given), clock=clock or FakeClock()
    )
