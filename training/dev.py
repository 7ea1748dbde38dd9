"""Looks at held-out documents: the student's readings, decoded as the product decodes them, scored by ANLS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from extractor.evaluation import Report, evaluate
from extractor.student.artifact import Manifest
from extractor.student.decoder import decode
from extractor.student.encoder import ENCODER_VERSION
from extractor.student.runtime import Answers, answers_of
from extractor.task import Task
from extractor.truth import Truth, truth_of_label
from extractor.types import Extraction
from training.augment import Sample, plain
from training.corpus import Example
from training.outputs import Exported, output_names
from training.students.base import Student

BATCH = 8


def manifest_of(student: Student, task: Task, name: str = "student") -> Manifest:
    """How the answers of a student that is not exported yet are to be decoded."""
    heads = student.heads
    return Manifest(
        name=name,
        encoder_version=ENCODER_VERSION,
        spans=tuple(heads.spans),
        inferred={field: tuple(kinds) for field, kinds in heads.inferred.items()},
        parts=tuple(heads.parts),
        types={field: task.by_name[field].type for field in heads.spans if field in task.by_name},
        positive=tuple(each.name for each in task.fields if each.positive),
    )


@torch.no_grad()
def answer(student: Student, samples: Sequence[Sample], *, bf16: bool = False) -> list[Answers]:
    """The student's answers as the exported model would give them."""
    model: nn.Module = Exported(student)
    device = next(student.parameters()).device
    inputs = {name: tensor.to(device) for name, tensor in student.collate(samples).items()}
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        outputs = model(*inputs.values())
    named = {
        name: np.asarray(output.float().cpu().numpy())
        for name, output in zip(output_names(student), outputs, strict=True)
    }
    return [answers_of(named, row, len(sample.encoded)) for row, sample in enumerate(samples)]


def read_all(student: Student, examples: Iterable[Example], task: Task, *, bf16: bool = False) -> dict[str, Extraction]:
    """What the student reads of prepared documents, by name, with its own probabilities as confidences."""
    was_training = student.training
    student.eval()  # type: ignore[no-untyped-call]
    manifest = manifest_of(student, task)
    waiting = sorted(examples, key=lambda example: len(example.tokens))
    records: dict[str, Extraction] = {}
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        given = answer(student, [plain(each) for each in batch], bf16=bf16)
        for example, answers in zip(batch, given, strict=True):
            records[example.name] = record_of(example, answers, manifest)
    student.train(was_training)
    return records


def record_of(example: Example, answers: Answers, manifest: Manifest) -> Extraction:
    receipt, warnings = decode(example.tokens, answers, manifest)
    return Extraction(file=f"{example.name}.jpg", sha256="", status="ok", pages=1, receipt=receipt, warnings=warnings)


def truths_of(examples: Iterable[Example], task: Task) -> dict[str, Truth]:
    """What the labels of examples say."""
    return {example.name: truth_of_label(dict(example.label), task) for example in examples}


def look(
    student: Student,
    held: Mapping[str, Sequence[Example]],
    task: Task,
    limit: int | None = None,
    *,
    bf16: bool = False,
) -> dict[str, float]:
    """Figures of dev by source: `SOURCE.FIELD` ANLS (accuracy for inferred fields), `SOURCE.mean` over all values,
    `SOURCE.items` ANLS*, and `mean` over the sources."""
    found: dict[str, float] = {}
    means = []
    for source, examples in held.items():
        chosen = list(examples[:limit])
        records = read_all(student, chosen, task, bf16=bf16)
        report = evaluate(records.values(), truths_of(chosen, task))
        figures = summary(report)
        means.append(figures["mean"])
        found |= {f"{source}.{name}": round(value, 4) for name, value in figures.items()}
    if means:
        found["mean"] = round(float(np.mean(means)), 4)
    return found


def summary(report: Report) -> dict[str, float]:
    """ANLS by field (a date as printed, where that is known), their mean over all values, and the items' ANLS*."""
    twice = {f"{score.field}_iso" for score in report.fields}
    scored: list[Any] = [score for score in report.fields if score.anls is not None and score.field not in twice]
    figures = {score.field: score.anls for score in scored}
    number = sum(score.n for score in scored)
    figures["mean"] = sum(score.anls * score.n for score in scored) / number if number else 0.0
    if report.line_items is not None and report.line_items.anls is not None:
        figures["items"] = report.line_items.anls
    return figures
