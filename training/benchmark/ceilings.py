"""What stands between the figures and 1: the OCR, the label convention or the student, and the ceiling each sets.

Each document's loss (1 − ANLS) is shared out in this order:
1. the OCR: what even the best run of words, as read, would lose;
2. the reading of values: what that run loses when it is turned into a value, as each answer is (`reach`);
3. the label convention, where ground truth is not the teacher's: what the teacher's own label loses, as far as the
   student said what the teacher would have said;
4. the student: the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extractor.anls import anls_star_items
from extractor.evaluation import evaluate
from extractor.student.encoder import Token
from extractor.task import RECEIPTS
from extractor.truth import Truth
from extractor.types import Extraction
from training.benchmark.accuracy import GROUND_FIELDS, as_record
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader
from training.benchmark.reach import Reach
from training.benchmark.targets import ASKED

ITEMS = "line_items"


@dataclass(frozen=True, slots=True)
class Score:
    """One value of one document. `reached` is the best that its words allow after the reading of values, `printed`
    before it; `taught` is what the teacher's label scores (1 where the teacher is the truth), `follows` whether the
    student said rather what the teacher says."""

    field: str
    measured: float
    reached: float
    printed: float
    taught: float = 1.0
    follows: bool = False

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """The loss by OCR, reading of values, label convention and student; they add up to 1 − measured."""
        left = 1.0 - self.measured
        parts = []
        for most in (1.0 - self.printed, self.printed - self.reached, 1.0 - self.taught if self.follows else 0.0):
            parts.append(min(left, most))
            left -= parts[-1]
        return parts[0], parts[1], parts[2], left

    def exactly(self) -> Score:
        """The same, all or nothing: ANLS is 1 for an exact match alone."""
        measured, reached, printed, taught = (
            float(value == 1.0) for value in (self.measured, self.reached, self.printed, self.taught)
        )
        return Score(self.field, measured, reached, printed, taught, self.follows)


def scores(
    records: Mapping[str, Extraction],
    truths: Mapping[str, Truth],
    taught: Mapping[str, Truth],
    words: Mapping[str, Sequence[Token]],
) -> list[Score]:
    """The score of every printed value (and every list of items) of the documents, with its ceilings.

    `truths` is what is scored against; `taught` the teacher's labels where these are something else, else empty.
    """
    made: list[Score] = []
    for key, truth in truths.items():
        label = taught.get(key)
        country = (label or truth).fields.get("country")
        reach = Reach(words.get(key, ()), country)
        measured = _by_field(records.get(key), truth)
        teacher = _by_field(as_record(label), truth) if label else {}
        as_taught = _by_field(records.get(key), label) if label else {}
        for field in RECEIPTS.spans:
            value = truth.fields.get(field)
            if not value:
                continue
            follows = as_taught.get(field, 0.0) > measured[field]
            # A student may do better than the best run: it corrects spellings that OCR is known to confuse.
            reached = max(reach.best(field, value), measured[field])
            printed = max(reach.printed(field, value), reached)
            made.append(Score(field, measured[field], reached, printed, teacher.get(field, 1.0), follows))
        if truth.line_items:
            reached = max(anls_star_items(reach.items(truth.line_items), truth.line_items), measured[ITEMS])
            made.append(Score(ITEMS, measured[ITEMS], reached, reached))
    return made


def _by_field(record: Extraction | None, truth: Truth) -> dict[str, float]:
    report = evaluate([record] if record else [], {truth.id: truth})
    found = {score.field: score.anls for score in report.fields}
    if report.line_items is not None:
        found[ITEMS] = report.line_items.anls
    return {name: value for name, value in found.items() if value is not None}


def measure(corpora: Iterable[Corpus], reader: Reader, limit: int | None) -> str:
    """The analysis of both corpora's dev documents, as Markdown."""
    parts = []
    for corpus in corpora:
        records = reader.read(corpus.pictures(limit=limit), corpus.name)
        words = words_of(corpus, reader, limit)
        label, ground = corpus.taught(records), corpus.ground(records)
        if ground:
            held = scores(records, ground, label, words)
            rows = [_row("SROIE dev, four fields, ANLS", held), *_rows("SROIE dev", held)]
            parts.append(table("SROIE dev, against ground truth", rows))
        name = "SROIE dev (teacher)" if ground else f"{corpus.name} dev"
        known = GROUND_FIELDS if ground else ()
        held = [each for each in scores(records, label, {}, words) if each.field not in known]
        parts.append(table(f"{name.removesuffix(' (teacher)')}, against the teacher's labels", _rows(name, held)))
    return "\n\n".join([*parts, EXPLAINED])


EXPLAINED = (
    "Ceiling: the best ANLS that any run of the words that the OCR read could score, after the same reading of values "
    "as answers go through. Teacher: what the teacher's own label scores against ground truth. The loss of each value "
    "is the OCR's as far as the best run falls short as printed, the reading's as far as turning it into a value loses "
    "more, then the label convention's as far as the teacher's label falls short and the student said what the teacher "
    "says, then the student's. Inferred fields have no place on the page: their loss is the student's or the teacher's."
)


def words_of(corpus: Corpus, reader: Reader, limit: int | None) -> dict[str, tuple[Token, ...]]:
    """The words of each dev document as the student was given them, from the OCR cache where they are known."""
    from extractor.loading import load
    from extractor.ocr import build_engine, read_page
    from extractor.student.encoder import tokenize

    engine = build_engine(cache=reader.cache)
    pictures = corpus.pictures(limit=limit)
    found = {}
    for path in reader.progress(pictures, len(pictures), f"{corpus.name}, words"):
        with load(path) as document:
            found[path.stem] = tokenize([read_page(page, engine)[0] for page in document.pages()])
    return found


def _rows(name: str, held: Sequence[Score]) -> list[str]:
    rows = []
    for field in (*RECEIPTS.spans, ITEMS):
        mine = [each for each in held if each.field == field]
        if not mine:
            continue
        rows.append(_row(f"{name}, line items, ANLS*" if field == ITEMS else f"{name}, {field}, ANLS", mine))
        if field in ("total", "date"):
            rows.append(_row(f"{name}, {field}, exact", [each.exactly() for each in mine]))
    return rows


COLUMNS = (
    "figure", "n", "asked", "measured", "ceiling", "teacher", "lost to OCR", "to reading of values",
    "to label convention", "to the student",
)  # fmt: skip


def _row(figure: str, held: Sequence[Score]) -> str:
    n = len(held)
    asked = ASKED.get(figure)
    shares = [sum(part) / n for part in zip(*(each.shares for each in held), strict=True)]
    teacher = sum(each.taught for each in held) / n
    cells = [
        f"{sum(each.measured for each in held) / n:.3f}",
        f"{sum(each.reached for each in held) / n:.3f}",
        "–" if teacher == 1.0 else f"{teacher:.3f}",
        *(f"{100 * share:.1f}" for share in shares),
    ]
    return f"| {figure} | {n} | {'' if asked is None else f'{asked.bound:g}'} | {' | '.join(cells)} |"


def table(title: str, rows: Sequence[str]) -> str:
    """A titled Markdown table; losses are in points (hundredths)."""
    head = f"| {' | '.join(COLUMNS)} |"
    return "\n".join([f"### {title} (losses in points)", "", head, "|---" * len(COLUMNS) + "|", *rows])
