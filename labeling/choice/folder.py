"""From a folder of documents to a pool to choose from: every document is read by OCR, and by the present student."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from extractor.errors import TailorError, UsageError
from extractor.evaluation import evaluate
from extractor.ocr import OcrEngine
from extractor.student.runtime import Student
from extractor.task import Task
from extractor.truth import split_of, truth_of_label
from extractor.types import Extraction
from labeling.choice.outline import Outline, clarity, embed, outline
from labeling.choice.strategies import STRATEGIES, Pool, Strategy
from labeling.critic.reading import read_pages
from labeling.critic.sheet import Sheet
from labeling.critic.student_view import StudentView, view
from labeling.run.sources import Source

MOST = 6000
"""Of more documents than this, so many are drawn at random to choose from: what is compared grows with the square."""

EVERY = 10.0
"""Seconds between two lines about how far the reading is."""

ENOUGH = 20
"""So many labelled documents that training holds out suffice to tell how well each kind is read."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """How many documents to choose, and how."""

    strategy: Strategy
    count: int

    def __str__(self) -> str:
        return f"{self.strategy}:{self.count}"

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Of "robust:200". Raises UsageError (bad_choice)."""
        name, _, count = text.partition(":")
        for strategy in STRATEGIES:
            if strategy == name and count.isascii() and count.isdigit() and int(count) > 0:
                return cls(strategy, int(count))
        raise UsageError(
            f"{text!r} says not how many documents to choose, and how.",
            code="bad_choice",
            hint=f"Give STRATEGY:NUMBER, for instance robust:200; the strategies are {', '.join(STRATEGIES)}.",
        )


@dataclass(frozen=True)
class Surveyed:
    """The pool, and how many documents were left out because they can't be read."""

    pool: Pool
    unread: int


def survey(
    sources: Sequence[Source],
    labels: Mapping[str, Mapping[str, Any]],
    strategy: Strategy,
    task: Task,
    engine: Callable[[], OcrEngine],
    student: Student | None,
    tell: Tell = lambda line: None,
) -> Surveyed:
    """What can be chosen from, by sha256. `labels` holds what is labelled already (sha256 → label): it counts as
    covered. `random` needs no look at the documents."""
    here = _drawn([source.sha256 for source in sources], labels)
    by_sha = {source.sha256: source for source in sources}
    labelled = [sha for sha in here if sha in labels]
    if strategy == "random":
        return Surveyed(Pool(here, np.zeros((len(here), 1)), labelled=labelled), 0)
    if len(here) < len(sources):
        tell(f"Of {len(sources)} documents {len(here)} are drawn at random to choose from.")
    reader = engine()
    wants_student = student if strategy != "diverse" else None
    outlines: dict[str, Outline] = {}
    legible: dict[str, float] = {}
    confidence: dict[str, float] = {}
    scores: dict[str, float] = {}
    spoke = time.monotonic()
    for number, sha in enumerate(here, start=1):
        try:
            pages, small = read_pages(by_sha[sha].path, reader)
        except TailorError:
            continue
        sheet = Sheet(pages)
        outlines[sha], legible[sha] = outline(sheet.tokens, small[0] if small else None), clarity(sheet)
        seen = view(wants_student, pages, small) if wants_student else None
        if wants_student:
            confidence[sha] = _sureness(seen)
            if sha in labels:
                scores[sha] = _score(seen, labels[sha], task)
        if time.monotonic() - spoke >= EVERY:
            spoke = time.monotonic()
            tell(f"{number} of {len(here)} documents looked at")
    read = list(outlines)
    vectors = embed([outlines[sha] for sha in read]) if read else np.zeros((0, 1))
    known = [sha for sha in labelled if sha in outlines]
    pool = Pool(read, vectors, confidence, known, _held_out(scores, labels), legible)
    return Surveyed(pool, len(here) - len(read))


def _drawn(ids: Sequence[str], labels: Mapping[str, Any]) -> list[str]:
    """At most `MOST`, in their order; of what is labelled at most half of that."""
    if len(ids) <= MOST:
        return list(ids)
    shuffled = [ids[at] for at in np.random.default_rng(0).permutation(len(ids))]
    labelled = [each for each in shuffled if each in labels][: MOST // 2]
    free = [each for each in shuffled if each not in labels][: MOST - len(labelled)]
    kept = {*labelled, *free}
    return [each for each in ids if each in kept]


def _sureness(seen: StudentView | None) -> float:
    """How sure the student is of a document, 0–1: the mean, over all fields, of the confidence in what it read or in
    there being nothing; 0 for a document without words."""
    if seen is None or not seen.absent:
        return 0.0
    fields = seen.receipt.fields
    sure = [fields[name].confidence if name in fields else absent for name, absent in seen.absent.items()]
    return float(np.mean(sure))


def _score(seen: StudentView | None, label: Mapping[str, Any], task: Task) -> float:
    """How well the student reads a labelled document: the ANLS of its fields."""
    name = str(label["id"])
    record = Extraction(file=f"{name}.x", sha256="", status="ok", pages=1)
    if seen is not None:
        record = record.model_copy(update={"receipt": seen.receipt})
    return evaluate([record], {name: truth_of_label(label, task)}).anls or 0.0


def _held_out(scores: Mapping[str, float], labels: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The scores of documents that training holds out, where there are enough: a student reads what it learnt from
    better than the rest of its kind."""
    kept = {sha: score for sha, score in scores.items() if split_of(str(labels[sha]["id"])) == "dev"}
    return kept if len(kept) >= ENOUGH else dict(scores)
