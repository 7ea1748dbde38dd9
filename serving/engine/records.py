"""Records of documents that couldn't be read."""

from __future__ import annotations

import hashlib

from extractor.errors import LimitExceeded, WorkerDied
from extractor.pool import printable
from extractor.types import Extraction, Notice
from serving.engine.base import Answer, Upload


def failure(upload: Upload, error: Notice) -> Answer:
    """The answer for a document that couldn't be read."""
    digest = hashlib.sha256(upload.content).hexdigest()
    return Answer(Extraction(file=printable(upload.name), sha256=digest, status="failed", pages=0, error=error))


def too_slow(upload: Upload, seconds: float) -> Answer:
    hint = "Split the document, or raise the service's limit."
    error = LimitExceeded(f"The document took longer than {seconds:g} seconds.", code="too_slow", hint=hint)
    return failure(upload, error.notice())


def worker_died(upload: Upload, reason: str) -> Answer:
    hint = "The document may be harmful, or memory too short: try it alone."
    return failure(upload, WorkerDied(f"The process that read this document died ({reason}).", hint=hint).notice())
