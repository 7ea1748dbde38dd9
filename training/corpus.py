"""Documents with labels, ready to learn from: pictures read by the OCR (or its cache), labels laid over the words."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.errors import UsageError
from extractor.loading import load
from extractor.ocr import build_engine, default_cache_folder, read_page
from extractor.student.encoder import Token, picture, tokenize
from extractor.truth import split_of
from training.alignment import SpanTarget, align
from training.config import Data, Source
from training.items import ItemTarget, align_items


@dataclass(frozen=True)
class Example:
    """One labelled document. `pictures` holds one small grey page a page; `classes` the inferred fields' values."""

    name: str
    source: str
    weight: float
    tokens: tuple[Token, ...]
    pictures: tuple[npt.NDArray[np.uint8], ...]
    spans: dict[str, SpanTarget]
    items: ItemTarget
    label: Mapping[str, Any]


def labelled(source: Source) -> Iterator[tuple[Path, dict[str, Any]]]:
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
            yield pictures[label["id"]], label


def read_examples(data: Data, spans: Sequence[str], *, dev: bool) -> list[Example]:
    """All examples of a split, in the order of their labels. Documents without a single word are left out."""
    engine = build_engine(data.ocr, cache=data.ocr_cache or default_cache_folder())
    examples: list[Example] = []
    for source in data.sources:
        chosen = [(path, label) for path, label in labelled(source) if (split_of(label["id"]) == "dev") == dev]
        for path, label in chosen[: data.limit]:
            with load(path) as document:
                pages = [read_page(page, engine)[0] for page in document.pages()]
            tokens = tokenize(pages)
            if tokens:
                examples.append(
                    Example(
                        label["id"],
                        source.name,
                        source.weight,
                        tokens,
                        tuple(picture(page) for page in pages),
                        align(tokens, label, spans),
                        align_items(tokens, label),
                        label,
                    )
                )
    return examples


def classes(examples: Sequence[Example], fields: Sequence[str], least: int = 3) -> dict[str, list[str]]:
    """The values each inferred field may take: those seen at least `least` times, most frequent first; "" is none,
    and the only one where nothing was seen often enough."""
    kinds = {}
    for field in fields:
        counts = Counter(str(example.label.get(field) or "") for example in examples)
        kinds[field] = [value for value, count in counts.most_common() if count >= least or value == ""] or [""]
    return kinds


def epochs(examples: Sequence[Example], seed: int) -> Iterator[list[Example]]:
    """Endless epochs: each a fresh order in which every document stands as often as its source weighs, on average."""
    number = 0
    while True:
        draw = random.Random(f"{seed}/{number}")
        chosen = []
        for example in examples:
            whole = int(example.weight)
            chosen += [example] * (whole + (draw.random() < example.weight - whole))
        draw.shuffle(chosen)
        yield chosen
        number += 1
