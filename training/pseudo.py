"""Self-distillation: a student reads unlabelled documents, and what it is sure of becomes a label.

Pseudo-labels (Lee 2013) behind a confidence filter, in rounds, with a student that is then trained on harder variations
than it read (noisy student, Xie et al. 2020). A pseudo-label has the form of a teacher's: fields that the student was
sure of, with its probability as the trust in each; what it was less sure of is left out, which means "not known", not
"absent". Everything after it (alignment, losses, augmentation) is the same as for a teacher's label.

Probabilities are the student's own. A calibration would be fitted on dev, and dev must teach nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from extractor.errors import UsageError
from extractor.student.runtime import Answers
from extractor.task import Task
from extractor.types import ITEM_PARTS, Receipt
from training.alignment import align
from training.augment import plain
from training.config import Pseudo
from training.corpus import Example
from training.dev import BATCH, answer, manifest_of, record_of
from training.items import align_items
from training.store import Store, key_of, stored
from training.students.base import Student

VERSION = 1
"""Changes with what is made a pseudo-label."""

FOLDER = "pseudo"


def weights_hash(student: Student) -> str:
    """A name for these very weights."""
    digest = hashlib.sha256()
    for name, tensor in student.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:24]


def pseudo_store(
    folder: Path,
    rule: Pseudo,
    student: Student,
    unlabelled: Store | Sequence[Example],
    task: Task,
    *,
    bf16: bool = False,
) -> tuple[str, Store]:
    """The unlabelled documents that the student is sure of something in, with what it is sure of; and the store's key.

    Read once for these documents, these weights and this rule; kept in the run's folder.
    """
    declared = rule.model_dump(mode="json", exclude={"student"})
    names = hashlib.sha256("\n".join(example.name for example in unlabelled).encode()).hexdigest()
    key = key_of("pseudo", VERSION, declared, weights_hash(student), names, task.model_dump(), bf16)
    made = pseudo_examples(student, unlabelled, rule, task, bf16=bf16)
    return key, stored(key, made, folder / FOLDER)


def kept_store(folder: Path, key: str) -> Store:
    """The store that a stage began with, read again when it goes on after a break. The student that read it is no
    more: it can't be made anew in the middle of the stage. Raises UsageError where it is gone."""
    path = folder / FOLDER / f"{key}.arrow"
    if not path.is_file():
        raise UsageError(
            f"The run can't go on: its pseudo-labels {path} are gone.",
            hint="Put them back (every machine of a run needs them), or start the run anew with --fresh.",
        )
    return Store(path)


def told_of(made: Store | Sequence[Example]) -> dict[str, int]:
    """How many documents got a pseudo-label, and how many fields of them are known by it: for the log."""
    known = sum(len(example.label["trust"]) for example in made)
    return {"pseudo_documents": len(made), "pseudo_fields": known}


def pseudo_examples(
    student: Student, unlabelled: Store | Sequence[Example], rule: Pseudo, task: Task, *, bf16: bool = False
) -> Iterator[Example]:
    """Documents with the labels that the student gives them, in their order; those that it is not sure of in anything
    that is on the page are left out."""
    was_training = student.training
    student.eval()  # type: ignore[no-untyped-call]
    manifest = manifest_of(student, task)
    for start in range(0, len(unlabelled), BATCH):
        batch = unlabelled[start : start + BATCH]
        given = answer(student, [plain(each) for each in batch], bf16=bf16)
        for example, answers in zip(batch, given, strict=True):
            receipt = record_of(example, answers, manifest).receipt
            assert receipt is not None, "every document that has words gets a receipt"
            absent = _absent(answers, manifest.spans, manifest.inferred)
            label = pseudo_label(example.name, receipt, absent, answers, rule, task)
            if any(value for name, value in label.items() if name not in ("id", "trust")):
                yield _labelled(example, label, task)
    student.train(was_training)


def _absent(answers: Answers, spans: Sequence[str], inferred: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """How surely each field is not on the document."""
    found = {name: float(answers.absent[at]) for at, name in enumerate(spans)}
    for name, kinds in inferred.items():
        found[name] = float(answers.inferred[name][list(kinds).index("")]) if "" in kinds else 0.0
    return found


def pseudo_label(
    name: str, receipt: Receipt, absent: Mapping[str, float], answers: Answers, rule: Pseudo, task: Task
) -> dict[str, Any]:
    """What the student is sure of, as a teacher would have said it. `trust` holds its probabilities."""
    least = rule.least_confidence
    wanted = set(rule.fields if rule.fields is not None else (*task.names, "line_items"))
    label: dict[str, Any] = {"id": name}
    trust: dict[str, float] = {}
    for spec in task.fields:
        read = receipt.fields.get(spec.name)
        if spec.name not in wanted:
            continue
        if read is not None and read.confidence >= least:
            label[spec.name], trust[spec.name] = read.value, read.confidence
            if spec.type == "date":
                label[f"{spec.name}_text"] = read.text
        elif read is None and rule.absent and absent.get(spec.name, 0.0) >= least:
            label[spec.name], trust[spec.name] = None, round(absent[spec.name], 4)
    if "line_items" in wanted and task.line_items is not None:
        items, sure = _items(receipt, answers)
        if sure >= least and (items or rule.absent):
            label["line_items"], trust["line_items"] = items, round(sure, 4)
    return {**label, "trust": trust}


def _items(receipt: Receipt, answers: Answers) -> tuple[list[list[str | None]], float]:
    """The items read, and how sure the student is of the least sure part; of none: that no item begins anywhere."""
    if not receipt.line_items:
        return [], 1.0 - float(np.max(answers.begins, initial=0.0))
    parts = [[getattr(item, part) for part in ITEM_PARTS] for item in receipt.line_items]
    sure = min((part.confidence for item in parts for part in item if part is not None), default=0.0)
    return [[part.value if part is not None else None for part in item] for item in parts], sure


def _labelled(example: Example, label: dict[str, Any], task: Task) -> Example:
    return replace(
        example,
        label=label,
        spans=align(example.tokens, label, task),
        items=align_items(example.tokens, label),
    )
