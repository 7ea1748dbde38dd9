"""What is sent to the desk: records of the student or labels of a teacher, one document each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from extractor.errors import UsageError
from extractor.evaluation import document_id
from extractor.task import Task
from extractor.types import ITEM_PARTS, Extraction, Field, Receipt
from labeling.review.labels import receipt_of_label

TEACHER = "teacher "
"""How the name of a teacher's prediction begins on the desk, so that it is told from a student's."""


@dataclass(frozen=True)
class Source:
    """One document to be reviewed. `sha256` is empty where only the picture knows it; `model` is who read it."""

    document: str
    file: str
    sha256: str
    model: str
    receipt: Receipt
    record: Extraction | None = None

    @property
    def sureness(self) -> float:
        """The least confidence of all values; 0 where nothing was read."""
        return min((field.confidence for field in values_of(self.receipt)), default=0.0)


def values_of(receipt: Receipt) -> Iterator[Field]:
    """All values of a receipt, those of the line items too."""
    yield from receipt.fields.values()
    for item in receipt.line_items:
        yield from (field for part in ITEM_PARTS if (field := getattr(item, part)))


def read_sources(path: Path, task: Task) -> list[Source]:
    """The documents of a JSON-lines file: records as `tailor extract` writes them, or labels, told apart by line.

    Raises UsageError (not_reviewable) where the file is missing or a line is neither.
    """
    found = []
    try:
        # Not splitlines: it also splits at signs that JSON allows inside a string.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"{path} can't be read ({type(error).__name__}).") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_source(json.loads(line), path, task))
            except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
                raise _refused(f"{path}, line {number} is neither a record nor a label.") from error
    if not found:
        raise _refused(f"{path} holds no documents.")
    return found


def _source(entry: dict[str, Any], path: Path, task: Task) -> Source:
    if "receipt" in entry:
        record = Extraction.model_validate(entry)
        model = record.model or "student"
        return Source(document_id(record.file), record.file, record.sha256, model, record.receipt, record)
    document = str(entry["id"])
    provenance = entry.get("provenance") or {}
    teacher = provenance.get("teacher") or path.stem
    return Source(document, document, "", f"{TEACHER}{teacher}", receipt_of_label(entry, task))


def _refused(message: str) -> UsageError:
    hint = "Give the JSON lines that tailor extract or tailor label wrote."
    return UsageError(message, code="not_reviewable", hint=hint)
