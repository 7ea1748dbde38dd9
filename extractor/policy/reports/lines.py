"""The report for machines: the queue as JSON lines, and the figures as one JSON object. Amounts are decimal strings."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from extractor.policy.money import Money
from extractor.policy.reports.figures import Figures, Group, Sums
from extractor.policy.reports.ranking import Entry
from extractor.policy.reports.settings import ReportSettings


def queue_lines(figures: Figures) -> Iterator[str]:
    """One object a claim of the queue, in its order; `key` tells a finding to `tailor dismiss`."""
    for place, entry in enumerate(figures.queue, start=1):
        yield json.dumps(_queued(place, entry), ensure_ascii=False)


def summary(figures: Figures, settings: ReportSettings, dismissed: int, today: dt.date) -> str:
    """The figures of the report, and what was assumed for them."""
    said = {
        "title": settings.title,
        "date": today.isoformat(),
        "claims": figures.claims,
        "receipts_without_claim": figures.receipts_alone,
        "verdicts": {name: figures.verdicts.get(name, 0) for name in ("approve", "review", "reject")},
        "findings": {name: figures.severities.get(name, 0) for name in ("high", "medium", "low")},
        "dismissed": dismissed,
        "claimed": _sums(figures.claimed),
        "at_stake": _sums(figures.stake),
        "expected": _sums(figures.expected),
        "overpayment": _sums(figures.overpayment),
        "expected_in_all": _money(figures.common),
        "to_review": len(figures.queue),
        "review_minutes": f"{figures.minutes:f}",
        "minutes": {
            "claim": f"{settings.minutes_per_claim:f}",
            "kinds": {kind.name: f"{kind.minutes:f}" for kind in settings.kinds},
        },
        "rules": [_group(rule) for rule in figures.rules],
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _queued(place: int, entry: Entry) -> dict[str, Any]:
    return {
        "place": place,
        "claim_id": entry.id,
        "employee": entry.person,
        "merchant": entry.merchant,
        "date": entry.date.isoformat() if entry.date else None,
        "claimed": _money(entry.money),
        "at_stake": _money(entry.stake),
        "expected": _money(entry.expected),
        "minutes": f"{entry.minutes:f}",
        "expected_per_minute": _money(entry.per_minute.rounded()) if entry.per_minute else None,
        "verdict": entry.result.verdict,
        "overpayment": None if entry.result.overpayment is None else f"{entry.result.overpayment:f}",
        "receipts": list(entry.result.receipts),
        "findings": [finding.model_dump(mode="json") for finding in entry.findings],
    }


def _group(rule: Group) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "claims": rule.claims,
        "findings": rule.findings,
        "dismissed": rule.dismissed,
        "at_stake": _sums(rule.stake),
    }


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": f"{money.amount:f}", "currency": money.currency}


def _sums(totals: Sums) -> dict[str, str]:
    return {currency: f"{value:f}" for currency, value in totals.items()}
