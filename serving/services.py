"""What the routes share: one of each, made when the application is made. A route asks for it by `services_of`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import HTTPConnection

from extractor.errors import TailorError
from serving.engine.base import Engine
from serving.judging import Judge
from serving.metrics import Metrics
from serving.safety.keys import KeyRing
from serving.safety.repeats import Repeats
from serving.settings import ServiceSettings


@dataclass
class Services:
    """The parts of one running service."""

    settings: ServiceSettings
    engine: Engine
    """Measured: what it reads is counted in the metrics, whoever asks (routes or jobs)."""
    keys: KeyRing
    repeats: Repeats
    metrics: Metrics
    judge: Judge
    failed: TailorError | None = field(default=None)
    """Why the engine did not start."""
    told_to_stop: asyncio.Event = field(default_factory=asyncio.Event)
    stop_by: float = 0.0
    """Once it was told to stop: when what was begun has had its time, on the monotonic clock."""

    def begin_to_stop(self) -> None:
        """From now on nothing new is begun, and all parts of the service share one time to finish in."""
        if not self.stopping:
            self.stop_by = time.monotonic() + self.settings.grace
            self.told_to_stop.set()

    @property
    def stopping(self) -> bool:
        return self.told_to_stop.is_set()

    @property
    def left(self) -> float:
        """Seconds that what was begun still has, once the service was told to stop."""
        return max(0.0, self.stop_by - time.monotonic())

    @property
    def ready(self) -> bool:
        return self.failed is None and not self.stopping and self.engine.state().ready


def services_of(request: HTTPConnection) -> Services:
    return cast(Services, request.app.state.services)
