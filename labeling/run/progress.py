"""What a person sees while documents are labelled, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from decimal import Decimal
from typing import Any, Self

import typer

from extractor.cli.reading import harmless
from labeling.run.budget import Budget
from labeling.run.calling import Ended
from labeling.run.clock import Clock
from labeling.run.schema import Failure
from labeling.run.sources import Source

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class LabelProgress:
    """Counts questions that ended, from any thread: how many a minute, what they cost, how long it will take."""

    def __init__(self, total: int, budget: Budget, clock: Clock, *, quiet: bool = False) -> None:
        self.total = total
        self.counts: Counter[Ended] = Counter()
        self._budget = budget
        self._clock = clock
        self._quiet = quiet
        self._began = self._spoke = clock.now()
        self._lock = threading.Lock()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task("labelling", total=self.total, status="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def ended(self, source: Source, ended: Ended, failure: Failure | None) -> None:
        with self._lock:
            self.counts[ended] += 1
            now = self._clock.now()
            if self._quiet:
                return
            if failure is not None:
                self._say(harmless(f"failed: {source.file} [{failure.code}]: {failure.message}"))
            if self._bar is not None:
                self._bar.update(self._task, completed=self.counts.total(), status=self.status(now))
            elif now - self._spoke >= EVERY:
                self._spoke = now
                self._say(f"{self.counts.total()} of {self.total} documents; {self.status(now)}")

    def status(self, now: float) -> str:
        """As in "41 documents a minute, $0.31 of $20.00, 12 min left"."""
        passed = max(now - self._began, 1e-9)
        done = self.counts.total()
        rate = self.counts[Ended.ANSWERED] / passed * 60
        left = duration((self.total - done) * passed / done) if done else "unknown"
        limit = f" of {money(self._budget.limit)}" if self._budget.limit is not None else ""
        return f"{rate:.0f} documents a minute, {money(self._budget.committed)}{limit}, {left} left"

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(line, err=True)


def money(dollars: Decimal) -> str:
    """Dollars with as many places as tell something: $20.00, $0.0031."""
    places = 2 if dollars == 0 or dollars >= 1 else min(8, 1 - dollars.adjusted())
    return f"${dollars:.{places}f}"


def duration(seconds: float) -> str:
    """A time as a person says it: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[status]}", markup=False),
        console=Console(stderr=True),
    )
