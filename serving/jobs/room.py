"""Jobs as a room of the service: routes, a life beside the engine's, and figures for Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

from fastapi import APIRouter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from extractor.types import Extraction
from serving.engine.base import Answer
from serving.jobs.parts import Parts
from serving.jobs.routes import router
from serving.jobs.service import Jobs
from serving.services import Services
from serving.settings import ServiceSettings


class JobRoom:
    """Store and queue are opened here, before the service listens. Raises UsageError where they can't be."""

    def __init__(self, settings: ServiceSettings) -> None:
        folder = settings.data / settings.jobs.folder
        self._settings = settings.jobs.model_copy(update={"folder": folder})
        self._parts: Parts | None = Parts.open(self._settings)
        self._jobs: Jobs | None = None

    def router(self) -> APIRouter:
        return router(self._now)

    def public(self, path: str) -> bool:
        return False

    @contextlib.asynccontextmanager
    async def running(self, services: Services) -> AsyncIterator[None]:
        async def judge(answer: Answer, policy: str | None) -> Extraction:
            services.judge.check(policy)
            (record,) = await services.judge.judged([answer], policy)
            return record

        parts, self._parts = self._parts or Parts.open(self._settings), None
        jobs = self._jobs = Jobs(parts, services.engine, judge=judge)
        collector = _JobCollector(jobs)
        services.metrics.registry.register(collector)
        await jobs.start()
        pausing = asyncio.create_task(_pause(jobs, services))
        try:
            yield
        finally:
            pausing.cancel()
            services.metrics.registry.unregister(collector)
            await jobs.stop(services.left)

    def _now(self) -> Jobs:
        assert self._jobs is not None, "a request came before the service began"
        return self._jobs


async def _pause(jobs: Jobs, services: Services) -> None:
    """While the last requests are answered, jobs don't begin what could not be finished."""
    await services.told_to_stop.wait()
    jobs.pause()


class _JobCollector(Collector):
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        figures = self._jobs.figures
        now = {
            "tailor_jobs_open": ("Jobs that have not ended.", figures.open_jobs),
            "tailor_jobs_documents_queued": ("Documents of jobs that wait, in all processes.", figures.queued),
            "tailor_jobs_documents_running": ("Documents of jobs being read, in all processes.", figures.running),
            "tailor_jobs_queued_bytes": ("Bytes of the uploads that wait.", figures.queued_bytes),
            "tailor_jobs_oldest_seconds": ("How long the oldest waiting document has waited.", figures.oldest),
            "tailor_webhooks_waiting": ("Webhooks not delivered yet.", figures.webhooks_waiting),
            "tailor_webhooks_given_up": ("Webhooks given up, within the retention time.", figures.webhooks_given_up),
        }
        for name, (meaning, value) in now.items():
            yield GaugeMetricFamily(name, meaning, value=float(value))
        counted = {
            "tailor_webhooks_delivered": ("Webhooks delivered by this process.", figures.webhooks_delivered),
            "tailor_webhook_failures": ("Attempts of this process that failed.", figures.webhook_failures),
            "tailor_jobs_taken_over": ("Documents begun again because their reader died.", figures.taken_over),
        }
        for name, (meaning, value) in counted.items():
            yield CounterMetricFamily(name, meaning, value=float(value))
        written = CounterMetricFamily("tailor_jobs_documents", "Documents of jobs read here.", labels=["outcome"])
        for outcome, number in figures.written.items():
            written.add_metric([outcome], float(number))
        yield written
