"""The losses that a configuration may name, and what each is given."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.registry import Registry, nearest


class LossSettings(BaseModel):
    """What may be set of a loss. A loss with more settings extends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LossChoice(BaseModel):
    """A loss as a stage uses it: `weight` in the sum, and its own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: float = Field(default=1.0, ge=0)
    settings: dict[str, Any] = {}


class _Losses(Registry[Any]):
    """The modules of this package enter their losses when one is first asked for: they need torch, and the settings of
    a run, which in turn name losses."""

    _found = False

    def _find(self) -> None:
        if not self._found:
            self._found = True
            package = importlib.import_module("training.losses")
            for module in pkgutil.iter_modules(package.__path__):
                importlib.import_module(f"training.losses.{module.name}")

    def __getitem__(self, name: str) -> Any:
        self._find()
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        self._find()
        return super().__iter__()

    def __contains__(self, name: object) -> bool:
        self._find()
        return super().__contains__(name)

    def choice(self, name: str, given: Any) -> LossChoice:
        """The choice that a file declares: a number (the weight) or a mapping of `weight` and settings, side by side.

        Raises ValueError naming what is wrong.
        """
        kind = self[name]
        if isinstance(given, LossChoice):
            return given
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            given = {"weight": given}
        if not isinstance(given, Mapping):
            raise ValueError(f"the loss {name} takes a weight, or keys and values")
        rest = {**given.get("settings", {}), **{k: v for k, v in given.items() if k not in ("weight", "settings")}}
        try:
            settings = kind.Settings.model_validate(rest)
            return LossChoice(weight=given.get("weight", 1.0), settings=settings.model_dump(exclude_unset=True))
        except ValidationError as error:
            raise ValueError(_said(name, error, kind.Settings)) from error


def _said(loss: str, error: ValidationError, settings: type[BaseModel]) -> str:
    told = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        unknown = problem["type"] == "extra_forbidden"
        known = ["weight", *settings.model_fields]
        said = f"is not a known key{nearest(key, known)}" if unknown else f": {problem['msg']}"
        told.append(f"{loss}.{key}{'' if said.startswith(':') else ' '}{said}")
    return "; ".join(told)


LOSSES = _Losses("loss")
"""Every loss by name. A loss is a class with an inner `Settings`; see base.py for what it is given and gives."""


def needs_teacher(name: str) -> bool:
    """Whether a loss compares the student with an intermediate teacher."""
    return bool(getattr(LOSSES[name], "needs_teacher", False))
