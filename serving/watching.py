"""What the engine tells of its inside, as metrics. Records are counted where they are handed out (`MeasuredEngine`)."""

from __future__ import annotations

from serving.metrics import Metrics

_COUNTED_BY_RECORD = frozenset({"queue", "load", "ocr", "student", "total"})


class EngineMetrics:
    """The engine's observer. Called from several threads; Prometheus's client is safe to share."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def on_stage(self, name: str, seconds: float) -> None:
        if name not in _COUNTED_BY_RECORD:
            self._metrics.stage.labels(name).observe(seconds)

    def on_batch(self, size: int, tokens: int, padded: int) -> None:
        self._metrics.batches.observe(size)
        self._metrics.batch_tokens.labels("text").inc(tokens)
        self._metrics.batch_tokens.labels("padding").inc(max(padded - tokens, 0))

    def on_queue(self, waiting: int, running: int) -> None:
        """Both are asked of the engine's state when Prometheus comes."""

    def on_confidence(self, field: str, confidence: float) -> None:
        """Counted by record."""

    def on_document(self, status: str, code: str) -> None:
        """Counted by record."""

    def on_worker(self, event: str) -> None:
        self._metrics.workers.labels(event).inc()
