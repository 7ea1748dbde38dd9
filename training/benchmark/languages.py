"""Receipts in languages that no real document behind the student has, rendered and read from their pictures.

Two groups, both on templates that training never sees: `taught`, languages that the real receipts lack and synthetic
training has; `held out`, languages that synthetic training lacks as well. Of the taught ones, those whose script
RapidOCR's model reads.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from extractor.evaluation import Report, evaluate
from extractor.ocr import default_cache_folder
from extractor.truth import Truth, truth_of_label
from extractor.types import INFERRED_FIELDS, Extraction
from training.benchmark import errors
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader
from training.benchmark.report import Figure
from training.synthetic.generate import generate
from training.synthetic.locales import HELD_OUT_LANGUAGES, LOCALES
from training.synthetic.sheet import Synthetic
from training.synthetic.source import rendered

SEED = "unseen-language"
"""Not a seed that training uses: those are numbers."""
READ_SCRIPTS = ("latin", "cjk")
ASKED_FIELDS = ("total", "date")


@dataclass(frozen=True)
class Group:
    """Some languages, each with how many real receipts behind the student are in it."""

    name: str
    languages: Mapping[str, int]


def groups(corpora: Iterable[Corpus]) -> list[Group]:
    """`taught` and `held out`, the languages in order of their codes."""
    real: Counter[str] = Counter()
    for corpus in corpora:
        real.update(languages_of(corpus.labels))
    taught = {
        found.language
        for found in LOCALES.values()
        if found.language not in HELD_OUT_LANGUAGES and not real[found.language] and found.script in READ_SCRIPTS
    }
    return [
        Group("taught", {language: real[language] for language in sorted(taught)}),
        Group("held out", {language: real[language] for language in sorted(HELD_OUT_LANGUAGES)}),
    ]


def languages_of(labels: Path) -> list[str]:
    """The language of each labelled document that has one."""
    with labels.open(encoding="utf-8") as lines:
        found = [json.loads(line).get("language") for line in lines if line.strip()]
    return [language for language in found if language]


def documents(group: Group, count: int) -> list[tuple[str, Synthetic]]:
    """`count` documents of a group with their languages, the languages taking turns; always the same ones."""
    made = []
    languages = list(group.languages)
    for number in range(count):
        language = languages[number % len(languages)]
        locales = [name for name, found in LOCALES.items() if found.language == language]
        made.append((language, generate(f"{SEED}-{language}-{number}", locales, held_out=True)))
    return made


def picture_of(document: Synthetic, folder: Path) -> Path:
    """The file that shows a document as a telephone or scanner might have taken it; drawn once, then kept in `folder`.

    Its name holds a digest of the words and the label, so that a change of the generator gives another file.
    """
    content = json.dumps([[word.text for word in document.words], dict(document.label)], ensure_ascii=False)
    path = folder / f"{document.id}-{hashlib.sha256(content.encode()).hexdigest()[:12]}.tiff"
    if not path.exists():
        pages = [Image.fromarray(page) for page in rendered(document, document.id)]
        folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        pages[0].save(beside, format="TIFF", compression="tiff_deflate", save_all=True, append_images=pages[1:])
        beside.replace(path)
    return path


def figures(corpora: Iterable[Corpus], reader: Reader, count: int = 100) -> list[Figure]:
    """Figures of both groups, `count` documents each."""
    folder = (reader.cache or default_cache_folder()).parent / "rendered"
    made: list[Figure] = []
    for group in groups(corpora):
        if not group.languages:
            continue
        told = documents(group, count)
        drawn = reader.progress(told, len(told), f"drawing, {group.name}")
        paths = {document.id: picture_of(document, folder) for _, document in drawn}
        name = f"languages-{group.name.replace(' ', '-')}"
        records = reader.read(list(paths.values()), name)
        truths = {
            path.stem: _truth(path.stem, document) for (_, document), path in zip(told, paths.values(), strict=True)
        }
        spoken = {path.stem: language for (language, _), path in zip(told, paths.values(), strict=True)}
        made += describe(group, records, truths, spoken, reader.cache)
    return made


def describe(
    group: Group,
    records: Mapping[str, Extraction],
    truths: Mapping[str, Truth],
    spoken: Mapping[str, str],
    cache: Path | None,
) -> list[Figure]:
    """Total and date of a group, then of each of its languages, then every other field of the group."""
    title = f"unseen languages, {group.name}"
    report = evaluate(records.values(), truths)
    made = [
        _figure(f"{title}, {field}, ANLS", report, field, _blame(records, truths, field, cache))
        for field in ASKED_FIELDS
    ]
    for language, real in group.languages.items():
        mine = {key: truth for key, truth in truths.items() if spoken[key] == language}
        if not mine:
            continue
        part = evaluate(records.values(), mine)
        note = f"{real} real receipts are in it" if real else ""
        made += [_figure(f"{title}, {language}, {field}, ANLS", part, field, note) for field in ASKED_FIELDS]
    others = [score.field for score in report.fields if score.field not in (*ASKED_FIELDS, "date_iso")]
    made += [_figure(f"{title}, {field}, {_kind(field)}", report, field) for field in others]
    if report.line_items is not None:
        made.append(Figure(f"{title}, line items, ANLS*", report.line_items.anls, n=report.line_items.n))
    return made


def _truth(identifier: str, document: Synthetic) -> Truth:
    return truth_of_label({**document.label, "id": identifier})


def _kind(field: str) -> str:
    return "accuracy" if field in INFERRED_FIELDS else "ANLS"


def _figure(name: str, report: Report, field: str, note: str = "") -> Figure:
    scores = [score for score in report.fields if score.field == field]
    if not scores or not scores[0].n:
        return Figure(name, None, note="no document has it")
    score = scores[0]
    measured = score.exact if field in INFERRED_FIELDS else score.anls
    exact = "" if field in INFERRED_FIELDS else f"exact {score.exact:.3f}"
    return Figure(name, measured, n=score.n, note="; ".join(part for part in (exact, note) if part))


def _blame(records: Mapping[str, Extraction], truths: Mapping[str, Truth], field: str, cache: Path | None) -> str:
    """Whose the faults of a field are, in words."""
    narrow = {key: Truth(key, {field: truth.fields.get(field)}) for key, truth in truths.items()}
    found = errors.faults(records, narrow)
    found = errors.blamed(found, lambda key: errors.ocr_text(records[key], cache))
    whose = Counter({True: "the student's", False: "the OCR's", None: "false readings"}[each.in_ocr] for each in found)
    return _counted(len(found), whose)


def _counted(faults: int, whose: Mapping[str, int]) -> str:
    parts: Sequence[str] = [f"{count} {name}" for name, count in sorted(whose.items())]
    return f"{faults} faults: {', '.join(parts)}" if parts else "no faults"
