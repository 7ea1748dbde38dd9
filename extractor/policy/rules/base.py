"""What every rule of a policy shares: settings, whom it concerns, limits in any currency, and how findings are made."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as PydanticField

from extractor.normalize.text import fold
from extractor.policy.cases import Case, Observation, Situation
from extractor.policy.expense import Expense, Fact
from extractor.policy.money import Money

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")

NOT_COMPARABLE = "not_comparable"
"""The rule under which it is said that an amount could not be held against a limit for want of an exchange rate."""


Amount = Annotated[Decimal, PydanticField(ge=0, allow_inf_nan=False)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Share = Annotated[Decimal, PydanticField(gt=0, le=1)]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class Section(BaseModel):
    """A part of a policy: frozen, and no key is accepted that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleSettings(Section):
    """Keys that every rule has. A scope that is left empty holds for all."""

    rule: str = PydanticField(description="which rule")
    name: RuleName = PydanticField(default="", validate_default=False, description="how findings call it")
    severity: Severity = PydanticField(default="medium", description="of its findings: low, medium or high")
    reliability: float = PydanticField(
        default=0.95, gt=0, le=1, description="how often it is right on values well read"
    )
    sure: float = PydanticField(
        default=0.6, ge=0, le=1, description="a finding less confident than this is one step less severe"
    )
    categories: tuple[str, ...] = PydanticField(default=(), description="only expenses of these categories")
    except_categories: tuple[str, ...] = PydanticField(default=(), description="not expenses of these categories")
    countries: tuple[Country, ...] = PydanticField(default=(), description="only in these countries (ISO 3166)")
    people: tuple[str, ...] = PydanticField(default=(), description="only claims of these employees")

    @property
    def called(self) -> str:
        return self.name or self.rule


class LimitSettings(RuleSettings):
    """A rule with an amount that is not to be passed."""

    amount: Amount = PydanticField(description="the limit")
    currency: Currency | None = PydanticField(default=None, description="of the limit; the policy's where left out")


@dataclass(frozen=True)
class Terms:
    """What a policy says beside its rules: its currency, its own fixed rates (units of a currency for one of the
    policy's), and what the company calls the categories."""

    currency: str = "EUR"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    category_names: Mapping[str, str] = field(default_factory=dict)

    def in_currency(self, money: Money, to: str, day: dt.date, situation: Situation) -> Money | None:
        """`money` in another currency: at a dated rate where there is one, else at the policy's own."""
        if money.currency == to:
            return money
        if situation.rates is not None:
            found = situation.rates.convert(money, to, day)
            if found is not None:
                return found
        known = {self.currency: Decimal(1), **self.rates}
        if money.currency not in known or to not in known:
            return None
        return Money(money.amount * known[to] / known[money.currency], to).rounded()


S = TypeVar("S", bound=RuleSettings)


