"""What the service answers beside records. A newer service may tell more than is known here: that is passed over."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from typing import Annotated as With

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from extractor.types import Extraction, Receipt

if TYPE_CHECKING:
    from extractor.evaluation import FieldScore
    from extractor.policy.audit import Result


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Picture(_Answer):
    """A page with the fields drawn over it; `page` counts among the pages that were read."""

    page: int
    media_type: str
    content: With[
        bytes,
        PlainValidator(lambda given: base64.b64decode(given, validate=True)),
        PlainSerializer(lambda content: base64.b64encode(content).decode()),
    ] = Field(repr=False)


@dataclass(frozen=True)
class Annotated:
    """A record, and a picture of each page that was read."""

    record: Extraction
    pictures: tuple[Picture, ...]


class JobCounts(_Answer):
    """A job's documents by what became of them. `failed` ones have a record too, which says why."""

    total: int
    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class Job(_Answer):
    """A job of the service, as it was when asked for.

    `done`: all documents were looked at and at least one could be read; `failed`: none could. A cancelled one may still
    have documents running; `finished` says when none was left. At `expires` it and its results are forgotten.
    """

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    counts: JobCounts
    progress: float
    """The part that nothing more will happen to, 0–1."""
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime

    @property
    def ended(self) -> bool:
        return self.finished is not None


class ModelInfo(_Answer):
    """The service's model, and how it is run."""

    model: str
    """Its name and hash, as in each record."""
    provider: str
    ready: bool
    warnings: tuple[str, ...] = ()
    workers: int = 0
    queue: dict[str, int] = Field(default_factory=dict)
    limits: dict[str, int | float] = Field(default_factory=dict)
    policies: tuple[str, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    """The manifest's public part: fields, languages, figures."""


@dataclass(frozen=True)
class Audit:
    """What an audit decided: of each claim in their order, then of receipts that nobody claims; and what was read."""

    decisions: tuple[Result, ...]
    results: tuple[Extraction, ...]


@dataclass(frozen=True)
class Pair:
    """A document to be scored: what was read, and what is true.

    In `truth` a field that is None is not on the document (to answer it is a false reading), and one that is left out
    isn't scored. `line_items` are the true ones, each with the parts description, quantity, unit_price and amount.
    """

    prediction: Extraction | Receipt | Mapping[str, str | None]
    truth: Mapping[str, str | None]
    line_items: Sequence[Mapping[str, str | None]] | None = None
    id: str = ""


class DocumentScore(_Answer):
    """One document: the ANLS of each field of its truth (0 for a false reading, 1 for a right silence)."""

    id: str
    anls: float | None
    fields: dict[str, float] = Field(default_factory=dict)
    line_items: float | None = None


@dataclass(frozen=True)
class Scores:
    """How fields were read, by the measure of `tailor evaluate`."""

    overall: FieldScore
    fields: tuple[FieldScore, ...]
    line_items: FieldScore | None = None
    documents: tuple[DocumentScore, ...] = field(default=())
