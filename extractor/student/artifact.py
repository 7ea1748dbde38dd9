"""The artifact folder: what training hands to the run time. model.onnx, manifest.json, MODEL_CARD.md."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from extractor.errors import BadModel
from extractor.student.encoder import ENCODER_VERSION
from extractor.student.layout_inputs import TOKENIZER_FILE, LayoutSettings
from extractor.task import RECEIPTS, FieldType

WEIGHTS = Path(__file__).parent / "weights"
"""The models inside the package, a folder each, known by its name."""
DEFAULT_NAME = "compact"
DEFAULT_MODEL = WEIGHTS / DEFAULT_NAME
MODEL_FILE = "model.onnx"
MANIFEST_FILE = "manifest.json"
FIGURES_FILE = "figures.json"
"""Where a shipped model keeps what `tailor benchmark distil --json` measured of it: a list of figures."""

SUREST = 1e-4
"""Probabilities are held this far from 0 and 1 before a calibration is fitted or used."""


class Calibration(BaseModel):
    """Platt scaling: confidence = sigmoid(slope · logit(p) + intercept), fitted on dev (Platt 1999)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, probability: float) -> float:
        inside = min(max(probability, SUREST), 1.0 - SUREST)
        return 1.0 / (1.0 + math.exp(-(self.slope * math.log(inside / (1.0 - inside)) + self.intercept)))


class Manifest(BaseModel):
    """What the model answers and how its answers are to be read.

    `spans` fields found as spans, in the order of the model's outputs; `inferred` the classes of each inferred field
    ("" is none); `parts` the tags of line items after "none"; `answer_above` how probable it must be that a field is
    there to answer it (0.5 where nothing is said); `calibration` per field, from decoding probability to confidence;
    `types` how each field's value is read (as the shipped task has it where nothing is said), `positive` the amounts
    reported without their sign. `kind` says how the inputs are made: by the encoder alone, or with the sub-words of a
    tokenizer that lies beside the model, as `layout` has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["compact", "layout"] = "compact"
    layout: LayoutSettings | None = None
    encoder_version: int
    spans: tuple[str, ...]
    inferred: dict[str, tuple[str, ...]]
    parts: tuple[str, ...]
    types: dict[str, FieldType] = {}
    positive: tuple[str, ...] = ("discount",)
    answer_above: dict[str, float] = {}
    calibration: dict[str, Calibration] = {}
    precision: str = "fp32"
    config_hash: str = ""
    evaluation: dict[str, float] = {}
    licences: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Manifest:
        if (self.kind == "layout") != (self.layout is not None):
            raise ValueError("a model of the kind layout says how it is read, and no other does")
        return self

    def type_of(self, field: str) -> FieldType:
        return self.types.get(field) or RECEIPTS.types.get(field, "text")


def find_model(name_or_path: str | Path | None) -> Path:
    """The folder of a model: a shipped one by its name ("clear-terms"), any other by its path, the default for None.

    A plain word is a name first; a folder of the same name beside one's feet is meant by "./clear-terms", or by a Path.
    Raises BadModel for a plain word that is neither.
    """
    if name_or_path is None:
        return DEFAULT_MODEL
    if isinstance(name_or_path, str) and not {"/", "\\"} & set(name_or_path):
        names = shipped_models()
        if name_or_path in names:
            return WEIGHTS / name_or_path
        if not Path(name_or_path).is_dir():
            raise BadModel(
                f"There is no model {name_or_path!r}.",
                hint=f"Name one that ships ({', '.join(names)}), or the folder that `tailor export` wrote.",
            )
    return Path(name_or_path)


def shipped_models() -> tuple[str, ...]:
    """The names of the models inside the package, the default first."""
    found = sorted(path.parent.name for path in WEIGHTS.glob(f"*/{MANIFEST_FILE}"))
    return tuple(sorted(found, key=lambda name: name != DEFAULT_NAME))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an artifact folder. Raises BadModel where it is missing, broken or of another encoder."""
    path = folder / MANIFEST_FILE
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadModel(
            f"{folder} is not a Tailor model: {MANIFEST_FILE} can't be read ({error.strerror}).",
            hint="Give the folder that `tailor export` wrote.",
        ) from error
    except ValidationError as error:
        raise BadModel(f"{path} is not a valid manifest: {error.error_count()} entries are wrong.") from error
    if manifest.encoder_version != ENCODER_VERSION:
        raise BadModel(
            f"The model {manifest.name} was made for encoder version {manifest.encoder_version}; "
            f"this Tailor has version {ENCODER_VERSION}.",
            hint="Train and export it anew, or use the Tailor it was made with.",
        )
    return manifest


def model_hash(folder: Path) -> str:
    """The first 12 hex digits of the SHA-256 of the model, its manifest and, where it has one, its tokenizer."""
    digest = hashlib.sha256()
    for name in (MODEL_FILE, MANIFEST_FILE, TOKENIZER_FILE):
        if name != TOKENIZER_FILE or (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]
