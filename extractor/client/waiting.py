"""Looking again until something has happened, and what it means when it did not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from extractor.client.problems import Failure
from extractor.errors import ServiceError
from extractor.types import Extraction, Notice

FIRST = 0.1
LONGEST = 3.0


class Pauses:
    """Pauses between looks, each half as long again as the one before, until `timeout` seconds are over."""

    def __init__(
        self, timeout: float | None, *, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.timeout = timeout
        self._longest = longest
        self._clock = clock
        self._until = None if timeout is None else clock() + timeout
        self._pause = FIRST

    def next(self, late: Callable[[], ServiceError]) -> float:
        """Seconds until the next look. Raises what `late` gives once the time is over."""
        left = None if self._until is None else self._until - self._clock()
        if left is not None and left <= 0:
            raise late()
        pause, self._pause = self._pause, min(self._longest, self._pause * 1.5)
        return pause if left is None else min(pause, left)

    def never_ready(self) -> ServiceError:
        hint = "Look at its log, and at the address (TAILOR_URL)."
        return ServiceError(f"The service was not ready in {self.timeout:g} seconds.", code="not_ready", hint=hint)


def unfinished() -> ServiceError:
    """A job takes longer than is waited for."""
    hint = "It goes on: ask again later, or cancel it."
    return ServiceError("The job has not ended yet.", code="job_unfinished", hint=hint)


def not_ready(outcome: Failure) -> bool:
    """False where the service is away, starting or stopping. Raises what else it answered."""
    if outcome.again or (isinstance(outcome.error, ServiceError) and outcome.error.status == 503):
        return False
    raise outcome.error


def defect(path: Path, error: ServiceError) -> Extraction:
    """The record of a document on which the service met a defect of its own. Raises what concerns all documents."""
    if error.status != 500:
        raise error
    from extractor.pool import failed_record

    return failed_record(path, Notice(code="internal", message=str(error)))
