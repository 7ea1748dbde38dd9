"""When to try again: exponential backoff with full jitter, and what the service itself says in Retry-After.

After M. Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015): random pauses keep clients that were
refused together from coming back together.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from extractor.client.problems import Failure
from extractor.client.settings import ClientSettings

LEAST = 1.0
"""The shortest time that an attempt is given, in seconds."""


class Tries:
    """The attempts of one call."""

    def __init__(
        self,
        settings: ClientSettings,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._until = clock() + settings.patience
        self._failed = 0
        self._refused = 0

    @property
    def timeout(self) -> float:
        """How long the next attempt may wait for its answer."""
        return max(LEAST, min(self._settings.timeout, self._until - self._clock()))

    def pause(self, failure: Failure) -> float | None:
        """Seconds to wait before the next attempt; None to give up."""
        if not failure.again:
            return None
        settings = self._settings
        told = failure.retry_after
        if told is None:
            self._failed += 1
            if self._failed >= settings.attempts:
                return None
            pause = self._chance() * min(settings.longest_pause, settings.first_pause * 2.0 ** (self._failed - 1))
        else:
            # Never before the time that was said; after it, spread, and wider the more often one was refused.
            self._refused += 1
            spread = min(settings.longest_pause, settings.first_pause * 2.0 ** min(self._refused - 1, 16))
            pause = told + self._chance() * spread
        return pause if self._clock() + pause < self._until else None
