"""What a run leaves for others: labels.jsonl, labels.failed.jsonl, and labels.samples.jsonl where several were asked.

All of it comes from the ledger: written whole and in one step when a run begins (which mends whatever a kill left) and
when it ends (in the order of the documents); in between, each label is added at the end as soon as it is in the books.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from extractor.task import Task
from labeling.base import Tokens
from labeling.labels import append_lines, label_line, write_lines
from labeling.run.ledger import Ledger
from labeling.run.schema import Identity, Result


class Weigh(Protocol):
    """A critic, called from several threads."""

    def corpus(self, labels: Sequence[Mapping[str, Any]]) -> None:
        """All labels that there are (lines of the label file), told before each of them is weighed anew."""
        ...

    def __call__(
        self, answered: Result, label: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, float] | None:
        """The trust in each field of a label (a line of the label file), 0–1, by its document and by the `others`,
        further answers about it; None where the document can't be read."""
        ...


@dataclass(frozen=True)
class Written:
    """How many documents stand in which file."""

    labelled: int
    failed: int


class Output:
    """Writes from any thread. `weigh` fills in `trust`: as each label is added, and again, knowing all of them, when
    everything is written in order at the end. The trust that an earlier run wrote stays with a label that stays."""

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
        self._trusts = dict(_trusts(path))

    def rewrite(self, *, stop: threading.Event | None = None, final: bool = False) -> Written:
        """Writes everything that is in the books, in the order of the documents; `final`: weighed by all that is known,
        as far as `stop` leaves time for it. Raises OutputError."""
        with self._writing:
            groups = list(self._ledger.results())
            labelled = [group for group in groups if _labelled(group)]
            if final and self._weigh is not None:
                self._weigh_all(self._weigh, labelled, stop or threading.Event())
            write_lines(self.path, (self._line(group) for group in labelled))
            self._ledger.mark_written((each.sha256, each.sample) for group in labelled for each in group)
            self._there = {group[0].id for group in labelled}
            failed = [line for group in groups if (line := self._failed(group))]
            self._optional(self.failed_path, failed)
            self._optional(self.samples_path, list(self._samples(groups)))
        return Written(len(labelled), len(failed))

    def add(self, sha256: str) -> None:
        """Adds the labels of all documents of this content that don't stand there yet. Raises OutputError."""
        groups = [g for g in self._ledger.results_of(sha256) if _labelled(g)]
        if self._weigh is not None:
            for group in groups:
                # Outside the lock: reading a page takes a second, and others want to write.
                if group[0].id not in self._there:
                    self._weigh_one(self._weigh, group)
        with self._writing:
            groups = [group for group in groups if group[0].id not in self._there]
            if groups:
                append_lines(self.path, [self._line(group) for group in groups])
                self._there.update(group[0].id for group in groups)
                self._ledger.mark_written((each.sha256, each.sample) for group in groups for each in group)

    def _weigh_all(self, weigh: Weigh, labelled: Sequence[Sequence[Result]], stop: threading.Event) -> None:
        if stop.is_set():
            return
        weigh.corpus([self._plain(group) for group in labelled])
        for group in labelled:
            if stop.is_set():
                return
            self._weigh_one(weigh, group)

    def _weigh_one(self, weigh: Weigh, group: Sequence[Result]) -> None:
        label, first = self._plain(group), _labelled(group)
        assert first is not None, "only labelled documents are weighed"
        others = [each.label for each in group if each.label is not None and each is not first]
        trust = weigh(first, label, others)
        if trust is None:
            self._trusts.pop(first.id, None)
        else:
            self._trusts[first.id] = (_fingerprint(label), trust)

    def _plain(self, group: Sequence[Result]) -> dict[str, Any]:
        """The line of a document without provenance and trust."""
        result = _labelled(group)
        assert result is not None and result.label is not None, "only labelled documents have a line"  # noqa: PT018
        return label_line(result.id, result.label, self._task)

    def _line(self, group: Sequence[Result]) -> dict[str, Any]:
        line, result = self._plain(group), _labelled(group)
        assert result is not None, "only labelled documents have a line"
        fingerprint, trust = self._trusts.get(result.id, (0, None))
        weighed = {} if trust is None or fingerprint != _fingerprint(line) else {"trust": dict(trust)}
        return {**line, "provenance": self._provenance(result), **weighed}

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


def _fingerprint(label: Mapping[str, Any]) -> int:
    return hash(json.dumps(label, sort_keys=True))


def _trusts(path: Path) -> Iterator[tuple[str, tuple[int, Mapping[str, float]]]]:
    """What stands in an output already: id → the label's fingerprint, its trust. A line cut off by a kill is passed
    over."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            entry = json.loads(line)
            trust = entry.pop("trust", None)
            entry.pop("provenance", None)
            if isinstance(trust, dict):
                yield str(entry["id"]), (_fingerprint(entry), trust)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _tokens(tokens: Tokens) -> dict[str, int]:
    return {"input": tokens.input, "output": tokens.output, "cached": tokens.cached, "written": tokens.written}
