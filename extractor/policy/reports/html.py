"""The page: one file that needs no network, no script to be read, and takes nothing on trust that a receipt says."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup

from extractor.policy.cases import Observation
from extractor.policy.dismissals import Dismissed
from extractor.policy.money import Money
from extractor.policy.reports import showing
from extractor.policy.reports.crops import Crop
from extractor.policy.reports.figures import Figures, Group, Sums
from extractor.policy.reports.plots import plots
from extractor.policy.reports.ranking import SEVERITIES, Entry, at_stake
from extractor.policy.reports.settings import ReportSettings

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Told:
    """A finding as the page tells it."""

    finding: Observation
    money: Money | None
    values: list[tuple[str, str, str]]
    """Field, value and how surely it was read."""
    crops: list[Crop]
    dismiss: str
    """The command that dismisses it."""


@dataclass(frozen=True)
class Card:
    """A claim with its findings. `rank` is its place in the queue, from 1."""

    rank: int
    entry: Entry
    findings: list[Told]


@dataclass(frozen=True)
class Tab:
    """A table of groups: a heading, what the first column names, and which columns it has."""

    id: str
    heading: str
    column: str
    groups: Sequence[Group]
    total: int
    nameless: str
    of_rules: bool = False


def page(
    figures: Figures,
    pictures: dict[int, list[Crop]],
    settings: ReportSettings,
    dismissed: Sequence[Dismissed],
    today: dt.date,
    queue_file: str,
) -> str:
    """The whole page. `pictures` are by the place of the finding among those of the queue (`findings_of`)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        said=showing.said,
        hours=showing.hours,
        percent=showing.percent,
        rounded=Money.rounded,
        short=showing.clean,
        picture=_picture,
        sums=_sums,
    )
    style, script = (Markup((_TEMPLATES / name).read_text(encoding="utf-8")) for name in ("report.css", "report.js"))
    cards = _cards(figures, pictures, settings, queue_file)
    context: dict[str, Any] = {
        "settings": settings,
        "figures": figures,
        "today": today,
        "style": style,
        "script": script,
        "policy": _policy(style, script),
        "plots": plots(figures),
        "rows": figures.queue[: settings.queue_rows],
        "rules": sorted({finding.rule for one in figures.queue for finding in one.findings}),
        "currencies": sorted({one.stake.currency for one in figures.queue if one.stake}),
        "severities": SEVERITIES,
        "cards": {name: [card for card in cards if card.entry.severity == name] for name in SEVERITIES},
        "told": {card.rank for card in cards},
        "crops": sum(len(told.crops) for card in cards for told in card.findings),
        "tabs": _tabs(figures, settings),
        "dismissed": dismissed[: settings.dismissed_rows],
        "dismissed_in_all": len(dismissed),
        "share": _share,
        "queue_file": queue_file,
    }
    return environment.get_template("report.html").render(context)


def findings_of(queue: Sequence[Entry]) -> list[tuple[Entry, Observation]]:
    """Every finding of the queue, in its order."""
    return [(entry, finding) for entry in queue for finding in entry.findings]


def _cards(figures: Figures, pictures: dict[int, list[Crop]], settings: ReportSettings, queue_file: str) -> list[Card]:
    cards, at = [], 0
    for rank, entry in enumerate(figures.queue[: settings.cards], start=1):
        told = []
        for finding in entry.findings:
            command = _command(entry.id, finding.rule, queue_file)
            told.append(Told(finding, at_stake(finding), _values(entry, finding), pictures.get(at, []), command))
            at += 1
        if told:
            cards.append(Card(rank, entry, told))
    return cards


def _values(entry: Entry, finding: Observation) -> list[tuple[str, str, str]]:
    """What was read of the fields that a finding names, of each receipt of the claim."""
    found = []
    for receipt in entry.case.receipts:
        where = f" ({receipt.name})" if len(entry.case.receipts) > 1 else ""
        for name in dict.fromkeys(finding.fields):
            if field := receipt.record.receipt.fields.get(name):
                sure = f"read {showing.percent(field.confidence)} surely"
                found.append((name.replace("_", " ") + where, field.value, sure))
    return found[:12]


def _command(claim: str, rule: str, queue_file: str) -> str:
    words = ["tailor", "dismiss", "add", queue_file, claim, rule]
    return f'{shlex.join(showing.clean(word) for word in words)} --reason "…" --by "…" --file dismissals.jsonl'


def _tabs(figures: Figures, settings: ReportSettings) -> list[Tab]:
    most = settings.group_rows
    people, merchants, rules = figures.people, figures.merchants, figures.rules
    return [
        Tab("people", "By person", "Person", people[:most], len(people), "(no name)"),
        Tab("merchants", "By merchant", "Merchant", merchants[:most], len(merchants), "(no merchant)"),
        Tab("rules", "By rule", "Rule", rules[:most], len(rules), "(no rule)", of_rules=True),
    ]


def _share(figures: Figures, verdict: str) -> float:
    return figures.verdicts.get(verdict, 0) / max(1, len(figures.entries))


def _sums(totals: Sums, rounded: bool = False) -> list[str]:
    money = [Money(value, currency) for currency, value in totals.items() if value]
    return [showing.said(one.rounded() if rounded else one) for one in money]


def _picture(crop: Crop) -> Markup:
    return Markup("data:image/jpeg;base64," + base64.b64encode(crop.data).decode("ascii"))


def _shown(value: object) -> object:
    """Applied to everything that the template puts into the page, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return showing.clean(value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _policy(style: str, script: str) -> Markup:
    """A content security policy: nothing is fetched, and only this style and this script count."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return Markup(
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
