"""The documents that a study learns from and is measured on, and the label files that its arms are given.

An arm's files hold train documents alone and are learnt from whole: of dev, an arm is told nothing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.normalize.dates import parse_date
from extractor.truth import Truth, decimal, load_truths, truth_of_label
from training.corpus import in_split, labelled
from training.study.noise import Label, corrupt
from training.study.plan import Study


@dataclass(frozen=True)
class Documents:
    """The labels of one source, by split, in the order of its file; `truth` holds its ground truth, empty where it has
    none; `pictures` the picture of each dev document."""

    train: tuple[Label, ...]
    dev: tuple[Label, ...]
    truth: Mapping[str, Truth]
    pictures: Mapping[str, Path]


def read_documents(study: Study) -> dict[str, Documents]:
    """The documents of each labelled source. Raises UsageError where files are missing or a split is empty."""
    found = {}
    limit = study.run.data.limit
    for name, source in study.sources.items():
        listed = list(labelled(source))
        train = [label for _, label in listed if in_split(source, label["id"], "train")][:limit]
        dev = [(path, label) for path, label in listed if in_split(source, label["id"], "dev")][:limit]
        if not train or not dev:
            raise UsageError(
                f"The source {name} has no documents in {'dev' if train else 'train'}.",
                hint="Every document whose number is divisible by 5 is dev, the others are train; keep hold_out: true.",
            )
        path = study.plan.ground_truth.get(name)
        truth = load_truths(path, study.run.schema_of_task) if path else {}
        pictures = {label["id"]: path for path, label in dev}
        found[name] = Documents(tuple(train), tuple(label for _, label in dev), truth, pictures)
    return found


def dev_truths(study: Study, documents: Mapping[str, Documents]) -> dict[str, dict[str, Truth]]:
    """What dev is measured against: the teacher's labels, and over them the ground truth where a source has it."""
    task = study.run.schema_of_task
    truths: dict[str, dict[str, Truth]] = {}
    for name, each in documents.items():
        truths[name] = {}
        for label in each.dev:
            taught = truth_of_label(label, task)
            ground = each.truth.get(taught.id)
            fields = {**taught.fields, **ground.fields} if ground else dict(taught.fields)
            # Items are not part of the study; a field without a value can't be scored by ANLS.
            kept = {field: value for field, value in fields.items() if value is not None}
            truths[name][taught.id] = Truth(taught.id, kept, None, taught.amounts, taught.dates)
    return truths


@dataclass(frozen=True)
class Labels:
    """Which labels an arm is given: of which sources (all if none), how many in all, by the teacher or with the ground
    truth in its place where there is one, which fields alone (all if none), spoilt to which share."""

    sources: tuple[str, ...] = ()
    count: int | None = None
    truth: bool = False
    fields: tuple[str, ...] = ()
    noise: float = 0.0


def chosen(labels: Labels, documents: Mapping[str, Documents], study: Study, seed: int) -> dict[str, list[Label]]:
    """The labels of an arm by source. With one seed, fewer labels are a part of more."""
    task = study.run.schema_of_task
    found: dict[str, list[Label]] = {}
    for name, each in documents.items():
        if labels.sources and name not in labels.sources:
            continue
        mine: Sequence[Label] = each.train
        if labels.truth and each.truth:
            mine = [label_of_truth(each.truth[label["id"]]) for label in mine if label["id"] in each.truth]
        if labels.noise:
            mine = corrupt(mine, labels.noise, seed, task)
        found[name] = [_narrowed(label, labels.fields) for label in mine]
    return found if labels.count is None else _part(found, labels.count, seed)


def label_of_truth(truth: Truth) -> Label:
    """A ground truth as a label; a field that it doesn't hold is not known, which is not the same as "none"."""
    label: Label = {"id": truth.id}
    for name, value in truth.fields.items():
        if name in truth.dates:
            day = parse_date(value or "", None)
            label |= {f"{name}_text": value, name: day.isoformat() if day else None}
        elif name in truth.amounts and value is not None and decimal(value) is None:
            continue
        else:
            label[name] = value
    return label


def write_labels(folder: Path, source: str, labels: Sequence[Label]) -> Path:
    """A label file named by what it holds: the same labels are the same file, and prepared once."""
    text = "".join(json.dumps(label, ensure_ascii=False) + "\n" for label in labels)
    path = folder / f"{source}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.jsonl"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".part")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    return path


def _narrowed(label: Label, fields: Sequence[str]) -> Label:
    if not fields:
        return label
    kept = {"id", *fields, *(f"{name}_text" for name in fields)}
    return {name: value for name, value in label.items() if name in kept}


def _part(found: Mapping[str, list[Label]], count: int, seed: int) -> dict[str, list[Label]]:
    def order(entry: tuple[str, Any]) -> tuple[int, str, str]:
        source, label = entry
        return zlib.crc32(f"{seed}/{source}/{label['id']}".encode()), source, label["id"]

    pooled = sorted(((source, label) for source, labels in found.items() for label in labels), key=order)
    kept = {(source, label["id"]) for source, label in pooled[:count]}
    return {
        source: mine
        for source, labels in found.items()
        if (mine := [label for label in labels if (source, label["id"]) in kept])
    }
