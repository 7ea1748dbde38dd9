"""What the routes share: one of each, made when the application is made. A route asks for it by `services_of`."""

from __future__ import annotations

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
    stopping: bool = False

    @property
    def ready(self) -> bool:
        return self.failed is None and not self.stopping and self.engine.state().ready


def services_of(request: HTTPConnection) -> Services:
    return cast(Services, request.app.state.services)
