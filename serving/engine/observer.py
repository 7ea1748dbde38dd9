"""What the engine tells whoever watches it; metrics are plugged in here, and the engine knows none of them."""

from __future__ import annotations

from typing import Literal, Protocol

Stage = Literal["queue", "load", "ocr", "student", "batch_wait", "batch_run", "total"]
"""`queue`: accepted until a worker began · `load`, `ocr`, `student`: as in the record · `batch_wait`: a document's time
until its batch began · `batch_run`: one run of the student, whole batch · `total`: accepted until answered."""

WorkerEvent = Literal["started", "died", "too_slow", "stopped", "renewed"]
"""`stopped`: killed since nobody waited for its document · `renewed`: replaced after its share of documents."""


class Observer(Protocol):
    """Called from threads of the engine, some at the same time: quick, and safe to share."""

    def on_stage(self, name: Stage, seconds: float) -> None: ...

    def on_batch(self, size: int, tokens: int, padded: int) -> None:
        """A batch of the student: documents, their tokens, and the tokens that the model ran over with padding."""
        ...

    def on_queue(self, waiting: int, running: int) -> None: ...

    def on_confidence(self, field: str, confidence: float) -> None:
        """A field of a record, for the drift of confidences."""
        ...

    def on_document(self, status: str, code: str) -> None:
        """A record's status, and the code of its error ("" where it has none)."""
        ...

    def on_worker(self, event: WorkerEvent) -> None: ...


class Unobserved:
    """Looks at nothing."""

    def on_stage(self, name: Stage, seconds: float) -> None: ...

    def on_batch(self, size: int, tokens: int, padded: int) -> None: ...

    def on_queue(self, waiting: int, running: int) -> None: ...

    def on_confidence(self, field: str, confidence: float) -> None: ...

    def on_document(self, status: str, code: str) -> None: ...

    def on_worker(self, event: WorkerEvent) -> None: ...
