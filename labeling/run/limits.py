"""What holds calls back: a provider's rates, its complaints, and its silence. Times are given, none is asked for.

None of these is safe to share between threads: `labeling.run.pacing` keeps them under one lock.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


class TokenBucket:
    """A rate a minute, spent in pieces: a bucket that fills evenly and holds at most `burst` (by default what comes in
    within ten seconds, or one). A piece larger than the bucket is let through when the bucket is full, as a debt."""

    def __init__(self, per_minute: float, now: float, burst: float | None = None) -> None:
        self._rate = per_minute / 60
        self._most = max(1.0, per_minute / 6) if burst is None else burst
        self._held = self._most
        self._at = now

    def delay(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 where it may at once."""
        self._fill(now)
        lacking = min(amount, self._most) - self._held
        return max(0.0, lacking / self._rate) if lacking > 1e-9 else 0.0

    def take(self, amount: float, now: float) -> None:
        self._fill(now)
        self._held -= amount

    def _fill(self, now: float) -> None:
        self._held = min(self._most, self._held + (now - self._at) * self._rate)
        self._at = now


class Concurrency:
    """How many calls at a time: one more after as many successes, half as many when the provider is busy (additive
    increase, multiplicative decrease; Chiu and Jain, 1989). Calls that had begun before it was halved don't halve it
    again: they tell of the same moment."""

    def __init__(self, most: int, first: int | None = None) -> None:
        self.most = most
        self._limit = float(min(most, first or most))
        self._halved_at = -1.0

    @property
    def limit(self) -> int:
        return max(1, int(self._limit))

    def succeeded(self) -> None:
        self._limit = min(float(self.most), self._limit + 1 / max(self._limit, 1.0))

    def busy(self, began: float, now: float) -> None:
        if began > self._halved_at:
            self._limit = max(1.0, self._limit / 2)
            self._halved_at = now


class Breaker:
    """Stops asking a provider that fails time and again. After `failures` in a row it opens for `seconds`; then one
    call is tried, and its outcome closes it or opens it for twice as long (`longest` at most). `trials` counts the
    trials that failed in a row."""

    def __init__(self, failures: int = 10, seconds: float = 15.0, longest: float = 240.0) -> None:
        self._most = failures
        self._first = seconds
        self._longest = longest
        self._failures = 0
        self._until: float | None = None
        self._trying = False
        self.trials = 0

    def delay(self, now: float) -> float | None:
        """Seconds until a call may be tried; None while the outcome of a trial is awaited."""
        if self._until is None:
            return 0.0
        if now < self._until:
            return self._until - now
        return None if self._trying else 0.0

    def enter(self) -> None:
        if self._until is not None:
            self._trying = True

    def succeeded(self) -> None:
        self._failures = 0
        self._until = None
        self._trying = False
        self.trials = 0

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._trying:
            self._trying = False
            self.trials += 1
        elif self._until is not None or self._failures < self._most:
            return  # still closed, or a straggler that began before it opened
        self._until = now + min(self._longest, self._first * 2.0**self.trials)

    def abandoned(self) -> None:
        """A call ended without telling anything about the provider."""
        self._trying = False


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a call is repeated: anything between nothing and a bound that doubles each time, so that
    clients don't come back all at once ("full jitter"; M. Brooker, AWS Architecture Blog, 2015)."""

    base: float = 1.0
    longest: float = 60.0

    def seconds(self, tries: int, chance: random.Random) -> float:
        """The wait after the `tries`-th try, counted from 1."""
        return chance.uniform(0.0, min(self.longest, self.base * 2.0 ** min(tries - 1, 30)))
