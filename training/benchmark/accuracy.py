"""How well receipts are read, end to end from the picture: against ground truth and against the teacher's labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from extractor.evaluation import FieldScore, Report, evaluate
from extractor.truth import Truth
from extractor.types import INFERRED_FIELDS, Extraction, Field, LineItem, Receipt
from training.benchmark.calibration import Claim
from training.benchmark.corpus import Corpus
from training.benchmark.report import Figure

GROUND_FIELDS = ("merchant_name", "date", "merchant_address", "total")
"""The four fields of SROIE's ground truth."""

WILD_ASKED = {"total": 0.85, "date": 0.85, "merchant_name": 0.65}


def sroie(records: Mapping[str, Extraction], corpus: Corpus) -> list[Figure]:
    """The four fields against ground truth; everything else against the teacher."""
    against_ground = evaluate(records.values(), corpus.ground(records))
    taught = evaluate(records.values(), corpus.taught(records))
    rest = [score for score in taught.fields if score.field not in GROUND_FIELDS]
    return [
        *_ground_figures("SROIE dev", against_ground, {"all": 0.92, "total": 0.92, "date": 0.92}),
        *(_field_figure("SROIE dev (teacher)", score) for score in rest),
        *_items("SROIE dev (teacher)", taught),
    ]


def wild(records: Mapping[str, Extraction], corpus: Corpus) -> list[Figure]:
    """Photographs against the teacher's labels: the fields asked for first, then all others."""
    report = evaluate(records.values(), corpus.taught(records))
    name = "wild dev"
    first = [*WILD_ASKED, "merchant_address"]
    asked = [_field_figure(name, report.field(field), WILD_ASKED.get(field)) for field in first]
    others = [_field_figure(name, score) for score in report.fields if score.field not in first]
    return [*asked, *others, *_items(name, report), *_false_readings(name, report)]


def teacher(corpus: Corpus, identifiers: Iterable[str]) -> list[Figure]:
    """The teacher's own labels against ground truth: what a perfect pupil would score."""
    wanted = list(identifiers)
    answers = [as_record(truth) for truth in corpus.taught(wanted).values()]
    return _ground_figures("teacher on SROIE dev", evaluate(answers, corpus.ground(wanted)), {})


def as_record(truth: Truth) -> Extraction:
    """A label as if it had been read, with full confidence, so that it can be scored as an answer."""
    fields = {
        name: Field(value=truth.fields.get("date_iso") or text if name == "date" else text, text=text, confidence=1.0)
        for name, text in truth.fields.items()
        if text is not None and name != "date_iso"
    }
    items = [
        LineItem(**{part: Field(value=text, text=text, confidence=1.0) for part, text in item.items()})
        for item in truth.line_items or ()
    ]
    receipt = Receipt(fields=fields, line_items=items)
    return Extraction(file=f"{truth.id}.jpg", sha256="", status="ok", pages=1, receipt=receipt, model="teacher")


def claims(records: Mapping[str, Extraction], truths: Mapping[str, Truth]) -> list[Claim]:
    """Every value that was read with its confidence and whether it is right; a false reading is wrong."""
    made: list[Claim] = []
    for identifier, record in records.items():
        if identifier not in truths:
            continue
        for score in evaluate([record], {identifier: truths[identifier]}).fields:
            read = record.receipt.fields.get(score.field)
            if read is not None and (score.coverage or score.false_readings):
                made.append(Claim(identifier, score.field, read.confidence, bool(score.exact)))
    return made


def _ground_figures(name: str, report: Report, asked: Mapping[str, float]) -> list[Figure]:
    count = sum(report.field(field).n for field in GROUND_FIELDS)
    note = f"exact {_shown(report.exact)}; {report.failed} of {report.documents} documents failed"
    made = [Figure(f"{name}, four fields, ANLS", report.anls, asked.get("all"), n=count, note=note)]
    for field in ("total", "date"):
        score = report.field(field)
        made.append(Figure(f"{name}, {field}, exact", score.exact, asked.get(field), n=score.n))
    return [*made, *(_field_figure(name, report.field(field)) for field in GROUND_FIELDS)]


def _field_figure(name: str, score: FieldScore, asked: float | None = None) -> Figure:
    """An inferred field is one of few words: right or wrong. Any other is measured by ANLS."""
    inferred = score.field in INFERRED_FIELDS
    measured, kind = (score.exact, "accuracy") if inferred else (score.anls, "ANLS")
    notes = [] if inferred else [f"exact {_shown(score.exact)}"]
    notes.append(f"answered {_shown(score.coverage)}")
    if score.nulls:
        notes.append(f"false readings {_shown(score.false_readings)} of {score.nulls}")
    return Figure(f"{name}, {score.field}, {kind}", measured, asked, n=score.n, note="; ".join(notes))


def _items(name: str, report: Report) -> list[Figure]:
    score = report.line_items
    if score is None:
        return []
    notes = f"all items right {_shown(score.exact)}; false readings {_shown(score.false_readings)} of {score.nulls}"
    return [Figure(f"{name}, line items, ANLS*", score.anls, n=score.n, note=notes)]


def _false_readings(name: str, report: Report) -> list[Figure]:
    # date_iso would count the date twice.
    scores = [score for score in report.fields if score.field != "date_iso" and score.nulls]
    nulls = sum(score.nulls for score in scores)
    if not nulls:
        return []
    false = sum((score.false_readings or 0.0) * score.nulls for score in scores)
    return [Figure(f"{name}, false readings, all fields", false / nulls, n=nulls, note="answered where there is none")]


def _shown(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"
