"""The engine that settings ask for. Each is imported only when it is chosen: ONNX Runtime takes a second, Ray more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.engine.base import Engine
from serving.metrics import Metrics
from serving.settings import ServiceSettings

if TYPE_CHECKING:
    from serving.engine.settings import EngineSettings


def build_engine(settings: ServiceSettings, metrics: Metrics) -> Engine:
    """An engine that has not started. Raises UsageError where the settings don't go together."""
    return _on_ray(settings, metrics) if settings.engine == "ray" else _local(settings, metrics)


def _local(settings: ServiceSettings, metrics: Metrics) -> Engine:
    from serving.engine.local import LocalEngine
    from serving.watching import EngineMetrics

    return LocalEngine(_chosen(settings, settings.workers or None), EngineMetrics(metrics))


def _on_ray(settings: ServiceSettings, metrics: Metrics) -> Engine:
    from serving.scale.engine import RayEngine
    from serving.scale.settings import ScaleSettings
    from serving.watching import EngineMetrics

    # A replica can't know how many share its machine: one process each unless told otherwise, and a CPU for each.
    workers = settings.workers or 1
    scale = ScaleSettings(replicas=settings.replicas, cpus=float(workers), gpus=settings.replica_gpus)
    return RayEngine(_chosen(settings, workers), scale, EngineMetrics(metrics))


def _chosen(settings: ServiceSettings, workers: int | None) -> EngineSettings:
    from extractor.pipeline import Settings
    from serving.engine.settings import BatchSettings, EngineSettings

    reading = Settings(
        model=settings.model,
        ocr=settings.ocr,
        languages=settings.languages or None,
        limits=settings.limits,
        cuda=settings.cuda,
    )
    wait = settings.batch_wait_ms
    batch = BatchSettings(size=settings.batch_size, wait=None if wait is None else wait / 1000)
    return EngineSettings(reading=reading, workers=workers, queue=settings.queue, batch=batch)
