"""Evidence for and against each field of a teacher's label: from page, label, shop and student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from extractor.normalize.times import find_times
from extractor.task import RECEIPTS, Task
from extractor.types import Page
from labeling.critic import figures, places, student_view, texts
from labeling.critic.family import FAMILIES, STUDENT, Evidence, family_of, judged
from labeling.critic.merchants import Merchants
from labeling.critic.sheet import Sheet
from labeling.critic.student_view import StudentView

UNKNOWN = float("nan")


@dataclass(frozen=True)
class Judged:
    """The evidence about one field: a number for each name in `FAMILIES[family]` and in `STUDENT`, NaN if unknown."""

    family: str
    numbers: Evidence


@dataclass(frozen=True)
class Case:
    """A document with what may be known about it besides its label.

    `merchants` are the shops of the whole set of labels; without them no shop testifies. `today` bounds plausible
    dates (default: this day).
    """

    sheet: Sheet
    merchants: Merchants | None = None
    student: StudentView | None = None
    task: Task = RECEIPTS
    today: date | None = None


def evidence(
    pages: Sequence[Page],
    label: Mapping[str, Any],
    task: Task = RECEIPTS,
    *,
    merchants: Merchants | None = None,
    student: StudentView | None = None,
    today: date | None = None,
) -> dict[str, Judged]:
    """The evidence about every field of a label (fields that are null too) and about its line items.

    `pages` are those of the document with their words; `label` is in the format of label files.
    """
    return judge(Case(Sheet(pages), merchants, student, task, today), label)


def judge(case: Case, label: Mapping[str, Any], fields: Iterable[str] | None = None) -> dict[str, Judged]:
    """The evidence about some fields (default: all) of a label for a document that is already prepared."""
    return {field: _judged(case, field, label) for field in (judged(case.task) if fields is None else fields)}


def _judged(case: Case, field: str, label: Mapping[str, Any]) -> Judged:
    family = family_of(case.task, field, label.get(field))
    found = _found(case, family, field, label)
    if case.merchants is not None:
        found |= case.merchants.evidence(label, field)
    found |= student_view.student_evidence(case.student, field, label)
    return Judged(family, {name: float(found.get(name, UNKNOWN)) for name in (*FAMILIES[family], *STUDENT)})


def _found(case: Case, family: str, field: str, label: Mapping[str, Any]) -> Evidence:
    sheet, value, today = case.sheet, str(label.get(field) or ""), case.today or date.today()
    match family:
        case "name":
            return texts.name_evidence(sheet, value)
        case "address":
            return texts.address_evidence(sheet, value)
        case "amount" | "total":
            return figures.amount_evidence(sheet, field, label)
        case "date" if case.task.types[field] == "time":
            return figures.time_evidence(sheet, value)
        case "date":
            return figures.date_evidence(sheet, label, today)
        case "choice":
            return places.choice_evidence(sheet, field, label, today)
        case "items":
            return figures.items_evidence(sheet, label)
        case "absent":
            return {"label_elsewhere": _offered(sheet, field, case.task)}
    return texts.code_evidence(sheet, value, field, label)


def _offered(sheet: Sheet, field: str, task: Task) -> float:
    """Whether the page shows what a null field might have been read from; NaN where there is no sign to look for."""
    kind = task.types[field]
    if kind == "date":
        return float(bool(sheet.dates))
    if kind == "time":
        return float(any(find_times(text) for text in sheet.row_texts))
    words = texts.FIELD_WORDS.get(field) or figures.AMOUNT_WORDS.get(field)
    if words is None:
        return UNKNOWN
    return float(any(words.search(text) and sum(map(str.isdigit, text)) >= 2 for text in sheet.row_texts))
