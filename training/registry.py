"""Names to classes: what a YAML file may ask for, each with the settings that it takes. Names only, never code."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

Kind = TypeVar("Kind")


class Registry(Generic[Kind]):
    """Things of one kind by name. `noun` says what they are, for messages."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._known: dict[str, Kind] = {}

    def register(self, name: str) -> Callable[[Kind], Kind]:
        """A decorator that enters what it decorates under this name."""

        def enter(thing: Kind) -> Kind:
            if name in self._known:
                raise ValueError(f"there is a {self.noun} {name} already")
            self._known[name] = thing
            return thing

        return enter

    def __getitem__(self, name: str) -> Kind:
        """Raises ValueError naming the nearest known name; pydantic turns it into a message about the key."""
        if name not in self._known:
            raise ValueError(f"there is no {self.noun} {name}{nearest(name, self._known)}")
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._known))

    def __contains__(self, name: object) -> bool:
        return name in self._known


def nearest(name: str, known: Iterable[str]) -> str:
    """ " (did you mean total?)", or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def settings_of(kind: Any, given: dict[str, Any]) -> Any:
    """The settings object of a registered class (its inner `Settings`, a pydantic model) from plain data."""
    return kind.Settings.model_validate(given)
