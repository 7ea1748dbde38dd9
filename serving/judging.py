"""Policies by their names, and what they say of what was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from extractor.types import Extraction
from serving.engine.base import Answer
from serving.problems import Refused
from serving.settings import ServiceSettings


class Judge:
    """The policies that requests may name: the service's own, and each NAME.yaml of a folder."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._paths: dict[str, Path] = {}
        if settings.policies:
            self._paths = {path.stem: path for path in sorted(settings.policies.glob("*.yaml"))}
        self._default = settings.policy

    def names(self) -> list[str]:
        return list(self._paths)

    def check(self, name: str | None) -> None:
        """Raises Refused where there is no such policy. A name is looked up, never made into a path."""
        if name is not None and name not in self._paths:
            known = ", ".join(self._paths) or "none"
            raise Refused(422, "unknown_policy", "The service has no policy of this name.", hint=f"It has: {known}.")

    def wants_words(self, name: str | None) -> bool:
        return self._chosen(name) is not None

    async def judged(self, answers: Sequence[Answer], name: str | None) -> list[Extraction]:
        """The records, with verdict and findings where a policy applies."""
        return [answer.record for answer in answers]

    def _chosen(self, name: str | None) -> Path | None:
        return self._paths[name] if name is not None else self._default
