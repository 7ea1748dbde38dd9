"""How good predictions are: per field ANLS, exact match, coverage, false readings and calibration; ANLS* for items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from extractor.anls import anls, anls_star_items, exact
from extractor.errors import UsageError
from extractor.truth import Truth, comparable, comparable_item, load_truths
from extractor.types import FIELD_NAMES, ITEM_PARTS, Extraction, LineItem

__all__ = [
    "FieldScore",
    "Report",
    "Truth",
    "calibration_error",
    "document_id",
    "evaluate",
    "load_predictions",
    "load_truths",
]

BINS = 15
"""Bins of equal width over which the calibration error is taken, as in Guo et al. (ICML 2017)."""

SCORED_FIELDS: tuple[str, ...] = tuple(
    row for name in FIELD_NAMES for row in (("date", "date_iso") if name == "date" else (name,))
)
"""The rows of a report: every field, `date` by its printed text and `date_iso` by its normalised value."""


@dataclass(frozen=True, slots=True)
class FieldScore:
    """How one field was read. Shares and scores are 0 to 1; None where nothing could be measured.

    `n`: documents whose truth has a value; `anls`, `exact` and `coverage` (share answered) run over these.
    `nulls`: documents whose truth says that there is none; `false_readings` is the share of these answered anyway.
    `ece`: expected calibration error of the confidences of all answers (a false reading is a wrong answer).
    """

    field: str
    n: int
    anls: float | None
    exact: float | None
    coverage: float | None
    nulls: int
    false_readings: float | None
    ece: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Scores over `documents` documents of the truth, of which `missing` had no prediction (scored as not read).

    `overall` runs over all values of all fields (`date_iso` is left out: it would count the date twice). `line_items`
    carries ANLS* as `anls` and the share of receipts whose items are all right as `exact`.
    """

    documents: int
    missing: int
    failed: int
    overall: FieldScore
    fields: tuple[FieldScore, ...]
    line_items: FieldScore | None

    @property
    def anls(self) -> float | None:
        """The mean ANLS over all values of all fields."""
        return self.overall.anls

    @property
    def exact(self) -> float | None:
        """The share of all values of all fields that are read exactly."""
        return self.overall.exact

    def field(self, name: str) -> FieldScore:
        return next(score for score in self.fields if score.field == name)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One field of one document: the truth (None: there is none), the score, and the confidence if it was answered."""

    has_truth: bool
    anls: float
    exact: bool
    confidence: float | None


def document_id(file: str) -> str:
    """What a document is called in a truth: its file's name without folder and ending."""
    return Path(file.replace("\\", "/")).stem


def evaluate(predictions: Iterable[Extraction], truths: Mapping[str, Truth]) -> Report:
    """Score predictions against truths, by document id (see `document_id`).

    A document of the truth without a prediction counts as not read; a prediction without a truth is ignored; of several
    predictions for one document, the last counts. Amounts are compared as decimals, so 80.9 equals 80.90.
    """
    found = {key: record for record in predictions if (key := document_id(record.file)) in truths}
    answers: dict[str, list[_Answer]] = {}
    for key, truth in truths.items():
        record = found.get(key)
        for name, value in truth.fields.items():
            answers.setdefault(name, []).append(_answer(record, name, value, truth))
        if truth.line_items is not None:
            answers.setdefault("line_items", []).append(_items_answer(record, truth.line_items))
    days = {f"{name}_iso" for truth in truths.values() for name in truth.dates}
    rows = [name for name in answers if name != "line_items"]
    rows.sort(key=lambda name: SCORED_FIELDS.index(name) if name in SCORED_FIELDS else len(SCORED_FIELDS))
    # A date counts once: by what is printed, where that was written down.
    printed = {f"{name}_iso" for name in rows}
    values = [answer for name in rows if not (name in days and name in printed) for answer in answers[name]]
    return Report(
        documents=len(truths),
        missing=len(truths) - len(found),
        failed=sum(record.status == "failed" for record in found.values()),
        overall=_score("all", values),
        fields=tuple(_score(name, answers[name]) for name in rows),
        line_items=_score("line_items", answers["line_items"]) if "line_items" in answers else None,
    )


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error: the mean distance between confidence and share right, over bins of equal width."""
    confidence, hit = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if not len(confidence):
        raise ValueError("no answers, no calibration")
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(index, weights=confidence - hit, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def load_predictions(path: Path | str) -> list[Extraction]:
    """The records of a JSON-lines file as `tailor extract` writes it.

    Raises UsageError (predictions_unreadable) where the file is missing or a line is no record.
    """
    records = []
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    records.append(_record(line, f"{path}, line {number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(f"The predictions {path} can't be read ({type(error).__name__}).") from error
    return records


def _record(line: str, place: str) -> Extraction:
    try:
        return Extraction.model_validate_json(line)
    except ValidationError as error:
        raise _unreadable(f"{place} is not a record of Tailor.") from error


def _unreadable(message: str) -> UsageError:
    hint = "Give the JSON-lines file that tailor extract -o FILE.jsonl wrote."
    return UsageError(message, code="predictions_unreadable", hint=hint)


def _answer(record: Extraction | None, name: str, wanted: str | None, truth: Truth) -> _Answer:
    day = name.removesuffix("_iso")
    read = record.receipt.fields.get(day if day in truth.dates else name) if record else None
    # The printed date is scored on what is printed, everything else on the normalised value.
    said = (read.text if name in truth.dates else read.value) if read else None
    if not read or not said:
        return _Answer(wanted is not None, 0.0, False, None)
    said = comparable(name, said, truth.amounts)
    if wanted is None:
        return _Answer(False, 0.0, False, read.confidence)
    return _Answer(True, anls(said, wanted), exact(said, wanted), read.confidence)


def _items_answer(record: Extraction | None, truth: Sequence[Mapping[str, str]]) -> _Answer:
    read = record.receipt.line_items if record else []
    said = [item for line in read if (item := comparable_item(_parts(line)))]
    score = anls_star_items(said, truth)
    return _Answer(bool(truth), score if truth else 0.0, score == 1.0, _mean_confidence(read) if said else None)


def _parts(item: LineItem) -> dict[str, str | None]:
    return {part: found.value if (found := getattr(item, part)) else None for part in ITEM_PARTS}


def _mean_confidence(items: Sequence[LineItem]) -> float:
    return float(np.mean([found.confidence for item in items for part in ITEM_PARTS if (found := getattr(item, part))]))


def _score(name: str, answers: Sequence[_Answer]) -> FieldScore:
    wanted = [answer for answer in answers if answer.has_truth]
    nulls = [answer for answer in answers if not answer.has_truth]
    sure = [(answer.confidence, answer.exact) for answer in answers if answer.confidence is not None]
    return FieldScore(
        field=name,
        n=len(wanted),
        anls=_mean([answer.anls for answer in wanted]),
        exact=_mean([answer.exact for answer in wanted]),
        coverage=_mean([answer.confidence is not None for answer in wanted]),
        nulls=len(nulls),
        false_readings=_mean([answer.confidence is not None for answer in nulls]),
        ece=calibration_error([c for c, _ in sure], [hit for _, hit in sure]) if sure else None,
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
