"""The figures of a report: sums by currency, and what each person, merchant and rule adds to them. All exact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from extractor.policy.cases import Observation
from extractor.policy.money import Money
from extractor.policy.reports.ranking import SEVERITIES, Entry, Exchange, at_stake, queue

Sums = Mapping[str, Decimal]
"""Amounts by currency: never added across currencies."""


@dataclass(frozen=True)
class Group:
    """What was claimed by a person, at a merchant, or found by a rule, and what of it is at stake."""

    name: str
    claims: int
    flagged: int
    """Claims with a finding."""
    findings: int
    severities: Mapping[str, int]
    claimed: Sums
    stake: Sums
    expected: Sums
    dismissed: int = 0
    confidence: float | None = None
    """Mean confidence of the findings of a rule."""


@dataclass(frozen=True)
class Figures:
    """Everything that a report says, before it is laid out."""

    entries: tuple[Entry, ...]
    queue: tuple[Entry, ...]
    noted: tuple[Entry, ...]
    """Approved, with findings that put no money at stake: nobody has to look at them."""
    claimed: Sums
    stake: Sums
    expected: Sums
    overpayment: Sums
    verdicts: Mapping[str, int]
    severities: Mapping[str, int]
    """Findings by severity."""
    minutes: Decimal
    people: tuple[Group, ...]
    merchants: tuple[Group, ...]
    rules: tuple[Group, ...]
    common: Money | None = None
    """Expected money in the report's currency, where rates were given for all of it."""

    @property
    def claims(self) -> int:
        return sum(1 for one in self.entries if one.case.claim is not None)

    @property
    def receipts_alone(self) -> int:
        return len(self.entries) - self.claims


@dataclass
class _Tally:
    names: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    flagged: int = 0
    severities: Counter[str] = field(default_factory=Counter)
    claimed: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    stake: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    expected: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    confidences: list[float] = field(default_factory=list)


def figures_of(
    found: tuple[Entry, ...], dismissed: Iterable[Observation] = (), exchange: Exchange | None = None
) -> Figures:
    """The figures of these entries. `dismissed` findings are counted with their rules."""
    ordered = queue(found)
    waiting = {one.id for one in ordered}
    gone = Counter(one.rule for one in dismissed)
    commons = [one.common for one in ordered if one.common]
    same = exchange is not None and len({money.currency for money in commons}) == 1
    claimed = sums(one.money for one in found if one.case.claim)
    return Figures(
        entries=found,
        queue=ordered,
        noted=tuple(one for one in found if one.findings and one.id not in waiting),
        claimed=claimed,
        stake=_as(claimed, sums(one.stake for one in found)),
        expected=_as(claimed, sums(one.expected for one in found)),
        overpayment=_as(claimed, sums(one.overpayment for one in found)),
        verdicts=Counter(one.result.verdict for one in found),
        severities=Counter(finding.severity for one in found for finding in one.findings),
        minutes=sum((one.minutes for one in ordered), Decimal(0)),
        people=_grouped(found, lambda one: one.person),
        merchants=_grouped(found, lambda one: one.merchant),
        rules=_by_rule(found, gone),
        common=sum(commons[1:], commons[0]) if same else None,
    )


def sums(money: Iterable[Money | None]) -> dict[str, Decimal]:
    """Exact sums by currency, the currency with the most amounts first."""
    totals: dict[str, Decimal] = {}
    counts: Counter[str] = Counter()
    for one in money:
        if one is not None:
            totals[one.currency] = totals.get(one.currency, Decimal(0)) + one.amount
            counts[one.currency] += 1
    return {currency: totals[currency] for currency in sorted(totals, key=lambda name: (-counts[name], name))}


def _as(order: Sums, totals: Sums) -> Sums:
    """The same sums, their currencies in the order of others."""
    return {currency: totals[currency] for currency in dict.fromkeys((*order, *totals)) if currency in totals}


def normal(name: str) -> str:
    """A name as it is compared: letters and digits alone, in one case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _grouped(found: Sequence[Entry], name_of: Callable[[Entry], str]) -> tuple[Group, ...]:
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for one in found:
        name = name_of(one).strip()
        tally = tallies[normal(name) or name]
        tally.names[name] += 1
        tally.claims += 1
        tally.flagged += bool(one.findings)
        tally.severities.update(finding.severity for finding in one.findings)
        _add(tally.claimed, one.money)
        _add(tally.stake, one.stake)
        _add(tally.expected, one.expected)
    return _ordered(_group(tally.names.most_common(1)[0][0], tally) for tally in tallies.values())


def _by_rule(found: Sequence[Entry], gone: Mapping[str, int]) -> tuple[Group, ...]:
    """By rule. The money of a rule is what its findings name, once a claim; two rules may name the same money."""
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for one in found:
        for rule in dict.fromkeys(finding.rule for finding in one.findings):
            mine = [finding for finding in one.findings if finding.rule == rule]
            tally = tallies[rule]
            tally.claims += 1
            tally.flagged += 1
            tally.severities.update(finding.severity for finding in mine)
            tally.confidences += [finding.confidence for finding in mine]
            _add(tally.claimed, one.money)
            largest = max(mine, key=lambda finding: (at_stake(finding) or Money(Decimal(-1))).amount)
            money = at_stake(largest)
            if money and one.stake and money.currency == one.stake.currency:
                money = min(money, one.stake)
            _add(tally.stake, money)
            if money:
                _add(tally.expected, money * Decimal(str(round(largest.confidence, 4))))
    for rule in gone:
        tallies[rule]
    return _ordered(_group(rule, tally, gone.get(rule, 0)) for rule, tally in tallies.items())


def _add(totals: defaultdict[str, Decimal], money: Money | None) -> None:
    if money is not None:
        totals[money.currency] += money.amount


def _group(name: str, tally: _Tally, dismissed: int = 0) -> Group:
    mean = sum(tally.confidences) / len(tally.confidences) if tally.confidences else None
    return Group(
        name=name,
        claims=tally.claims,
        flagged=tally.flagged,
        findings=tally.severities.total(),
        severities=dict(tally.severities),
        claimed=dict(tally.claimed),
        stake=dict(tally.stake),
        expected=dict(tally.expected),
        dismissed=dismissed,
        confidence=mean,
    )


def _ordered(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The gravest first: by findings of high severity, then medium, then low."""
    return tuple(
        sorted(groups, key=lambda one: (*(-one.severities.get(each, 0) for each in SEVERITIES), -one.claims, one.name))
    )
