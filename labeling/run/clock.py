"""Time as a run sees it, so that tests need not wait for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def utc(self) -> datetime:
        """The time of day, as it is recorded."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Waits, but no longer than until `stop` is set."""
        ...


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float, stop: threading.Event) -> None:
        stop.wait(max(seconds, 0.0))
