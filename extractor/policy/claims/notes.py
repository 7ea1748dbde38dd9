"""What was noticed before any case was examined: rows that were not clear, receipts that were named and not found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractor.policy.cases import Case, Observation, Situation
from extractor.policy.claims.reading import RowProblem
from extractor.policy.claims.telling import observation

ROW = "claim_row_unclear"


@dataclass(frozen=True)
class Noticed:
    """Hands on, as an Examiner, what was noticed earlier: pairs of a case's id and an observation."""

    found: tuple[tuple[str, Observation], ...]

    @property
    def rules(self) -> Sequence[str]:
        return tuple(dict.fromkeys(each.rule for _, each in self.found))

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        known = {case.id for case in cases}
        return [(case_id, each) for case_id, each in self.found if case_id in known]


def row_notes(problems: Iterable[RowProblem]) -> tuple[tuple[str, Observation], ...]:
    """A finding for each thing that a row of the claims doesn't say clearly: a person has to look at it."""
    return tuple(
        (problem.claim_id, observation(ROW, "medium", problem.message, confidence=1.0)) for problem in problems
    )
