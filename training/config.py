"""A training run as data: one YAML file, every key known, every value checked.

YAML names things, it never holds code. `load` applies `key=value` overrides with dotted keys.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.errors import UsageError
from extractor.types import INFERRED_FIELDS, SPAN_FIELDS


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Section):
    """One folder of pictures with the labels a teacher wrote for them."""

    name: str
    pictures: Path
    labels: Path
    weight: float = Field(default=1.0, gt=0, description="how often a document is drawn, against the other sources")
    terms: str = Field(default="", description="a sentence for the model card: whose documents, under what terms")


class Data(_Section):
    sources: tuple[Source, ...] = Field(min_length=1)
    ocr: Literal["rapidocr", "tesseract", "auto"] = "rapidocr"
    ocr_cache: Path | None = Field(default=None, description="default: the user's cache folder")
    limit: int | None = Field(
        default=None, description="at most this many documents a split and source, for a quick look"
    )


class StudentSizes(_Section):
    kind: Literal["compact"] = "compact"
    hidden: int = 256
    layers: int = 6
    heads: int = 8
    spelling: int = 128
    pointer: int = 16
    dropout: float = Field(default=0.1, ge=0, lt=1)
    initial: Path | None = Field(default=None, description="a saved student to start from")
    backbone: str | None = Field(
        default=None,
        description="a pretrained text encoder of transformers, by local path or hub name, in place of own layers; "
        "it gives the width, and must take inputs_embeds (BERT, RoBERTa, MiniLM and the like)",
    )


class Losses(_Section):
    """Weights of the parts of the loss."""

    spans: float = 1.0
    inferred: float = 0.5
    tags: float = 2.0
    begins: float = 1.0
    smoothing: float = Field(default=0.05, ge=0, lt=1, description="label smoothing of the inferred fields")


class Augmentation(_Section):
    """How training documents are varied; each is a chance, a share or a size."""

    misread: float = Field(default=0.03, description="chance that a word has a letter misread")
    forget: float = Field(default=0.06, description="chance that a word's spelling is hidden")
    digits: float = Field(default=0.5, description="chance that numbers of a document are written anew")
    drop_rows: float = Field(default=0.3, description="chance that some rows of a document are lost")
    drop_words: float = Field(default=0.01, description="chance that a word is lost")
    stretch: float = Field(default=0.08, description="how far places are scaled, shifted and slanted")
    picture_off: float = Field(default=0.2, description="chance that the picture is hidden")
    picture_noise: float = Field(default=0.3, description="how far brightness, contrast and noise vary")


class Optimiser(_Section):
    rate: float = 6e-4
    decay: float = 0.05
    warmup: float = Field(default=0.08, description="share of the steps")
    clip: float = 1.0
    batch: int = 8
    epochs: float = 30
    average: float = Field(default=0.998, description="decay of the averaged weights that are kept")


class Run(_Section):
    """A whole training run."""

    name: str
    seed: int = 1
    spans: tuple[str, ...] = SPAN_FIELDS
    longest: dict[str, int] = Field(
        default_factory=lambda: {"merchant_address": 64, "merchant_name": 20},
        description="the most tokens a field may take; 12 where nothing is said",
    )
    inferred: tuple[str, ...] = INFERRED_FIELDS
    data: Data
    student: StudentSizes = StudentSizes()
    losses: Losses = Losses()
    augmentation: Augmentation = Augmentation()
    optimiser: Optimiser = Optimiser()
    precision: Literal["fp32", "bf16"] = "bf16"
    processes: int = Field(default=1, ge=1, description="data-parallel processes on this machine")
    threads: int = Field(default=1, ge=1, description="threads a process")
    evaluate_every: int = Field(default=5, description="epochs between looks at dev")
    output: Path = Path("runs")
    limits: str = Field(
        default="", description="a sentence for the model card: where the student should not be trusted"
    )

    def longest_of(self, field: str) -> int:
        return self.longest.get(field, 12)


def load(path: Path, overrides: Sequence[str] = ()) -> Run:
    """The run that a file declares, with `dotted.key=value` overrides. Raises UsageError naming what is wrong."""
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UsageError(f"The configuration {path} can't be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {path} is not valid YAML: {error}") from error
    if not isinstance(declared, dict):
        raise UsageError(f"The configuration {path} must hold keys and values.")
    for override in overrides:
        _apply(declared, override)
    return parse(declared)


def parse(declared: dict[str, Any]) -> Run:
    """The run of plain data. Raises UsageError naming what is wrong, and the nearest known key of an unknown one."""
    try:
        return Run.model_validate(declared)
    except ValidationError as error:
        problems = [_problem(problem) for problem in error.errors()]
        raise UsageError("The configuration is not valid: " + "; ".join(problems) + ".") from error


def _problem(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        return f"{place}: {problem['msg']}"
    near = difflib.get_close_matches(str(problem["loc"][-1]), _known_keys(), n=1)
    return f"{place} is not a known key" + (f" (did you mean {near[0]}?)" if near else "")


def _known_keys() -> list[str]:
    sections = (Run, Data, Source, StudentSizes, Losses, Augmentation, Optimiser)
    return sorted({key for section in sections for key in section.model_fields})


def _apply(declared: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"'{override}' is not an override.", hint="Write key=value, for instance optimiser.epochs=10.")
    *path, last = key.split(".")
    section = declared
    for part in path:
        section = section.setdefault(part, {})
        if not isinstance(section, dict):
            raise UsageError(f"{key}: {part} holds no keys.")
    try:
        section[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"'{override}' is not an override: its value is not valid YAML.") from error
