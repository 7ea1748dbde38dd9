"""The order of review: expected recovered money per minute, exact; currencies stay apart where no rate is known.

Several findings of one claim mostly concern the same money (a bill claimed twice is also over the cap): a claim's
money at stake is that of its largest finding, once, and never more than was claimed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, Protocol

from extractor.policy.cases import Case, Observation
from extractor.policy.money import UNKNOWN, Money
from extractor.policy.reports.settings import ReportSettings
from extractor.types import Verdict

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
"""From the gravest."""

Exchange = Callable[[Money, dt.date | None], Money | None]
"""Turns money into the report's currency at the rate of a day; None where no rate is known."""


class AuditResult(Protocol):
    """What an audit decided of one case."""

    @property
    def claim_id(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def overpayment(self) -> Decimal | None: ...
    @property
    def findings(self) -> tuple[Observation, ...]: ...
    @property
    def receipts(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Entry:
    """One case with what was found of it and what that is worth. `stake` and `expected` are None where no finding
    names a sum; `common` is `expected` in the currency by which the queue is ordered."""

    result: AuditResult
    case: Case
    findings: tuple[Observation, ...]
    """Gravest first."""
    stake: Money | None
    expected: Money | None
    minutes: Decimal
    common: Money | None

    @property
    def id(self) -> str:
        return self.result.claim_id

    @property
    def severity(self) -> Severity | None:
        return self.findings[0].severity if self.findings else None

    @property
    def person(self) -> str:
        return self.case.claim.employee if self.case.claim else ""

    @cached_property
    def merchant(self) -> str:
        """As claimed; else as read from the first receipt that names one."""
        if self.case.claim and self.case.claim.merchant:
            return self.case.claim.merchant
        return next((name for one in self.case.receipts if (name := one.value("merchant_name"))), "")

    @cached_property
    def money(self) -> Money | None:
        """What was claimed; for a receipt without a claim, its total."""
        if self.case.claim is not None:
            return self.case.claim.money
        return next((found for one in self.case.receipts if (found := one.money())), None)

    @cached_property
    def date(self) -> dt.date | None:
        if self.case.claim is not None:
            return self.case.claim.date
        return next((found for one in self.case.receipts if (found := one.date)), None)

    @property
    def overpayment(self) -> Money | None:
        over = self.result.overpayment
        return None if over is None else Money(over, self.money.currency if self.money else UNKNOWN)

    @property
    def per_minute(self) -> Money | None:
        """Expected recovered money per review minute."""
        return None if self.expected is None else Money(self.expected.amount / self.minutes, self.expected.currency)


def entries(
    results: Iterable[AuditResult],
    cases: Sequence[Case],
    settings: ReportSettings,
    exchange: Exchange | None = None,
) -> tuple[Entry, ...]:
    """All results with their cases, in the order of the results. A result without a case stands alone."""
    known = {case.id: case for case in cases}
    return tuple(
        _entry(result, known.get(result.claim_id) or Case(id=result.claim_id), settings, exchange) for result in results
    )


def queue(found: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that a person has to look at, in the order in which money comes back fastest.

    Those that are not approved, and those approved although a finding puts money at stake. Where currencies can't be
    compared, the one that most entries have comes first. Entries without a sum stand at the end, the gravest first.
    """
    waiting = [one for one in found if one.result.verdict != "approve" or (one.stake and one.stake.amount > 0)]
    counts = Counter(one.common.currency for one in waiting if one.common)
    return tuple(sorted(waiting, key=lambda one: _place(one, counts)))


def _place(one: Entry, counts: Mapping[str, int]) -> tuple[object, ...]:
    severity = SEVERITIES.index(one.severity) if one.severity else len(SEVERITIES)
    surest = max((finding.confidence for finding in one.findings), default=0.0)
    if one.common is None or not one.common.amount:
        return (1, 0, "", 0, severity, -surest, one.id)
    currency = one.common.currency
    return (0, -counts[currency], currency, -one.common.amount / one.minutes, severity, -surest, one.id)


def _entry(result: AuditResult, case: Case, settings: ReportSettings, exchange: Exchange | None) -> Entry:
    findings = tuple(sorted(result.findings, key=lambda one: (SEVERITIES.index(one.severity), -one.confidence)))
    claimed = case.claim.money if case.claim else None
    stake, expected = _worth(findings, claimed)
    kinds = {kind.name: kind.minutes for kind in (settings.kind(one.rule) for one in findings)}
    minutes = settings.minutes_per_claim + sum(kinds.values(), Decimal(0))
    minutes = minutes if minutes > 0 else Decimal(1)
    common = expected
    if exchange is not None and expected is not None:
        common = exchange(expected, case.claim.date if case.claim else None) or expected
    return Entry(result, case, findings, stake, expected, minutes, common)


def _worth(findings: Sequence[Observation], claimed: Money | None) -> tuple[Money | None, Money | None]:
    """What the findings put at stake and what of it is to be expected, in one currency: the claim's where a finding
    names it (the others tell the same money otherwise), else that of the gravest finding with a sum."""
    sums = [(found, one.confidence) for one in findings if (found := at_stake(one))]
    if not sums:
        return None, None
    named = {money.currency for money, _ in sums}
    currency = claimed.currency if claimed and claimed.currency in named else sums[0][0].currency
    capped = [(_capped(money, claimed), sure) for money, sure in sums if money.currency == currency]
    stake = max(money.amount for money, _ in capped)
    expected = max(money.amount * Decimal(str(round(sure, 4))) for money, sure in capped)
    return Money(stake, currency), Money(expected, currency)


def at_stake(finding: Observation) -> Money | None:
    """The money that a finding names, exact; None where it names none."""
    return None if finding.at_stake is None else Money.of(finding.at_stake, finding.currency)


def _capped(money: Money, claimed: Money | None) -> Money:
    if claimed is None or claimed.currency != money.currency or claimed.amount <= 0:
        return money
    return min(money, claimed)
