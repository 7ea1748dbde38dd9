"""Recorded answers as a teacher: a file of labels, one JSON object a line with an id. For tests, examples, and to take
over labels made elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.task import RESERVED, Task
from labeling.answers import AnswerProblem, parse_answer
from labeling.base import Estimate, TeacherAnswer, TeacherDocument, TeacherRefused, Tokens
from labeling.prices import FREE, Price

_PICTURE_TOKENS = 1500
_ASIDE = RESERVED - {"date_text", "line_items"}


class ReplayTeacher:
    """Answers from `path` by the document's id. It costs nothing, unless the prices name a model "replay"."""

    def __init__(self, path: Path | str, *, price: Price | None = None) -> None:
        self.path = Path(path)
        self.price = price or FREE
        content = _read(self.path)
        self.prompt_version = hashlib.sha256(content).hexdigest()[:12]
        self._labels = _labels(content, self.path)

    @property
    def name(self) -> str:
        return f"replay:{self.path.name}"

    def __repr__(self) -> str:
        return f"ReplayTeacher({self.name!r})"

    def estimate(self, document: TeacherDocument, task: Task) -> Estimate:
        tokens = self._tokens(document)
        return Estimate(tokens, self.price.cost(tokens))

    def label(self, document: TeacherDocument, task: Task) -> TeacherAnswer:
        """Raises TeacherRefused (unknown_document) for a document that was not recorded."""
        recorded = self._labels.get(document.id)
        if recorded is None:
            raise TeacherRefused(
                f"{self.path.name} holds no answer for {document.id}.",
                code="unknown_document",
                hint="Labels are found by the file's name without its ending.",
            )
        tokens = self._tokens(document)
        label, failure = None, None
        try:
            label = parse_answer({key: value for key, value in recorded.items() if key not in _ASIDE}, task)
        except AnswerProblem as problem:
            failure = problem.kind
        raw = json.dumps(recorded, ensure_ascii=False)
        cost = self.price.cost(tokens)
        return TeacherAnswer(raw, label, self.name, self.prompt_version, tokens, cost, failure=failure)

    def _tokens(self, document: TeacherDocument) -> Tokens:
        """What such a call would take: a picture a page, and the recorded answer at 3.6 characters a token."""
        recorded = self._labels.get(document.id)
        output = len(json.dumps(recorded, ensure_ascii=False)) * 10 // 36 if recorded else 0
        return Tokens(_PICTURE_TOKENS * max(1, len(document.pages)), output)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The recorded answers {path} can't be read ({error.strerror}).",
            code="bad_recording",
            hint="Give a JSON-lines file of labels: replay:labels.jsonl",
        ) from error


def _labels(content: bytes, path: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found[str(entry["id"])] = entry
        except (ValueError, KeyError, TypeError) as error:
            message = f"{path}, line {number} is no label: a JSON object with an id was expected."
            raise UsageError(message, code="bad_recording") from error
    return found
