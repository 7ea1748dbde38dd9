"""`low_confidence`: a value was not read well enough to be relied on, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Slip
from extractor.policy.rules.base import Rule, RuleSettings, observation


class LowConfidenceSettings(RuleSettings):
    fields: dict[str, float] = PydanticField(description="the least confidence of each field, 0 to 1")
    missing: bool = PydanticField(default=True, description="a field or document that was not read at all counts too")


class LowConfidence(Rule[LowConfidenceSettings]):
    kind = "low_confidence"
    settings_type = LowConfidenceSettings

    def told(self) -> str:
        needs = ", ".join(f"{name} {least:.0%}" for name, least in self.settings.fields.items())
        return f"values read with at least this confidence: {needs}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            record = slip.evidence.record
            if record.status == "failed" and self.settings.missing:
                why = record.error.message if record.error else "nothing was found on it"
                yield self._say(f"{slip.evidence.name} could not be read: {why}", None, slip)
                continue
            if record.status == "partial" and self.settings.missing:
                why = "; ".join(warning.message for warning in record.warnings)
                yield self._say(f"{slip.evidence.name} was read in part only: {why}", None, slip)
            for name, least in self.settings.fields.items():
                yield from self._unsure(slip, name, least)

    def _unsure(self, slip: Slip, name: str, least: float) -> Iterator[Observation]:
        found, told = slip.text(name), name.replace("_", " ")
        if found is None:
            if self.settings.missing:
                yield self._say(f"The {told} was not read.", name, slip)
        elif found.confidence < least:
            message = (
                f"The {told} “{found.value}” was read with a confidence of {found.confidence:.0%} only; "
                f"{least:.0%} is needed."
            )
            yield self._say(message, name, slip)

    def _say(self, message: str, name: str | None, slip: Slip) -> Observation:
        # That a value was read badly is certain, however badly it was read.
        found = slip.text(name) if name else None
        base = observation(self.settings.called, self.settings.severity, message, [], 1.0, None, ())
        return base.model_copy(update={"fields": [name] if name else [], "places": found.places if found else ()})
