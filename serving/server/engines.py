"""The engine that settings ask for. Each is imported only when it is chosen: ONNX Runtime takes a second, Ray more."""

from __future__ import annotations

from extractor.errors import UsageError
from serving.engine.base import Engine
from serving.metrics import Metrics
from serving.settings import ServiceSettings


def build_engine(settings: ServiceSettings, metrics: Metrics) -> Engine:
    """An engine that has not started. Raises UsageError where the settings don't go together."""
    if settings.engine == "ray":
        raise UsageError("The engine ray is not part of this version.", hint="Use --engine local.")
    return _local(settings, metrics)


def _local(settings: ServiceSettings, metrics: Metrics) -> Engine:
    from extractor.pipeline import Settings
    from serving.engine.local import LocalEngine
    from serving.engine.settings import BatchSettings, EngineSettings
    from serving.watching import EngineMetrics

    reading = Settings(
        model=settings.model,
        ocr=settings.ocr,
        languages=settings.languages or None,
        limits=settings.limits,
        cuda=settings.cuda,
    )
    wait = settings.batch_wait_ms
    batch = BatchSettings(size=settings.batch_size, wait=None if wait is None else wait / 1000)
    chosen = EngineSettings(reading=reading, workers=settings.workers or None, queue=settings.queue, batch=batch)
    return LocalEngine(chosen, EngineMetrics(metrics))
