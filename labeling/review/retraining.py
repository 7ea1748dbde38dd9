"""The mark that a corpus is due for re-training: a small JSON file beside it, written as reviews come in.

It is only a mark: whoever trains takes it as the occasion, and removes it to begin the count anew.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as PydanticField

from extractor.writers.base import explained, replacing


class Mark(BaseModel):
    """`count` documents of `project` were reviewed since `since` (ISO 8601, UTC); `due` once they are `after`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpus: str
    project: str
    since: str
    count: int = 0
    after: int
    due: bool = False
    reviewed: list[int] = PydanticField(default_factory=list, description="numbers of the tasks that were counted")


class Marker:
    """Keeps the mark of one corpus. Safe to call from several threads; each change replaces the file as a whole."""

    def __init__(self, corpus: Path, after: int) -> None:
        """`corpus` is the file of labels to be trained on; `after` how many reviews make it due, at least 1."""
        self.path = corpus.with_name(f"{corpus.name}.retrain.json")
        self._corpus = corpus
        self._after = after
        self._lock = threading.Lock()

    def reviewed(self, project: str, task: int) -> Mark:
        """Counts the review of a task; a task reviewed twice counts once. Raises OutputError."""
        with self._lock:
            mark = self.read()
            seen = mark.reviewed if mark else []
            if mark is not None and task in seen:
                return mark
            count = len(seen) + 1
            mark = Mark(
                corpus=str(self._corpus),
                project=project,
                since=mark.since if mark else datetime.now(UTC).isoformat(timespec="seconds"),
                count=count,
                after=self._after,
                due=count >= self._after,
                reviewed=[*seen, task],
            )
            with explained(self.path), replacing(self.path) as draft:
                draft.write_text(json.dumps(mark.model_dump(), indent=2) + "\n", encoding="utf-8")
            return mark

    def read(self) -> Mark | None:
        """The mark as it stands; None where there is none, or none that can be understood."""
        try:
            found: Any = json.loads(self.path.read_text(encoding="utf-8"))
            return Mark.model_validate(found)
        except (OSError, ValueError, ValidationError):
            return None
