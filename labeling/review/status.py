"""How far a project is, and how much people, teacher and student agree on each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from extractor.anls import anls, anls_star_items
from extractor.task import Task
from extractor.types import ITEM_PARTS, Receipt
from labeling.review.convert import predicted_receipt
from labeling.review.pull import author, finished, review_of
from labeling.review.sources import TEACHER

LINE_ITEMS = "line_items"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The mean ANLS (ANLS* for line items) of two readers over `n` documents where either has a value."""

    score: float
    n: int


@dataclass(frozen=True)
class FieldAgreement:
    """One field; None where no two such readers read the same document."""

    field: str
    people: Agreement | None
    person_teacher: Agreement | None
    person_student: Agreement | None
    teacher_student: Agreement | None


@dataclass(frozen=True)
class ProjectStatus:
    """`done` have an annotation, `skipped` only cancelled ones, `left` neither; `changed` are done ones in which people
    changed something; `people` counts who annotated."""

    total: int
    done: int
    skipped: int
    left: int
    changed: int
    people: int
    fields: tuple[FieldAgreement, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def project_status(tasks: Iterable[Mapping[str, Any]], task: Task) -> ProjectStatus:
    """The state of a project with these tasks of Label Studio."""
    total = done = skipped = changed = 0
    people: set[int] = set()
    scores: dict[tuple[str, str], list[float]] = {}
    for there in tasks:
        total += 1
        submitted = sorted(finished(there), key=lambda each: str(each["updated_at"]))
        people |= {author(each) for each in submitted}
        if submitted:
            done += 1
            changed += bool(review_of(submitted[-1], there, task, {}).changes)
        elif there["annotations"]:
            skipped += 1
        for pair, field, score in _scores(submitted, there, task):
            scores.setdefault((field, pair), []).append(score)
    names = [*task.names, LINE_ITEMS] if task.line_items else [*task.names]
    fields = tuple(_field(name, scores) for name in names if any(field == name for field, _ in scores))
    return ProjectStatus(total, done, skipped, total - done - skipped, changed, len(people), fields)


def _scores(
    submitted: Iterable[Mapping[str, Any]], there: Mapping[str, Any], task: Task
) -> Iterable[tuple[str, str, float]]:
    """(pair of readers, field, score) for every two readings of one document."""
    persons = list({author(each): review_of(each, there, task, {}).receipt for each in submitted}.values())
    latest = {
        each["model_version"] or "": each["result"]
        for each in sorted(there["predictions"], key=lambda each: each["id"])
    }
    teachers = [predicted_receipt(result, task) for name, result in latest.items() if name.startswith(TEACHER)]
    students = [predicted_receipt(result, task) for name, result in latest.items() if not name.startswith(TEACHER)]
    pairs = {
        "people": combinations(persons, 2),
        "person_teacher": ((teacher, person) for person in persons[-1:] for teacher in teachers),
        "person_student": ((student, person) for person in persons[-1:] for student in students),
        "teacher_student": ((student, teacher) for teacher in teachers for student in students),
    }
    for pair, readings in pairs.items():
        for one, other in readings:
            for field, score in _compared(one, other, task):
                yield pair, field, score


def _compared(one: Receipt, other: Receipt, task: Task) -> Iterable[tuple[str, float]]:
    for name in task.names:
        left, right = one.value(name), other.value(name)
        if left or right:
            yield name, anls(left, right) if right else 0.0
    if task.line_items and (one.line_items or other.line_items):
        yield LINE_ITEMS, anls_star_items(_items(one), _items(other))


def _items(receipt: Receipt) -> list[dict[str, str | None]]:
    return [
        {part: found.value if (found := getattr(item, part)) else None for part in ITEM_PARTS}
        for item in receipt.line_items
    ]


def _field(name: str, scores: Mapping[tuple[str, str], list[float]]) -> FieldAgreement:
    def mean(pair: str) -> Agreement | None:
        found = scores.get((name, pair))
        return Agreement(sum(found) / len(found), len(found)) if found else None

    return FieldAgreement(name, mean("people"), mean("person_teacher"), mean("person_student"), mean("teacher_student"))
