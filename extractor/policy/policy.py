"""A policy: what a company pays for, as data. `load_policy` reads one, `Policy.examiner()` finds what is against it.

>>> policy = load_policy("default")
>>> for case_id, observation in policy.examiner().examine(cases, Situation(today)): ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny, field_validator
from pydantic import Field as PydanticField

from extractor.policy.cases import Case, Converts, Observation, Situation
from extractor.policy.rules import RULES
from extractor.policy.rules.base import NOT_COMPARABLE, Amount, Currency, Rule, RuleSettings, Section, Severity, Terms
from extractor.policy.rules.low_confidence import LowConfidence, LowConfidenceSettings

__all__ = ["DEFAULT", "READING", "Converts", "Policy", "PolicyExaminer", "VerdictSettings", "load_policy"]

DEFAULT = "default"
"""The name by which the policy that ships is called."""

READING = "reading"
"""The rule under which it is said that a value which a verdict rests on was not read well enough. No policy can leave
it out."""

NEEDED: Mapping[str, float] = MappingProxyType({"total": 0.8, "date": 0.8, "merchant_name": 0.5, "currency": 0.7})
"""The fields without which nothing is approved, and how surely each must be read where a policy says nothing else."""

LEAST_CONFIDENCE = 0.3
"""No policy may trust a value that was read with less confidence than this."""


SchemaVersion = Annotated[Literal[1], BeforeValidator(lambda given: int(given) if given == "1" else given)]


class VerdictSettings(Section):
    """From findings to a verdict. See `extractor.policy.verdict.decide`."""

    needs: dict[str, float] = PydanticField(
        default_factory=lambda: dict(NEEDED), description="the least confidence of each field that an approval rests on"
    )
    review_from: Severity = PydanticField(default="medium", description="findings this severe ask for review")
    always_review: tuple[str, ...] = PydanticField(
        default=(NOT_COMPARABLE,), description="rules whose findings ask for review however severe they are"
    )
    reject_from: Severity | Literal["never"] = PydanticField(default="high", description="findings this severe reject")
    reject_confidence: float = PydanticField(
        default=0.9, ge=0.5, le=1, description="and only if they are at least this sure; otherwise review"
    )

    @field_validator("needs")
    @classmethod
    def _enough(cls, given: dict[str, float]) -> dict[str, float]:
        for name, least in given.items():
            if not LEAST_CONFIDENCE <= least <= 1:
                raise ValueError(f"{name} must be between {LEAST_CONFIDENCE} and 1: less is no reading to rely on")
        return {**NEEDED, **given}


class Policy(Section):
    """What `policy.yaml` says. Frozen, picklable; built by `load_policy` or `policy_file.parse_policy`."""

    schema_version: SchemaVersion = PydanticField(description="the form of the file: 1")
    name: str = PydanticField(min_length=1, description="what the policy is called")
    version: str = PydanticField(min_length=1, description="of the policy itself, any text: 2026-01")
    currency: Currency = PydanticField(description="of limits that name none")
    rates: dict[Currency, Amount] = PydanticField(
        default_factory=dict, description="units of each currency for one of the policy's, where no dated rate is given"
    )
    category_names: dict[str, str] = PydanticField(
        default_factory=dict, description="what claims call a category, and the category that is meant"
    )
    verdict: VerdictSettings = PydanticField(default_factory=VerdictSettings)
    rules: tuple[SerializeAsAny[RuleSettings], ...] = PydanticField(
        description="the rules, each with `rule` and its keys"
    )

    @field_validator("rates")
    @classmethod
    def _rates_are_positive(cls, given: dict[str, Decimal]) -> dict[str, Decimal]:
        for currency, rate in given.items():
            if rate <= 0:
                raise ValueError(f"{currency} needs a rate above 0")
        return given

    @cached_property
    def terms(self) -> Terms:
        names = {" ".join(said.casefold().split()): meant for said, meant in self.category_names.items()}
        return Terms(self.currency, dict(self.rates), names)

    def examiner(self) -> PolicyExaminer:
        """What examines cases by this policy."""
        return PolicyExaminer(self)


class PolicyExaminer:
    """All rules of a policy as one Examiner, and `reading`, which no policy can leave out."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        needs = LowConfidenceSettings(rule="low_confidence", name=READING, severity="low", fields=policy.verdict.needs)
        self.parts: tuple[Rule[Any], ...] = (
            *(RULES[settings.rule](settings, policy.terms) for settings in policy.rules),
            LowConfidence(needs, policy.terms),
        )

    @property
    def rules(self) -> Sequence[str]:
        return tuple(dict.fromkeys(name for part in self.parts for name in part.rules))

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterator[tuple[str, Observation]]:
        """What each case has against the policy. That an amount can't be compared is said once a case."""
        uncompared: set[str] = set()
        for case_id, observation in _in_turn(self.parts, cases, situation):
            if observation.rule == NOT_COMPARABLE:
                if case_id in uncompared:
                    continue
                uncompared.add(case_id)
            yield case_id, observation


def _in_turn(
    parts: Iterable[Rule[Any]], cases: Sequence[Case], situation: Situation
) -> Iterator[tuple[str, Observation]]:
    for part in parts:
        yield from part.examine(cases, situation)


def load_policy(source: str | Path) -> Policy:
    """The policy in a file, or the one that ships for "default". Raises BadPolicy naming each problem and its line."""
    from extractor.policy.policy_file import default_text, parse_policy, read_text

    if str(source) == DEFAULT:
        return parse_policy(default_text(), DEFAULT)
    return parse_policy(read_text(Path(source)), str(source))
