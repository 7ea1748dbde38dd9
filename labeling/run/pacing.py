"""When the next call may be made: rates, concurrency, pauses that the provider asked for, the circuit breaker."""

from __future__ import annotations

import threading
from types import TracebackType

from labeling.run.clock import Clock
from labeling.run.limits import Breaker, Concurrency, TokenBucket

LOOK = 0.5
"""Seconds after which a waiting call looks again, whether or not anything happened."""


class Pace:
    """Lets calls through, from any number of threads.

    with pace.call(tokens, stop) as call:   # waits; falsy where stop was set meanwhile
        ...
        call.succeeded() | call.busy(retry_after) | call.down()
    """

    def __init__(
        self,
        clock: Clock,
        *,
        concurrency: int = 8,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._clock = clock
        now = clock.now()
        # Half as many as allowed to begin with: a provider that is busy says so soon enough, and is asked less.
        self._concurrency = Concurrency(concurrency, first=max(1, (concurrency + 1) // 2))
        self._requests = TokenBucket(requests_per_minute, now) if requests_per_minute else None
        self._tokens = TokenBucket(tokens_per_minute, now) if tokens_per_minute else None
        self._breaker = breaker or Breaker()
        self._paused_until = now
        self._active = 0
        self._changed = threading.Condition()

    @property
    def failed_trials(self) -> int:
        """How often in a row the breaker let a call through and it failed."""
        with self._changed:
            return self._breaker.trials

    @property
    def limit(self) -> int:
        """Calls at a time at present."""
        with self._changed:
            return self._concurrency.limit

    def call(self, tokens: int, stop: threading.Event) -> Call:
        """Waits until a call of about so many tokens may be made."""
        while not stop.is_set():
            with self._changed:
                delay = self._delay(tokens)
                if delay == 0:
                    self._take(tokens)
                    return Call(self, self._clock.now())
                if delay is None:
                    self._changed.wait(LOOK)
                    continue
            self._clock.wait(min(delay, LOOK), stop)
        return Call(self, None)

    def _delay(self, tokens: int) -> float | None:
        """Seconds to wait; None where another call must end first."""
        if self._active >= self._concurrency.limit:
            return None
        now = self._clock.now()
        silent = self._breaker.delay(now)
        if silent is None:
            return None
        waits = [silent, self._paused_until - now, 0.0]
        if self._requests:
            waits.append(self._requests.delay(1, now))
        if self._tokens:
            waits.append(self._tokens.delay(tokens, now))
        return max(waits)

    def _take(self, tokens: int) -> None:
        now = self._clock.now()
        self._active += 1
        self._breaker.enter()
        if self._requests:
            self._requests.take(1, now)
        if self._tokens:
            self._tokens.take(tokens, now)

    def _ended(self, began: float, outcome: str, retry_after: float | None) -> None:
        now = self._clock.now()
        with self._changed:
            self._active -= 1
            if outcome == "answered":
                self._breaker.succeeded()
                self._concurrency.succeeded()
            elif outcome == "busy":
                self._breaker.failed(now)
                self._concurrency.busy(began, now)
                if retry_after:
                    self._paused_until = max(self._paused_until, now + retry_after)
            elif outcome == "down":
                self._breaker.failed(now)
            else:
                self._breaker.abandoned()
            self._changed.notify_all()


class Call:
    """One call let through; falsy where the run stops and nothing may be asked any more."""

    def __init__(self, pace: Pace, began: float | None) -> None:
        self._pace = pace
        self._began = began
        self._outcome = ""
        self._retry_after: float | None = None

    def __bool__(self) -> bool:
        return self._began is not None

    def succeeded(self) -> None:
        self._outcome = "answered"

    def busy(self, retry_after: float | None) -> None:
        """The provider was busy. All calls are held back for as long as it asks."""
        self._outcome, self._retry_after = "busy", retry_after

    def down(self) -> None:
        self._outcome = "down"

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._began is not None:
            self._pace._ended(self._began, self._outcome, self._retry_after)
