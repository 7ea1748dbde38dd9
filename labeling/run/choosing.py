"""`--choose`: which of the documents a run is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import UsageError
from extractor.task import Task
from labeling.labels import read_labels
from labeling.run.ledger import Ledger
from labeling.run.schema import Identity
from labeling.run.session import check_output, ledger_of
from labeling.run.sources import Source, by_content, gather

if TYPE_CHECKING:
    from extractor.ocr import OcrEngine
    from extractor.student.runtime import Student
    from labeling.choice.folder import Wanted

NOTE = "choice"
SHOWN = 20


@dataclass(frozen=True)
class Chosen:
    """The documents chosen, the most useful first. `again`: by an earlier command that is not finished."""

    wanted: str
    sources: tuple[Source, ...]
    among: int
    labelled: int
    unread: int = 0
    again: bool = False

    @property
    def paths(self) -> list[Path]:
        return [source.path for source in self.sources]

    @property
    def files(self) -> list[str]:
        return [source.file for source in self.sources]

    def note(self) -> str:
        """What the ledger remembers, so that the same command goes on with the same documents."""
        return json.dumps({"wanted": self.wanted, "chosen": [source.sha256 for source in self.sources]})

    def lines(self) -> list[str]:
        """What a person is told."""
        if self.again:
            head = f"The {len(self.sources)} documents of the earlier choice {self.wanted} come first:"
        else:
            head = f"{len(self.sources)} of {self.among} documents chosen ({self.wanted}; {self.labelled} labelled):"
        more = [f"  … and {len(self.sources) - SHOWN} more"] if len(self.sources) > SHOWN else []
        unread = [f"{self.unread} documents can't be read and can't be chosen."] if self.unread else []
        return [head, *(f"  {file}" for file in self.files[:SHOWN]), *more, *unread]


@dataclass(frozen=True)
class _Books:
    """What a run's ledger says of contents (sha256): their labels, those of which nothing more is asked, and the last
    choice."""

    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    note: str | None = None
    known: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def choose_documents(
    documents: Sequence[Path],
    wanted: Wanted,
    output: Path,
    identity: Identity,
    task: Task,
    *,
    labelled: Sequence[Path] = (),
    retry_failed: bool = False,
    engine: Callable[[], OcrEngine],
    student: Callable[[], Student | None],
    tell: Callable[[str], None] = lambda line: None,
) -> Chosen:
    """Chooses among these documents; the same call gives the same answer.

    What the ledger of `output` or the label files `labelled` know counts as covered. A choice of the same `wanted`
    that is not finished stands: a command that was killed goes on with its documents. Raises UsageError as Session
    does, labels_unreadable, and bad_choice where a strategy lacks what it needs.
    """
    check_output(output)
    books = _books(output, identity, retry_failed=retry_failed)
    sources, _, _ = gather(documents, books.known)
    contents = by_content(sources)
    labels = {**_labels_of(labelled, contents), **books.labels}
    here = [sha for sha in contents if sha in labels]
    earlier = _unfinished(books, wanted, contents)
    if earlier:
        return Chosen(str(wanted), tuple(contents[sha] for sha in earlier), len(contents), len(here), again=True)
    from labeling.choice.folder import survey
    from labeling.choice.strategies import choose

    reader = None if wanted.strategy in ("random", "diverse") else student()
    if wanted.strategy == "uncertain" and reader is None:
        raise UsageError(
            "To choose what a student is unsure of takes a student.",
            code="bad_choice",
            hint="Name one with --choose-student, or choose diverse.",
        )
    open_to_choice = [each for sha, each in contents.items() if sha in labels or sha not in books.settled]
    surveyed = survey(open_to_choice, labels, wanted.strategy, task, engine, reader, tell)
    pool = surveyed.pool
    if wanted.strategy in ("robust", "performance") and not (
        pool.scores if wanted.strategy == "performance" else pool.confidence
    ):
        lacking = "labelled documents" if wanted.strategy == "performance" and reader else "a student"
        tell(f"Without {lacking}, {wanted.strategy} chooses as diverse does.")
    picked = choose(pool, wanted.count, wanted.strategy)
    if not picked:
        raise UsageError("There is no document left to choose.", code="bad_choice", hint="All are labelled, or failed.")
    sources_of = tuple(contents[sha] for sha in picked)
    return Chosen(str(wanted), sources_of, len(contents), len(here), surveyed.unread)


def _books(output: Path, identity: Identity, *, retry_failed: bool) -> _Books:
    path = ledger_of(output)
    if not path.exists():
        return _Books()
    labels: dict[str, Mapping[str, Any]] = {}
    settled = set()
    with Ledger(path, identity, rehearsal=True) as ledger:
        for group in ledger.results():
            first = next((each for each in group if each.label is not None), None)
            if first is not None and first.label is not None:
                labels[first.sha256] = {"id": first.id, **first.label}
                settled.add(first.sha256)
            elif not retry_failed and all(each.failure and each.failure.final for each in group):
                settled.add(group[0].sha256)
        return _Books(labels, frozenset(settled), ledger.recall(NOTE), ledger.known())


def _unfinished(books: _Books, wanted: Wanted, contents: Mapping[str, Source]) -> list[str]:
    """The documents of the last choice, where it was the same one and some of them are neither labelled nor failed."""
    note = json.loads(books.note) if books.note else {}
    if note.get("wanted") != str(wanted):
        return []
    chosen = [sha for sha in note["chosen"] if sha in contents]
    return chosen if set(chosen) - books.settled else []


def _labels_of(files: Sequence[Path], contents: Mapping[str, Source]) -> dict[str, Mapping[str, Any]]:
    """The labels of label files by content: by the hash that they carry, else by the document's name."""
    by_name = {source.stem: sha for sha, source in contents.items()}
    found: dict[str, Mapping[str, Any]] = {}
    for path in files:
        for name, label in read_labels(path).items():
            provenance = label.get("provenance")
            told = provenance.get("sha256") if isinstance(provenance, dict) else None
            sha = told if told in contents else by_name.get(name)
            if sha is not None:
                found[sha] = label
    return found
