"""How much one caller may ask for: a token bucket for the rate, and a count for requests at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Bucket:
    """A token bucket: `rate` tokens a second flow in, up to `size`; each request takes one."""

    rate: float
    size: float
    tokens: float
    seen: float

    def take(self, now: float) -> float:
        """0 where a token was taken; else the seconds until there is one."""
        self.tokens = min(self.size, self.tokens + (now - self.seen) * self.rate)
        self.seen = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


class Meter:
    """Buckets and counts of all callers, by their id."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._running: dict[str, int] = {}

    def ask(self, caller: str, per_minute: float, burst: int) -> float:
        """0 where the caller may go on; else in how many seconds. A key whose limits changed starts anew."""
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None or bucket.rate != per_minute / 60 or bucket.size != burst:
            bucket = self._buckets[caller] = Bucket(per_minute / 60, burst, burst, now)
        return bucket.take(now)

    def enter(self, caller: str, at_most: int) -> bool:
        """Whether one more request of the caller's may run; if so it counts until `leave`."""
        if self._running.get(caller, 0) >= at_most:
            return False
        self._running[caller] = self._running.get(caller, 0) + 1
        return True

    def leave(self, caller: str) -> None:
        left = self._running[caller] - 1
        if left:
            self._running[caller] = left
        else:
            del self._running[caller]
