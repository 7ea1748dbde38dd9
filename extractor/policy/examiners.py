"""The examiners of an audit, and the policy that decides: in one place, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from extractor.errors import UsageError
from extractor.policy.cases import Examiner, Observation
from extractor.policy.claims.compare import ClaimExaminer
from extractor.policy.claims.notes import Noticed

DEFAULT_POLICY = "default"

ROOMS = (("extractor.policy.tampering", "Tampering"), ("extractor.policy.statistics", "Statistics"))
"""Further examiners that need nothing but the cases: module and name."""


@dataclass(frozen=True)
class Choice:
    """What an audit is asked to look at beside claim and receipt."""

    policy: Any | None = None
    history: str | None = None
    """The index of receipts seen earlier, a file or a database's URL; None compares those of this audit alone."""
    noticed: tuple[tuple[str, Observation], ...] = ()
    """What reading and matching the claims noticed."""


@contextmanager
def examiners_for(choice: Choice) -> Iterator[list[Examiner]]:
    """The examiners, in the order in which they look. What they hold open is closed at the end of the block."""
    found: list[Examiner] = [Noticed(choice.noticed), ClaimExaminer()]
    if choice.policy is not None:
        found.append(choice.policy.examiner())
    with ExitStack() as held:
        duplicates = _room("extractor.policy.duplicates")
        if duplicates is not None:
            index = held.enter_context(duplicates.Index.open(choice.history or ":memory:"))
            found.append(duplicates.Duplicates(index))
        elif choice.history is not None:
            raise UsageError("This Tailor keeps no history of receipts.", hint="Leave out --history.")
        for module, name in ROOMS:
            room = _room(module)
            if room is not None:
                found.append(getattr(room, name)())
        yield found


def policy_named(name: str) -> Any | None:
    """The policy of a file or a shipped name; None where there is none to be had. Raises UsageError where it isn't
    valid."""
    room = _room("extractor.policy.policy")
    if room is None and name != DEFAULT_POLICY:
        raise UsageError("This Tailor knows no policies.", hint="Leave out --policy.")
    return room.load_policy(name) if room else None


def _room(module: str) -> Any | None:
    return import_module(module) if find_spec(module) else None