class Rule(ABC, Generic[S]):
    """One rule of a policy: an Examiner. It sees each case by itself unless it overrides `examine`."""

    kind: ClassVar[str]
    settings_type: ClassVar[type[RuleSettings]]

    def __init__(self, settings: S, terms: Terms) -> None:
        self.settings = settings
        self.terms = terms

    @property
    def rules(self) -> Sequence[str]:
        return (self.settings.called, NOT_COMPARABLE)

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        for case in cases:
            expense = Expense(case, self.terms.category_names)
            if self.concerns(expense):
                for observation in self.check(expense, situation):
                    yield case.id, observation

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        """What is wrong with one expense that the rule concerns."""
        return iter(())

    @abstractmethod
    def told(self) -> str:
        """The rule and its limits in a sentence, for `tailor policy check`."""

    def concerns(self, expense: Expense) -> bool:
        """Whether category, country and person are among those that the rule is for."""
        chosen = self.settings
        category = expense.category.value if expense.category else None
        if chosen.categories and category not in chosen.categories:
            return False
        if category is not None and category in chosen.except_categories:
            return False
        if chosen.countries and (expense.country is None or expense.country.value not in chosen.countries):
            return False
        return not chosen.people or fold(expense.employee) in {fold(person) for person in chosen.people}

    def scope(self, expense: Expense) -> list[Fact[Any]]:
        """The facts that make the rule concern this expense."""
        found = [
            expense.category if self.settings.categories else None,
            expense.country if self.settings.countries else None,
        ]
        return [fact for fact in found if fact is not None]

    def told_scope(self) -> str:
        chosen = self.settings
        parts = [
            f" for {', '.join(chosen.categories)}" if chosen.categories else "",
            f" except {', '.join(chosen.except_categories)}" if chosen.except_categories else "",
            f" in {', '.join(chosen.countries)}" if chosen.countries else "",
            f" of {', '.join(chosen.people)}" if chosen.people else "",
        ]
        return "".join(parts)

    def finding(
        self,
        message: str,
        facts: Iterable[Fact[Any]],
        *,
        at_stake: Money | None = None,
        steps: int = 0,
        related: Iterable[str] = (),
    ) -> Observation:
        """An observation of this rule that rests on `facts`.

        Its confidence is the rule's reliability times how surely each fact was read: all must be right for the finding
        to be. It is `steps` less severe than the rule says, and one more where it is not sure enough.
        """
        rests = unique(facts)
        confidence = self.settings.reliability
        for fact in rests:
            confidence *= fact.confidence
        steps += confidence < self.settings.sure
        return observation(
            self.settings.called, milder(self.settings.severity, steps), message, rests, confidence, at_stake, related
        )

    def limit_in(
        self, limit: Money, expense: Expense, amount: Fact[Money], situation: Situation
    ) -> Money | Observation:
        """The limit in the currency of an amount; where no rate is known, the observation that says so."""
        to = amount.value.currency
        if amount.value.known:
            found = self.terms.in_currency(limit, to, expense.day(situation.today), situation)
            if found is not None:
                return found
        why = (
            f"no exchange rate from {limit.currency} to {to} is known"
            if amount.value.known
            else ("its currency was not read")
        )
        message = f"{amount.value} can't be held against the limit of {limit} ({self.settings.called}): {why}."
        return observation(NOT_COMPARABLE, "low", message, [amount], amount.confidence, None, ())


class LimitRule(Rule[S], ABC):
    """A rule whose settings name one limit."""

    @property
    def limit(self) -> Money:
        settings = self.settings
        assert isinstance(settings, LimitSettings)
        return Money(settings.amount, settings.currency or self.terms.currency)


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def milder(severity: Severity, steps: int) -> Severity:
    return SEVERITIES[max(SEVERITIES.index(severity) - steps, 0)]


def with_conversion(limit: Money, there: Money) -> str:
    """A limit as it was set, and what it comes to in the currency of the amount."""
    return str(limit) if limit.currency == there.currency else f"{limit} ({there})"


def unique(facts: Iterable[Fact[Any]]) -> list[Fact[Any]]:
    """Facts without repetitions: a value counts once in a confidence, however often a rule names it."""
    found: list[Fact[Any]] = []
    for fact in facts:
        if not any(fact == other for other in found):
            found.append(fact)
    return found


def observation(
    rule: str,
    severity: Severity,
    message: str,
    facts: Sequence[Fact[Any]],
    confidence: float,
    at_stake: Money | None,
    related: Iterable[str],
) -> Observation:
    return Observation(
        rule=rule,
        severity=severity,
        message=message,
        fields=list(dict.fromkeys(name for fact in facts for name in fact.fields)),
        confidence=round(min(max(confidence, 0.0), 1.0), 4),
        places=_places(facts),
        at_stake=None if at_stake is None else f"{at_stake.rounded().amount:f}",
        currency=at_stake.currency if at_stake is not None and at_stake.known else None,
        related=tuple(related),
    )


def _places(facts: Sequence[Fact[Any]]) -> tuple[Any, ...]:
    found: list[Any] = []
    for fact in facts:
        found += [place for place in fact.places if place not in found]
    return tuple(found)
