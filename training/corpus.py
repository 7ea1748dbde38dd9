"""Documents with labels, ready to learn from: pictures read by the OCR (or its cache), labels laid over the words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from extractor.errors import UsageError
from extractor.loading import load
from extractor.ocr import OcrEngine, read_page
from extractor.student.encoder import Token, picture, tokenize
from extractor.task import Task
from extractor.truth import split_of
from training.alignment import SpanTarget, align
from training.config import LabelledSource
from training.items import ItemTarget, align_items

Split = Literal["train", "dev"]


@dataclass(frozen=True)
class Example:
    """One labelled document. `pictures` holds one small grey page a page; `label` what the teacher said, with its
    inferred fields."""

    name: str
    source: str
    tokens: tuple[Token, ...]
    pictures: tuple[npt.NDArray[np.uint8], ...]
    spans: dict[str, SpanTarget]
    items: ItemTarget
    label: Mapping[str, Any]


def labelled(source: LabelledSource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The pictures of a source that have a label, with it. Raises UsageError where a file is missing or broken."""
    try:
        # Not splitlines: it also splits at signs that JSON allows inside a string.
        lines = source.labels.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"The labels {source.labels} can't be read ({reason}).") from error
    pictures = {path.stem: path for path in sorted(source.pictures.iterdir())} if source.pictures.is_dir() else {}
    if not pictures:
        raise UsageError(f"The folder {source.pictures} holds no pictures.")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            label = json.loads(line)
        except ValueError as error:
            raise UsageError(f"Line {number} of {source.labels} is not JSON.") from error
        if not isinstance(label, dict):
            raise UsageError(f"Line {number} of {source.labels} is no label: it holds no keys and values.")
        if label.get("id") in pictures:
            yield pictures[label["id"]], _believed(label, source.trusted_above)


def _believed(label: dict[str, Any], above: float) -> dict[str, Any]:
    """A label in which values that are trusted less than this count nothing."""
    trust = label.get("trust")
    if not above or not isinstance(trust, dict):
        return label
    return {**label, "trust": {name: share if share >= above else 0.0 for name, share in trust.items()}}


def in_split(source: LabelledSource, identifier: str, split: Split) -> bool:
    """Whether a document belongs to a split of its source. A source that holds nothing out has all in train."""
    if not source.hold_out:
        return split == "train"
    return split_of(identifier) == split


def read_examples(
    source: LabelledSource, split: Split, engine: OcrEngine, task: Task, limit: int | None = None
) -> Iterator[Example]:
    """The examples of a split, in the order of their labels. Documents without a single word are left out."""
    chosen = [(path, label) for path, label in labelled(source) if in_split(source, label["id"], split)]
    for path, label in chosen[:limit]:
        made = read_example(path, label, engine, task, source.name)
        if made is not None:
            yield made


def read_example(path: Path, label: Mapping[str, Any], engine: OcrEngine, task: Task, source: str) -> Example | None:
    with load(path) as document:
        pages = [read_page(page, engine)[0] for page in document.pages()]
    tokens = tokenize(pages)
    if not tokens:
        return None
    return Example(
        label["id"],
        source,
        tokens,
        tuple(picture(page) for page in pages),
        align(tokens, label, task),
        align_items(tokens, label),
        label,
    )


def classes(labels: Iterable[Mapping[str, Any]], task: Task, least: int = 3) -> dict[str, list[str]]:
    """The values each inferred field may take, out of labels: those seen at least `least` times, most frequent first;
    "" is none, and the only one where nothing was seen often enough."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in task.inferred}
    for label in labels:
        for field, counted in counts.items():
            if field in label:
                counted[str(label[field] or "")] += 1
    return {
        field: [value for value, count in counted.most_common() if count >= least or value == ""] or [""]
        for field, counted in counts.items()
    }
