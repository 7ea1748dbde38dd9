"""What `tailor label` says before and after: the estimate, the sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractor.errors import TailorError
from labeling.run.calling import Ended
from labeling.run.estimating import Forecast
from labeling.run.progress import duration, money
from labeling.run.session import Report, Session

UNWEIGHED = 5
"""So many labels without trust are named."""


def estimate_line(session: Session, forecast: Forecast) -> str:
    """The estimate in one line."""
    if not forecast.questions:
        return f"{len(session.sources)} documents, nothing to ask."
    sure = f" (± {forecast.error:.1%})" if forecast.error else ""
    tokens = f"{forecast.tokens.input:,} tokens in and {forecast.tokens.output:,} out"
    return (
        f"{forecast.documents} documents to label with {session.teacher.name}: about {money(forecast.cost)}{sure}, "
        f"{tokens}, {duration(forecast.seconds)}."
    )


def budget_line(session: Session, forecast: Forecast) -> str | None:
    """What of it the budget pays for, where that isn't all."""
    fits = session.budget.fits(forecast.costs)
    if fits >= forecast.documents:
        return None
    left = money(session.budget.left or Decimal(0))
    return f"The budget leaves {left}: about {fits} of {forecast.documents} documents fit, and only those."


def figures(session: Session, forecast: Forecast) -> dict[str, Any]:
    """The estimate for a program."""
    tokens = forecast.tokens
    return {
        "teacher": session.teacher.name,
        "documents": len(session.sources),
        "to_ask": forecast.documents,
        "questions": forecast.questions,
        "tokens": {"input": tokens.input, "output": tokens.output, "cached": tokens.cached},
        "cost": f"{forecast.cost:f}",
        "error": forecast.error,
        "spent": f"{session.budget.committed:f}",
        "seconds": forecast.seconds,
        "fits": session.budget.fits(forecast.costs),
    }


def print_table(session: Session, forecast: Forecast) -> None:
    """The estimate for a person, to standard output."""
    from rich.console import Console
    from rich.table import Table

    sure = f" ± {forecast.error:.1%}" if forecast.error else ""
    rows = [
        ("teacher", session.teacher.name),
        ("documents found", f"{len(session.sources):,}"),
        ("documents to ask about", f"{forecast.documents:,}"),
        ("questions", f"{forecast.questions:,}"),
        ("tokens in (of them from cache)", f"{forecast.tokens.input:,} ({forecast.tokens.cached:,})"),
        ("tokens out", f"{forecast.tokens.output:,}"),
        ("cost", f"{money(forecast.cost)}{sure}"),
        ("spent before", money(session.budget.committed)),
        ("documents that the budget pays for", f"{session.budget.fits(forecast.costs):,}"),
        ("time, roughly", duration(forecast.seconds)),
    ]
    if forecast.unreadable:
        rows.append(("unreadable, of those looked at", str(forecast.unreadable)))
    table = Table(show_header=False)
    for name, value in rows:
        table.add_row(name, value)
    Console().print(table)


def unweighed_lines(unread: Mapping[str, TailorError]) -> Iterator[str]:
    """Which labels got no trust, and why."""
    for id, error in list(unread.items())[:UNWEIGHED]:
        yield f"{id} gets no trust [{error.code}]: {error}"
    if len(unread) > UNWEIGHED:
        yield f"{len(unread)} labels in all get no trust, because their documents can't be read."


def summary_lines(report: Report, output: Path) -> Iterator[str]:
    """What a run came to."""
    counts, written = report.outcome.counts, report.written
    kept = f", {counts[Ended.KEPT]} answers were known" if counts[Ended.KEPT] else ""
    unsure = f" (and {money(report.spent.unsure)} perhaps)" if report.spent.unsure else ""
    yield (
        f"{written.labelled} documents labelled, {written.failed} failed{kept}; "
        f"{money(report.spent.paid)} paid{unsure} → {output}"
    )
    if report.outcome.over_budget:
        yield f"{report.outcome.over_budget} are left for want of budget: raise --budget and run it again."
