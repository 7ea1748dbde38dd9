"""The worst fields of a run, and whether the OCR or the student is to blame for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rapidfuzz import fuzz

from extractor.evaluation import evaluate
from extractor.truth import Truth
from extractor.types import AMOUNT_FIELDS, Extraction

STANDS = 95.0
"""From this likeness (0 to 100) on, a truth is taken to stand among the words that the OCR read."""

_SET_APART = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")

SHORT = 8
"""Values of fewer letters and digits would be found in almost any text by likeness."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that was read wrongly. `predicted` None: not read; `truth` None: a false reading.

    `in_ocr`: whether the truth stands among the OCR words (then the student erred); None where that wasn't looked up or
    means nothing.
    """

    id: str
    field: str
    predicted: str | None
    truth: str | None
    anls: float
    confidence: float | None
    in_ocr: bool | None = None

    def line(self) -> str:
        blame = {True: "student", False: "ocr", None: "–"}[self.in_ocr]
        sure = "" if self.confidence is None else f" ({self.confidence:.2f})"
        return (
            f"{self.id}\t{self.field}\t{self.anls:.2f}\t{blame}\t{_quoted(self.predicted)}{sure}\t{_quoted(self.truth)}"
        )


def faults(records: Mapping[str, Extraction], truths: Mapping[str, Truth], inferred: Iterable[str] = ()) -> list[Fault]:
    """Every field that isn't exactly right, worst first; fields in `inferred` stand nowhere and are left out."""
    left_out = {*inferred, "date_iso"}
    found: list[Fault] = []
    for identifier, record in records.items():
        if identifier not in truths:
            continue
        truth = truths[identifier]
        for score in evaluate([record], {identifier: truth}).fields:
            wrong = bool(score.false_readings) if score.n == 0 else not score.exact
            if not wrong or score.field in left_out:
                continue
            read = record.receipt.fields.get(score.field)
            said = None if read is None else read.text if score.field == "date" else read.value
            confidence = read.confidence if read else None
            found.append(Fault(identifier, score.field, said, truth.fields[score.field], score.anls or 0.0, confidence))
    return sorted(found, key=lambda fault: (fault.anls, fault.field, fault.id))


def blamed(found: Iterable[Fault], text_of: Callable[[str], str]) -> list[Fault]:
    """The faults with `in_ocr` filled in; `text_of` gives the words that the OCR read of a document, by id."""
    texts: dict[str, str] = {}
    made = []
    for fault in found:
        if fault.truth is None:
            made.append(fault)
            continue
        if fault.id not in texts:
            texts[fault.id] = text_of(fault.id)
        find = amount_stands_in if fault.field in AMOUNT_FIELDS else stands_in
        made.append(replace(fault, in_ocr=find(fault.truth, texts[fault.id])))
    return made


def stands_in(truth: str, text: str) -> bool:
    """Whether a value stands in a text, letters and digits compared alone: signs and spacing are OCR's smallest sins.

    A short value must be one word, or what is left of a word beside other letters: "9.00" stands in "RM9.00", not in
    "19.00" nor across "9 00".
    """
    wanted, among = _bare(truth), _bare(text)
    if not wanted:
        return False
    if len(wanted) < SHORT:
        whole = re.compile(rf"(?<!\d){re.escape(wanted)}(?!\d)")
        return any(whole.search(_bare(word)) for word in text.split())
    # partial_ratio slides the shorter over the longer: a text shorter than the value can't hold it.
    return len(wanted) <= len(among) and fuzz.partial_ratio(wanted, among) >= STANDS


def amount_stands_in(truth: str, text: str) -> bool:
    """The same for an amount, which may be printed without decimals (yen) or with thousands set apart ("1 234,50")."""
    closed = _SET_APART.sub("", text)
    whole = truth.removesuffix(".00")
    # One or two digits stand in any text.
    forms = [truth, whole] if len(whole) > 2 else [truth]
    return any(stands_in(form, each) for form in forms for each in (text, closed))


def ocr_text(record: Extraction, cache: Path | None) -> str:
    """The words that the default engine reads of a record's document, from the cache where they are known."""
    from extractor.loading import load
    from extractor.ocr import build_engine, read_page

    engine = build_engine(cache=cache)
    with load(record.file) as document:
        return "\n".join(read_page(page, engine)[0].text for page in document.pages())


def summary(found: Iterable[Fault]) -> str:
    """Faults counted by field: how many are the student's, the OCR's, and readings of what isn't there."""
    counts: dict[str, list[int]] = {}
    for fault in found:
        row = counts.setdefault(fault.field, [0, 0, 0, 0])
        row[0] += 1
        row[1 if fault.in_ocr else 3 if fault.truth is None else 2] += 1
    lines = ["field\tfaults\ttruth among the OCR words\ttruth not among them\tfalse readings"]
    lines += ["\t".join([field, *map(str, row)]) for field, row in sorted(counts.items(), key=lambda row: -row[1][0])]
    return "\n".join(lines)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _quoted(text: str | None) -> str:
    return "–" if text is None else " ".join(text.split())
