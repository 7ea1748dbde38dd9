"""What a person sees at the end of an audit, on standard error: verdicts, money, rules, and where to look first."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from extractor.cli.reading import harmless
from extractor.policy.audit import Result
from extractor.policy.cases import Case
from extractor.policy.money import UNKNOWN, Money
from extractor.types import Verdict

_VERDICTS: tuple[tuple[Verdict, str], ...] = (
    ("approve", "approved"),
    ("review", "to review"),
    ("reject", "rejected"),
)

FIRST = 10
"""Claims that are named."""
_COLOURS = {"approve": "green", "review": "yellow", "reject": "red", "low": "", "medium": "yellow", "high": "red"}


@dataclass(frozen=True)
class Told:
    """What is summed up: results of all cases (receipts without a claim included), and how many findings were
    dismissed."""

    results: Sequence[Result]
    cases: Sequence[Case]
    dismissed: int = 0


def print_summary(told: Told, output: Path | None = None, report: Path | None = None) -> None:
    """Print to standard error."""
    console = Console(file=sys.stderr, highlight=False)
    by_id = {case.id: case for case in told.cases}
    claims = [result for result in told.results if by_id[result.claim_id].claim is not None]
    console.print(_table_of_rules(claims))
    first = sorted((each for each in claims if each.overpayment), key=lambda each: _order(each, by_id))[:FIRST]
    if first:
        console.print(_table_of_claims(first, by_id))
    for line in _lines(told, claims, by_id):
        console.print(Text(line), soft_wrap=True)
    for place in (output, report):
        if place is not None:
            console.print(Text(f"→ {harmless(str(place))}"), soft_wrap=True)


def _lines(told: Told, claims: Sequence[Result], by_id: dict[str, Case]) -> Iterable[str]:
    counts = Counter(result.verdict for result in claims)
    verdicts = ", ".join(f"{counts[each]} {word}" for each, word in _VERDICTS if counts[each])
    yield f"{len(claims)} claims: {verdicts or 'none'}."
    over: defaultdict[str, Decimal] = defaultdict(Decimal)
    for result in claims:
        if result.overpayment is not None:
            over[_currency(by_id[result.claim_id])] += result.overpayment
    if over:
        yield "Asked above the receipts: " + ", ".join(str(Money(over[code], code)) for code in sorted(over)) + "."
    alone = len(told.results) - len(claims)
    if alone:
        names = [harmless(result.claim_id) for result in told.results if by_id[result.claim_id].claim is None]
        more = f" and {alone - 3} more" if alone > 3 else ""
        yield f"Receipts that nobody claims: {alone} ({', '.join(names[:3])}{more})."
    if told.dismissed:
        yield f"Findings left out because they were dismissed earlier: {told.dismissed}."


def _table_of_rules(claims: Sequence[Result]) -> Table:
    held: Counter[tuple[str, str]] = Counter()
    for result in claims:
        held.update({(finding.rule, finding.severity) for finding in result.findings})
    grades = ("high", "medium", "low")
    table = Table("finding", *grades, header_style="bold", title="Claims by what was found", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    rules = {rule for rule, _ in held}
    for rule in sorted(rules, key=lambda each: ([-held[each, grade] for grade in grades], each)):
        cells = [Text(str(held[rule, grade] or ""), _COLOURS[grade]) for grade in grades]
        table.add_row(Text(rule), *cells)
    if not rules:
        table.add_row("nothing", "", "", "")
    return table


def _table_of_claims(first: Sequence[Result], by_id: dict[str, Case]) -> Table:
    table = Table("claim", "employee", "verdict", header_style="bold", title="Most overpaid", title_justify="left")
    table.add_column("too much", justify="right")
    table.add_column("why")
    for result in first:
        case = by_id[result.claim_id]
        who = case.claim.employee if case.claim else ""
        over = Money(result.overpayment or Decimal(0), _currency(case))
        why = result.findings[0].message if result.findings else ""
        cells = [harmless(cell) for cell in (result.claim_id, who, result.verdict, str(over), why)]
        table.add_row(*(Text(cell, _COLOURS[cell] if place == 2 else "") for place, cell in enumerate(cells)))
    return table


def _order(result: Result, by_id: dict[str, Case]) -> tuple[str, Decimal, str]:
    """The most first, currency by currency: sums of two currencies have no order."""
    return _currency(by_id[result.claim_id]), -(result.overpayment or Decimal(0)), result.claim_id


def _currency(case: Case) -> str:
    return case.claim.currency if case.claim else UNKNOWN
