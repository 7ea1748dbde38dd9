"""What a person sees while documents are read, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Self

import typer

from extractor.cli.reading import harmless
from extractor.types import Extraction

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """Counts records, names the documents that failed, and says how far it is."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.total = total
        self.quiet = quiet
        self.counts: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self._bar: Any = None
        self._task: Any = None
        self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        if not self.quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task("reading", total=self.total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def done(self) -> int:
        return self.counts.total()

    def saw(self, record: Extraction) -> None:
        self.counts[record.status] += 1
        if record.verdict is not None:
            self.verdicts[record.verdict] += 1
        if record.error and not self.quiet:
            self._say(harmless(f"{record.status}: {record.file} [{record.error.code}]: {record.error.message}"))
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
        elif not self.quiet and time.monotonic() - self._spoke >= EVERY:
            self._spoke = time.monotonic()
            self._say(f"{self.done} of {self.total} documents read")

    def summary(self, skipped: int, output: str) -> str:
        """One sentence about everything that was read."""
        parts = [f"{self.counts[status]} {status}" for status in ("ok", "partial", "failed") if self.counts[status]]
        told = f": {', '.join(parts)}" if parts else ""
        judged = [f"{self.verdicts[name]} {name}" for name in ("approve", "review", "reject") if self.verdicts[name]]
        told += f"; {', '.join(judged)}" if judged else ""
        before = f" ({skipped} were finished before)" if skipped else ""
        return f"{self.done} of {self.total} documents read{told}{before}{f' → {output}' if output else ''}"

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(line, err=True)


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that is set by the first Ctrl-C (or SIGTERM), so that what is finished can be kept; the second Ctrl-C
    interrupts at once."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        typer.echo("Stopping; what is finished is kept. Press Ctrl-C again to leave at once.", err=True)

    before = {}
    with suppress(ValueError):  # only the main thread may choose what signals do
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
