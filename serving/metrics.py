"""What Prometheus is told: latency by stage, queue, batches, and how surely fields are read (for drift)."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from extractor.types import Extraction
from serving.engine.base import Answer, Busy, Engine, EngineState, ReadOptions, Upload

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
PAGES = (1, 2, 3, 5, 10, 20, 50, 100)


class Metrics:
    """The service's counters, in a registry of its own, so that two services in one process don't mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        into = self.registry
        self.requests = Counter(
            "tailor_requests_total", "Requests answered.", ("method", "route", "status"), registry=into
        )
        self.request_seconds = Histogram(
            "tailor_request_seconds",
            "From a request's head to its last byte.",
            ("route",),
            buckets=SECONDS,
            registry=into,
        )
        self.problems = Counter("tailor_problems_total", "Requests answered with a problem.", ("code",), registry=into)
        self.documents = Counter("tailor_documents_total", "Documents read.", ("status",), registry=into)
        self.errors = Counter("tailor_document_errors_total", "Documents that failed.", ("code",), registry=into)
        self.warnings = Counter("tailor_document_warnings_total", "Warnings in records.", ("code",), registry=into)
        self.cancelled = Counter("tailor_documents_cancelled_total", "Documents given up by who asked.", registry=into)
        self.refused = Counter(
            "tailor_documents_refused_total", "Documents refused because the queue was full.", registry=into
        )
        self.stage = Histogram(
            "tailor_stage_seconds",
            "Seconds a document spent in a stage; `total` is all of it, `queue` what it waited.",
            ("stage",),
            buckets=SECONDS,
            registry=into,
        )
        self.pages = Histogram("tailor_document_pages", "Pages of a document.", buckets=PAGES, registry=into)
        self.batches = Histogram(
            "tailor_batch_size", "Documents in one batch of the student.", buckets=SIZES, registry=into
        )
        self.batch_tokens = Counter(
            "tailor_batch_tokens_total", "Tokens that the student ran over.", ("kind",), registry=into
        )
        self.workers = Counter(
            "tailor_worker_events_total", "What happened to workers: started, died, …", ("event",), registry=into
        )
        self.confidence = Histogram(
            "tailor_field_confidence",
            "How surely a field was read. A distribution that moves says that receipts or model have changed.",
            ("field",),
            buckets=SHARES,
            registry=into,
        )
        self.fields = Counter("tailor_fields_total", "Documents on which a field was read.", ("field",), registry=into)
        self.verdicts = Counter("tailor_verdicts_total", "Verdicts given.", ("verdict",), registry=into)

    def watch(self, engine: Engine) -> None:
        """Shows an engine's state whenever Prometheus asks."""
        self.registry.register(_EngineCollector(engine))

    def read(self, record: Extraction, seconds: float, waited: float) -> None:
        """One document was read."""
        self.documents.labels(record.status).inc()
        if record.error:
            self.errors.labels(record.error.code).inc()
        for warning in record.warnings:
            self.warnings.labels(warning.code).inc()
        for stage, spent in record.seconds.items():
            self.stage.labels(stage).observe(spent)
        self.stage.labels("queue").observe(waited)
        self.stage.labels("total").observe(seconds)
        if record.status == "failed":
            return
        self.pages.observe(record.pages)
        for name, found in record.receipt.fields.items():
            self.confidence.labels(name).observe(found.confidence)
            self.fields.labels(name).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)


class MeasuredEngine:
    """An engine whose reading is counted, whoever asks."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self.engine = engine
        self._metrics = metrics
        metrics.watch(engine)

    async def start(self) -> None:
        await self.engine.start()

    async def stop(self, grace: float) -> None:
        await self.engine.stop(grace)

    def state(self) -> EngineState:
        return self.engine.state()

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        begun = time.perf_counter()
        finished = False
        try:
            answer = await self.engine.read(upload, options)
            finished = True
        except Busy:
            self._metrics.refused.inc()
            finished = True
            raise
        finally:
            if not finished:
                self._metrics.cancelled.inc()
        self._metrics.read(answer.record, time.perf_counter() - begun, answer.waited)
        return answer


class _EngineCollector(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
        state = self._engine.state()
        values = {
            "tailor_ready": ("Whether the model has warmed up.", float(state.ready)),
            "tailor_queue_waiting": ("Documents accepted and not begun.", float(state.waiting)),
            "tailor_documents_running": ("Documents being read.", float(state.running)),
            "tailor_queue_capacity": ("Documents accepted at once.", float(state.capacity)),
            "tailor_workers": ("Processes that read.", float(state.workers)),
            "tailor_engine_warnings": (
                "Warnings of the engine, such as a fall-back to CPU.",
                float(len(state.warnings)),
            ),
        }
        for name, (meaning, value) in values.items():
            yield GaugeMetricFamily(name, meaning, value=value)
        yield InfoMetricFamily("tailor_model", "The model.", {"model": state.model, "provider": state.provider})
