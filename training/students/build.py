"""From a configuration to a student: its own layers at random, a saved student, or a pretrained encoder's layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from extractor.errors import UsageError
from extractor.types import ITEM_PARTS
from training.config import Run
from training.model import CompactConfig, CompactStudent
from training.students.base import Student


def build_student(run: Run, inferred: Mapping[str, Sequence[str]]) -> Student:
    """A student of the configured kind and sizes; `inferred` holds the classes of inferred fields.

    Raises UsageError where weights that are asked for can't be loaded.
    """
    if run.student.initial is not None:
        return load_student(run.student.initial)
    return _compact(run, inferred)


def _compact(run: Run, inferred: Mapping[str, Sequence[str]]) -> CompactStudent:
    sizes, task = run.student, run.schema_of_task
    backbone = _backbone(sizes.backbone) if sizes.backbone else None
    student = CompactStudent(
        CompactConfig(
            hidden=backbone.config.hidden_size if backbone else sizes.hidden,
            layers=sizes.layers,
            heads=sizes.heads,
            spelling=sizes.spelling,
            pointer=sizes.pointer,
            dropout=sizes.dropout,
            picture=sizes.picture,
            layout=sizes.layout,
            spans=list(task.spans),
            longest=[task.by_name[name].longest for name in task.spans],
            inferred={name: list(kinds) for name, kinds in inferred.items()},
            parts=list(ITEM_PARTS),
            body=backbone.config.to_dict() if backbone else None,
        )
    )
    if backbone is not None and student.body is not None:
        student.body.load_state_dict(backbone.state_dict())
    return student


def _backbone(name: str) -> Any:
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The backbone {name} can't be loaded ({type(error).__name__}).",
            hint="Give a local folder of transformers weights, or a hub name where the hub can be reached.",
        ) from error


def load_student(folder: Path) -> Student:
    """A saved student. Raises UsageError where the folder holds none."""
    try:
        student: Student = CompactStudent.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder} holds no trained student ({type(error).__name__}).",
            hint="Give the `student` folder of a run of `tailor train`.",
        ) from error
    return student
