"""From a YAML file and overrides to a run. `parse` takes plain data, `load` a file and `key=value` overrides."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from extractor.errors import UsageError
from training.config import (
    Augmentation,
    Data,
    EarlyStop,
    Evaluation,
    Export,
    Generative,
    LabelledSource,
    Optimiser,
    Pseudo,
    Reweight,
    Run,
    Stage,
    StudentChoice,
    SyntheticSource,
    TeacherChoice,
    UnlabelledSource,
)
from training.losses.registry import LOSSES
from training.registry import nearest

STAGE_DEFAULTS: dict[str, Any] = {
    "losses": {"spans": 1.0, "inferred": 0.5, "tags": 2.0, "begins": 1.0},
    "augmentation": {},
    "optimiser": {},
    "frozen": [],
}
"""What every stage has where nothing else is said; the same keys at the top of a file change them for all stages."""

SECTIONS: tuple[type[BaseModel], ...] = (
    Run, Data, LabelledSource, SyntheticSource, StudentChoice, TeacherChoice, Stage, Augmentation, Optimiser, EarlyStop,
    Evaluation, Export, UnlabelledSource, Pseudo, Reweight, Generative,
)  # fmt: skip


def load(path: Path, overrides: Sequence[str] = ()) -> Run:
    """The run that a file declares, with `dotted.key=value` overrides. Raises UsageError naming what is wrong."""
    return parse(read_declared(path, overrides))


def read_declared(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """What a file declares, with overrides, as plain data that nobody has checked yet. Raises UsageError."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UsageError(f"The configuration {path} can't be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration {path} is not valid YAML: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"The configuration {path} must hold keys and values.")
    for override in overrides:
        _apply(found, override)
    return found


def parse(declared: dict[str, Any]) -> Run:
    """The run of plain data. Raises UsageError naming what is wrong, and the nearest known key of an unknown one."""
    whole = copy.deepcopy(declared)
    defaults = {key: _merged(value, whole.pop(key, None)) for key, value in STAGE_DEFAULTS.items()}
    stages = whole.get("stages") or [{"name": "fit"}]
    if not isinstance(stages, list) or not all(isinstance(stage, dict) for stage in stages):
        raise UsageError("The configuration is not valid: stages must be a list, each with keys and values.")
    whole["stages"] = [_merged(defaults, stage) for stage in stages]
    try:
        return Run.model_validate(whole)
    except ValidationError as error:
        # What stands at the top is every stage's: said once is enough.
        names = [str(stage.get("name", at)) for at, stage in enumerate(whole["stages"])]
        problems = dict.fromkeys(_problem(problem, names, declared) for problem in error.errors())
        raise UsageError("The configuration is not valid: " + "; ".join(problems) + ".") from error


def _merged(base: Any, over: Any) -> Any:
    """`over` laid upon `base`, section by section. Losses are named one by one: `name: null` takes one away."""
    if over is None:
        return copy.deepcopy(base)
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {key: copy.deepcopy(value) for key, value in base.items()}
    for key, value in over.items():
        if value is None and key in LOSSES:
            merged.pop(key, None)
        else:
            merged[key] = _merged(base.get(key), value) if isinstance(base.get(key), dict) else value
    return merged


def _problem(problem: Any, stages: Sequence[str], declared: dict[str, Any]) -> str:
    place = ".".join(_place(problem["loc"], stages, declared))
    if problem["type"] != "extra_forbidden":
        said = problem["msg"].removeprefix("Value error, ")
        return f"{place}: {said}" if place else said
    return f"{place} is not a known key{nearest(str(problem['loc'][-1]), _known_keys())}"


def _place(loc: Sequence[Any], stages: Sequence[str], declared: dict[str, Any]) -> list[str]:
    """Where in the file an error lies: the kind of a source stands in pydantic's place, but not in the file."""
    parts = [str(part) for part in loc if part not in ("labelled", "synthetic", "unlabelled")]
    if len(loc) < 3 or loc[0] != "stages":
        return parts
    own: Any = (declared.get("stages") or [{}] * len(stages))[loc[1]]
    for part in loc[2:]:
        if not isinstance(own, dict) or part not in own:
            return parts[2:]
        own = own[part]
    return ["stages", stages[loc[1]], *parts[2:]]


def _known_keys() -> Iterator[str]:
    yield from STAGE_DEFAULTS
    for section in SECTIONS:
        yield from section.model_fields


def _apply(declared: dict[str, Any], override: str) -> None:
    """One override; a number in a key is a place in a list (stages.0.optimiser.epochs=3), a name a member's name."""
    key, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"'{override}' is not an override.", hint="Write key=value, for instance optimiser.epochs=10.")
    *path, last = key.split(".")
    section: Any = declared
    for part in path:
        section = _member(section, part, key)
    if not isinstance(section, dict):
        raise UsageError(f"{key}: {path[-1]} holds no keys.")
    try:
        section[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"'{override}' is not an override: its value is not valid YAML.") from error


def _member(section: Any, part: str, key: str) -> Any:
    if isinstance(section, list):
        for place, member in enumerate(section):
            if part == str(place) or (isinstance(member, dict) and member.get("name") == part):
                return member
        raise UsageError(f"{key}: there is no {part} in that list.")
    if not isinstance(section, dict):
        raise UsageError(f"{key}: {part} can't be reached.")
    if section.get(part) is None:
        section[part] = {}
    found = section[part]
    if not isinstance(found, (dict, list)):
        raise UsageError(f"{key}: {part} holds no keys.")
    return found
