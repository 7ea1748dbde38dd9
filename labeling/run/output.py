"""What a run leaves for others: labels.jsonl, labels.failed.jsonl, and labels.samples.jsonl where several were asked.

All of it comes from the ledger: written whole and in one step when a run begins (which mends whatever a kill left) and
when it ends (in the order of the documents); in between, each label is added at the end as soon as it is in the books.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.task import Task
from labeling.base import Tokens
from labeling.labels import append_lines, label_line, write_lines
from labeling.run.ledger import Ledger
from labeling.run.schema import Identity, Result

Weigh = Callable[[str, Mapping[str, Any], Sequence[Mapping[str, Any]]], Mapping[str, float]]
"""A critic: from id, label and all samples of it (the label is the first) to the trust in each field, 0–1."""


@dataclass(frozen=True)
class Written:
    """How many documents stand in which file."""

    labelled: int
    failed: int


class Output:
    """Writes from any thread. `weigh` fills in `trust` when everything is written in order."""

    def __init__(self, path: Path, ledger: Ledger, identity: Identity, task: Task, weigh: Weigh | None = None) -> None:
        self.path = path
        self.failed_path = path.with_name(f"{path.stem}.failed{path.suffix}")
        self.samples_path = path.with_name(f"{path.stem}.samples{path.suffix}")
        self._ledger = ledger
        self._identity = identity
        self._task = task
        self._weigh = weigh
        self._writing = threading.Lock()
        self._there: set[str] = set()

    def rewrite(self, *, final: bool = False) -> Written:
        """Writes everything that is in the books, in the order of the documents. Raises OutputError."""
        with self._writing:
            groups = list(self._ledger.results())
            labelled = [group for group in groups if _labelled(group)]
            write_lines(self.path, (self._line(group, weigh=final) for group in labelled))
            self._ledger.mark_written((each.sha256, each.sample) for group in labelled for each in group)
            self._there = {group[0].id for group in labelled}
            failed = [line for group in groups if (line := self._failed(group))]
            self._optional(self.failed_path, failed)
            self._optional(self.samples_path, list(self._samples(groups)))
        return Written(len(labelled), len(failed))

    def add(self, sha256: str) -> None:
        """Adds the labels of all documents of this content that don't stand there yet. Raises OutputError."""
        with self._writing:
            groups = [g for g in self._ledger.results_of(sha256) if g[0].id not in self._there and _labelled(g)]
            if groups:
                append_lines(self.path, [self._line(group, weigh=False) for group in groups])
                self._there.update(group[0].id for group in groups)
                self._ledger.mark_written((each.sha256, each.sample) for group in groups for each in group)

    def _line(self, group: Sequence[Result], *, weigh: bool) -> dict[str, Any]:
        labels = [each.label for each in group if each.label is not None]
        result = _labelled(group)
        assert result is not None, "only labelled documents have a line"
        trust = self._weigh(result.id, labels[0], labels) if self._weigh and weigh else None
        return label_line(result.id, labels[0], self._task, provenance=self._provenance(result), trust=trust)

    def _provenance(self, result: Result) -> dict[str, Any]:
        return {
            "teacher": self._identity.teacher,
            "prompt": self._identity.prompt,
            "time": result.answered_at,
            "tokens": _tokens(result.tokens),
            "cost": f"{result.label_cost:f}",
            "seconds": round(result.seconds, 3),
            "sha256": result.sha256,
            "file": result.file,
        }

    def _samples(self, groups: Sequence[Sequence[Result]]) -> Iterator[dict[str, Any]]:
        for group in groups:
            for each in group if len(group) > 1 else ():
                if each.label is not None:
                    line = label_line(each.id, each.label, self._task, provenance=self._provenance(each))
                    yield {"id": line.pop("id"), "sample": each.sample, **line}

    def _failed(self, group: Sequence[Result]) -> dict[str, Any] | None:
        failures = [each for each in group if each.failure]
        if _labelled(group) or not failures or len(failures) < len(group):
            return None
        first = failures[0]
        assert first.failure is not None
        return {
            "id": first.id,
            "file": first.file,
            "sha256": None if first.sha256.startswith("!") else first.sha256,
            "code": first.failure.code,
            "message": first.failure.message,
            "cost": f"{sum(each.cost for each in group):f}",
        }

    def _optional(self, path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
        """A file that exists only where it has something to say."""
        if lines:
            write_lines(path, lines)
        else:
            path.unlink(missing_ok=True)


def _labelled(group: Sequence[Result]) -> Result | None:
    """The sample that gives the label: the first that has one."""
    return next((each for each in group if each.label is not None), None)


def _tokens(tokens: Tokens) -> dict[str, int]:
    return {"input": tokens.input, "output": tokens.output, "cached": tokens.cached, "written": tokens.written}
