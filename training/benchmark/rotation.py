"""What a receipt photographed sideways or upside down costs: the same documents upright and turned."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from extractor.evaluation import Report, evaluate
from extractor.truth import Truth
from extractor.types import Extraction
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader, keep
from training.benchmark.report import Figure

TURNS = (90, 180, 270)
"""Degrees counter-clockwise."""

FIELDS = {"sroie": ("merchant_name", "merchant_address", "date", "total"), "wild": ("date", "total")}


def figures(corpus: Corpus, reader: Reader, limit: int) -> list[Figure]:
    """The points of ANLS that a corpus loses when its dev receipts are turned; at most two may be lost."""
    pictures = corpus.pictures("dev", limit)
    truths = _narrowed(corpus.truths(path.stem for path in pictures), FIELDS[corpus.name])
    upright = reader.read(pictures, f"rotation-{corpus.name}-upright")
    turned = {turn: _read_turned(pictures, turn, reader, corpus.name) for turn in TURNS}
    return describe(corpus.name, upright, turned, truths)


def describe(
    name: str,
    upright: Mapping[str, Extraction],
    turned: Mapping[int, Mapping[str, Extraction]],
    truths: Mapping[str, Truth],
) -> list[Figure]:
    base = evaluate(upright.values(), truths)
    reports = {turn: evaluate(records.values(), truths) for turn, records in turned.items()}
    lost = {turn: 100 * (_anls(base) - _anls(report)) for turn, report in reports.items()}
    documents = len(truths)
    mean = Figure(
        f"{name} dev turned, ANLS lost, mean of {len(lost)} turns",
        float(np.mean(list(lost.values()))),
        2,
        at_most=True,
        unit="points",
        n=documents * len(lost),
        note=f"upright {_anls(base):.4f}",
    )
    each = [
        Figure(
            f"{name} dev turned by {turn}°, ANLS lost",
            points,
            2,
            at_most=True,
            unit="points",
            n=documents,
            note=f"ANLS {_anls(reports[turn]):.4f}",
        )
        for turn, points in lost.items()
    ]
    return [mean, *each]


def turn_picture(path: Path, turn: int, folder: Path) -> Path:
    """A copy of a picture, turned counter-clockwise, kept without loss under the same stem."""
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    target = folder / f"{path.stem}.png"
    Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(upright), turn // 90))).save(target, compress_level=1)
    return target


def _read_turned(pictures: Sequence[Path], turn: int, reader: Reader, name: str) -> dict[str, Extraction]:
    with tempfile.TemporaryDirectory() as scratch:
        copies = [turn_picture(path, turn, Path(scratch)) for path in pictures]
        records = reader.read(copies, f"rotation-{name}-{turn}")
    # The copies are gone: the records name the pictures they were made from.
    originals = {path.stem: str(path) for path in pictures}
    renamed = {key: record.model_copy(update={"file": originals[key]}) for key, record in records.items()}
    return keep(renamed, list(originals), reader.out / f"rotation-{name}-{turn}.jsonl")


def _narrowed(truths: Mapping[str, Truth], fields: Sequence[str]) -> dict[str, Truth]:
    return {
        key: Truth(key, {name: value for name, value in truth.fields.items() if name in fields})
        for key, truth in truths.items()
    }


def _anls(report: Report) -> float:
    return report.anls or 0.0
