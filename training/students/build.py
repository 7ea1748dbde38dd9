"""From a configuration to a student: its own layers at random, a saved student, or a pretrained encoder's layers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from extractor.errors import UsageError
from extractor.student.layout_inputs import LayoutReader
from extractor.types import ITEM_PARTS
from training.config import Run
from training.model import CompactConfig, CompactStudent
from training.registry import Registry
from training.students.base import Student
from training.students.layout import LayoutConfig, LayoutStudent, settings_for, tokenizer_of, without_pooler

Classes = Mapping[str, Sequence[str]]
"""The classes of inferred fields."""


@dataclass(frozen=True)
class Kind:
    """How a kind of student is built from a run, and which class it is saved as."""

    build: Callable[[Run, Classes], Student]
    saved: type[Student]


STUDENTS: Registry[Kind] = Registry("kind of student")
"""By the name that a configuration gives as student.kind."""


def build_student(run: Run, inferred: Classes) -> Student:
    """A student of the configured kind and sizes; `inferred` holds the classes of inferred fields.

    Raises UsageError where weights that are asked for can't be loaded.
    """
    if run.student.initial is not None:
        return load_student(run.student.initial)
    return STUDENTS[run.student.kind].build(run, inferred)


def load_student(folder: Path) -> Student:
    """A saved student of any kind. Raises UsageError where the folder holds none."""
    try:
        declared = json.loads((folder / "config.json").read_bytes())
        kinds = {str(_config_class(STUDENTS[name].saved).model_type): STUDENTS[name].saved for name in STUDENTS}
        student: Student = kinds[declared["model_type"]].from_pretrained(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{folder} holds no trained student ({type(error).__name__}).",
            hint="Give the `student` folder of a run of `tailor train`.",
        ) from error
    return student


def backbone_type(name: str) -> str:
    """The `model_type` of a backbone, by its path or hub name. Raises UsageError where it can't be read."""
    from transformers import AutoConfig

    try:
        return str(AutoConfig.from_pretrained(name).model_type)
    except (OSError, ValueError) as error:
        raise _unloadable(name, error) from error


def _config_class(kind: type[Student]) -> Any:
    return kind.config_class


def _answers(run: Run, inferred: Classes) -> dict[str, Any]:
    """What a student of this run answers, as configurations of students have it."""
    task = run.schema_of_task
    return {
        "spans": list(task.spans),
        "longest": [task.by_name[name].longest for name in task.spans],
        "inferred": {name: list(kinds) for name, kinds in inferred.items()},
        "parts": list(ITEM_PARTS),
    }


def _compact(run: Run, inferred: Classes) -> CompactStudent:
    sizes = run.student
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
            **_answers(run, inferred),
            body=backbone.config.to_dict() if backbone else None,
        )
    )
    if backbone is not None and student.body is not None:
        student.body.load_state_dict(backbone.state_dict())
    return student


def _layout(run: Run, inferred: Classes) -> LayoutStudent:
    sizes = run.student
    assert sizes.backbone is not None, "the configuration checks it"
    backbone = without_pooler(_backbone(sizes.backbone))
    tokenizer = _tokenizer(sizes.backbone)
    reading = settings_for(backbone.config, tokenizer, picture=sizes.picture, pooling=sizes.pooling)
    student = LayoutStudent(
        LayoutConfig(
            body=backbone.config.to_dict(),
            reading=reading.model_dump(),
            pointer=sizes.pointer,
            dropout=sizes.dropout,
            **_normalisation(sizes.backbone) if reading.picture else {},
            **_answers(run, inferred),
        ),
        LayoutReader(reading, tokenizer_of(tokenizer)),
    )
    student.body.load_state_dict(backbone.state_dict())
    return student


STUDENTS.register("compact")(Kind(_compact, CompactStudent))
STUDENTS.register("layout")(Kind(_layout, LayoutStudent))


def _backbone(name: str) -> Any:
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise _unloadable(name, error) from error


def _tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError, ImportError) as error:
        raise _unloadable(f"{name} (its tokenizer)", error) from error
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise UsageError(
            f"The tokenizer of {name} is not a fast one, and can't be used at run time.",
            hint="Save it with a tokenizer.json, as AutoTokenizer's fast tokenizers do.",
        )
    return tokenizer


def _normalisation(name: str) -> dict[str, Any]:
    """The mean and the deviation of pictures that the backbone was made for; one half each where nothing is said."""
    from transformers import AutoImageProcessor

    try:
        given: Any = AutoImageProcessor.from_pretrained(name)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, ImportError):
        return {}
    # The pictures are grey: the three colours are taken together.
    mean, deviation = getattr(given, "image_mean", None), getattr(given, "image_std", None)
    if not mean or not deviation:
        return {}
    return {"mean": float(sum(mean) / len(mean)), "deviation": float(sum(deviation) / len(deviation))}


def _unloadable(name: str, error: Exception) -> UsageError:
    return UsageError(
        f"The backbone {name} can't be loaded ({type(error).__name__}).",
        hint="Give a local folder of transformers weights, or a hub name where the hub can be reached.",
    )
