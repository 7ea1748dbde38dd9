"""What is to be studied, as data: a run's configuration with one section more, `study`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from extractor.errors import UsageError
from training.config import LabelledSource, Run
from training.config_file import parse, read_declared

Part = Literal["baselines", "noise", "labels", "ablation", "cost"]
PARTS: tuple[Part, ...] = get_args(Part)
PLAIN = "plain"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CostPlan(_Section):
    """How the student's seconds are measured, and with which prices they are compared."""

    documents: int = Field(default=30, ge=1, description="dev documents that are read, without the OCR's cache")
    model: Path | None = Field(default=None, description="a model folder; the one that ships if none")
    training_hours: float | None = Field(
        default=None,
        ge=0,
        description="core hours that the model's training took; those of the study's student if none",
    )
    prices: Path | None = Field(default=None, description="a file of the form of prices.yaml; the shipped one if none")


class Change(_Section):
    """One loss or recipe tried in place of, or beside, what the base does."""

    says: str = Field(description="what is different, for the report")
    over: dict[str, Any] = Field(default={}, description="keys of a run laid over the base")
    sources: dict[str, dict[str, Any]] = Field(
        default={},
        description="by source, keys laid over it (labels with trust, say); an unknown name is a source more",
    )
    labels: int | None = Field(default=None, ge=1, description="at most so many labels; all if none")
    against: str = Field(default="", description="the change that it is compared with; the base if empty")


class Plan(_Section):
    """The section `study`. Every arm takes the base run's student, sources and optimiser but for what it studies."""

    seeds: tuple[int, ...] = Field(default=(1,), min_length=1)
    fields: tuple[str, ...] = ("merchant_name", "merchant_address", "date", "total")
    ground_truth: dict[str, Path] = Field(default={}, description="by source, its ground truth (JSON lines)")
    noise: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5)
    labels: tuple[int, ...] = (50, 100, 200, 400, 800, 1500)
    recipes: dict[str, dict[str, Any] | None] = Field(
        default={},
        description="by name, keys of a run laid over the base: what else noisy labels are learnt by; null: not",
    )
    ablation: dict[str, Change | None] = Field(default={}, description="by name, what is tried; null: not")
    cost: CostPlan = CostPlan()

    @field_validator("ablation")
    @classmethod
    def _compared(cls, ablation: dict[str, Change | None]) -> dict[str, Change | None]:
        kept = {name: change for name, change in ablation.items() if change is not None}
        for name, change in kept.items():
            if change.against and change.against not in kept:
                raise ValueError(f"{name} is compared with {change.against}, which is not tried")
        return {**kept}

    @field_validator("noise")
    @classmethod
    def _shares(cls, noise: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share <= 1 for share in noise):
            raise ValueError("noise is a share above 0, at most 1")
        return tuple(sorted(set(noise)))

    @field_validator("labels")
    @classmethod
    def _counts(cls, labels: tuple[int, ...]) -> tuple[int, ...]:
        if any(count < 1 for count in labels):
            raise ValueError("numbers of labels are at least 1")
        return tuple(sorted(set(labels)))

    @field_validator("recipes")
    @classmethod
    def _named(cls, recipes: dict[str, dict[str, Any] | None]) -> dict[str, dict[str, Any] | None]:
        if PLAIN in recipes:
            raise ValueError(f"{PLAIN} is the base itself")
        return {name: recipe for name, recipe in recipes.items() if recipe is not None}


@dataclass(frozen=True)
class Study:
    """A plan with its base: `base` as plain data for arms to be derived from, `run` the same validated."""

    plan: Plan
    base: dict[str, Any]
    run: Run

    @property
    def sources(self) -> dict[str, LabelledSource]:
        """The labelled sources; others (synthetic ones) go along with every arm unchanged."""
        return {each.name: each for each in self.run.data.sources if isinstance(each, LabelledSource)}


QUICK: dict[str, Any] = {
    "student": {"hidden": 32, "layers": 1, "heads": 2, "spelling": 16, "pointer": 8},
    "optimiser": {"steps": 6, "batch": 4},
}
"""What `--quick` lays over the base: everything is gone through in a minute, the figures mean nothing."""


def load_study(path: Path, overrides: Sequence[str] = (), *, quick: bool = False) -> Study:
    """The study that a file declares, with `dotted.key=value` overrides. Raises UsageError naming what is wrong."""
    base = read_declared(path, overrides)
    section = base.pop("study", None) or {}
    try:
        plan = Plan.model_validate(section)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["study", *(str(part) for part in first["loc"])])
        raise UsageError(f"The configuration is not valid: {place}: {first['msg']}.") from error
    if quick:
        base = laid_over(base, QUICK)
        base["data"] = {**base.get("data", {}), "limit": 20}
        cost = plan.cost.model_copy(update={"documents": 2})
        recipes = {name: _few_steps(recipe or {}) for name, recipe in plan.recipes.items()}
        changes = {
            name: change.model_copy(update={"over": _few_steps(change.over)})
            for name, change in plan.ablation.items()
            if change is not None
        }
        small = {"seeds": plan.seeds[:1], "noise": (0.2,), "labels": (8,), "cost": cost, "recipes": recipes}
        plan = plan.model_copy(update={**small, "ablation": changes})
    study = Study(plan, base, parse(base))
    _check(study)
    return study


def _few_steps(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe whose stages, where it has some, take few steps."""
    if "stages" not in recipe:
        return recipe
    return {**recipe, "stages": [laid_over(stage, {"optimiser": {"steps": 3}}) for stage in recipe["stages"]]}


def laid_over(base: Any, over: Any) -> Any:
    """`over` laid upon `base`, section by section, both left as they are. A null stays: it takes a loss away."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return copy.deepcopy(over)
    return {**copy.deepcopy(base), **{key: laid_over(base.get(key), value) for key, value in over.items()}}


def _check(study: Study) -> None:
    if not study.sources:
        raise UsageError("The study needs a labelled source: pictures with a teacher's labels.")
    strangers = sorted(set(study.plan.ground_truth) - set(study.sources))
    if strangers:
        raise UsageError(f"study.ground_truth names the source {strangers[0]}, which is not declared.")
    unknown = sorted(set(study.plan.fields) - set(study.run.schema_of_task.names))
    if unknown:
        raise UsageError(f"study.fields names {unknown[0]}, which is no field of {study.run.schema_of_task.name}.")
