"""What a sign of tampering is, and what finds one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from extractor.policy.cases import Place
from extractor.policy.tampering.specimen import Specimen


@dataclass(frozen=True)
class Trace:
    """The strongest trace of one kind on a receipt: how strong, in words, where it shows and on which fields it bears.

    What `value` counts is the detector's own matter; only that more is stronger. Of a fact it is the grade itself, 0–1.
    """

    value: float
    sentence: str
    places: tuple[Place, ...] = ()
    fields: tuple[str, ...] = ()


class Detector(Protocol):
    """Looks for one sign. Deterministic; says nothing (an empty mapping) where it can't look."""

    @property
    def name(self) -> str: ...

    @property
    def measured(self) -> bool:
        """Whether its traces are measurements, graded by how rare they are on honest receipts; else facts with a
        grade."""
        ...

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        """The strongest trace of each kind that it knows."""
        ...


def strongest(traces: Iterable[tuple[str, Trace]]) -> dict[str, Trace]:
    """The strongest trace of each kind; the first among equals."""
    found: dict[str, Trace] = {}
    for kind, trace in traces:
        if kind not in found or trace.value > found[kind].value:
            found[kind] = trace
    return found
