"""What the service asks of an engine. Routes, jobs and the Ray application know these types and nothing behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from extractor.errors import TailorError
from extractor.types import Document, Extraction


@dataclass(frozen=True)
class ReadOptions:
    """How one document is to be read; what is None or empty is left to the service's settings."""

    ocr: str | None = None
    languages: tuple[str, ...] = ()
    """Tesseract's packs, such as ("deu", "eng")."""
    pages: tuple[int, ...] = ()
    """Only these pages, from 0; empty for all."""
    password: str | None = None
    words: bool = False
    """Hand back the document's words too."""
    annotate: bool = False
    """Hand back a picture of each page with the fields drawn over it."""
    plain: bool = False
    """Hand back a picture of each page as it was read, upright, nothing drawn over it; goes before `annotate`."""


@dataclass(frozen=True)
class Upload:
    """One document as it came: its bytes, and the name that the sender gave it (told back, never used as a path)."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Answer:
    """What became of one document. A document that can't be read gives a `failed` record, never an exception."""

    record: Extraction
    document: Document | None = None
    pictures: tuple[bytes, ...] = ()
    """Pages as PNG or JPEG, annotated or plain, where asked for."""
    waited: float = 0.0
    """Seconds in queues, of the whole."""


@dataclass(frozen=True)
class EngineState:
    """A snapshot for /readyz, /v1/model and /metrics."""

    ready: bool
    """The model is loaded and has answered a first document."""
    model: str = ""
    provider: str = ""
    """What really runs the student, in ONNX Runtime's words."""
    warnings: tuple[str, ...] = ()
    """Sentences, such as that CUDA was asked for and the CPU runs."""
    waiting: int = 0
    """Documents accepted and not begun."""
    running: int = 0
    capacity: int = 0
    """Documents accepted at once before `Busy` is raised."""
    workers: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)
    """The manifest's public part: fields, languages, figures."""


class Busy(TailorError):
    """The engine's queue is full. `retry_after` says in how many seconds to come again."""

    code = "busy"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, code=code, hint=hint)
        self.retry_after = retry_after


class Engine(Protocol):
    """Reads documents, many at a time. All methods are called from one event loop."""

    async def start(self) -> None:
        """Starts the workers and warms the model up; returns when `state().ready`."""
        ...

    async def stop(self, grace: float) -> None:
        """Takes nothing more, finishes what was begun for at most `grace` seconds, then stops."""
        ...

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        """Reads one document. Cancelling the task takes it out of the queue, or stops its worker's work on it.

        Raises Busy where the queue is full.
        """
        ...

    def state(self) -> EngineState: ...
