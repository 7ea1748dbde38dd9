"""Writing a report: the page, the workbook, and the lines for machines, side by side in a folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extractor.policy.cases import Case
from extractor.policy.dismissals import Dismissed, keyed
from extractor.policy.reports.crops import crops
from extractor.policy.reports.figures import figures_of
from extractor.policy.reports.html import findings_of, page
from extractor.policy.reports.lines import queue_lines, summary
from extractor.policy.reports.ranking import AuditResult, Entry, Exchange, entries
from extractor.policy.reports.settings import ReportSettings
from extractor.policy.reports.sheets import workbook
from extractor.writers.base import explained, replacing


@dataclass(frozen=True)
class ReportFiles:
    """The files of a report."""

    html: Path
    xlsx: Path
    queue: Path
    summary: Path


def write_report(
    results: Iterable[AuditResult],
    cases: Sequence[Case],
    folder: Path,
    settings: ReportSettings | None = None,
    *,
    dismissed: Sequence[Dismissed] = (),
    exchange: Exchange | None = None,
    today: dt.date | None = None,
) -> ReportFiles:
    """Write report.html, report.xlsx, queue.jsonl and summary.json into a folder, which is made where it is missing.

    `results` are what the audit decided, without what was `dismissed` (Dismissals.filter gives both). `cases` are those
    that were audited: they hold the claims, and the receipts from which pictures are cut. With `exchange` the queue
    compares all currencies. The same input on the same day gives the same report. Raises OutputError where a file
    can't be written.
    """
    settings = settings or ReportSettings()
    today = today or dt.date.today()
    found = tuple(_with_keys(one) for one in entries(results, cases, settings, exchange))
    figures = figures_of(found, (one.finding for one in dismissed), exchange)
    receipts = {receipt.name: receipt for case in cases for receipt in case.receipts}
    waiting = findings_of(figures.queue)
    told = len(findings_of(figures.queue[: settings.cards]))
    asked = [(entry.case, finding) for entry, finding in waiting]
    pictures = crops(asked[:told], receipts, settings, settings.crops)
    grave = [at for at in pictures if waiting[at][1].severity == "high"]
    sheet_pictures = {at: pictures[at] for at in sorted(grave)[: settings.sheet_crops]}
    files = ReportFiles(*(folder / name for name in ("report.html", "report.xlsx", "queue.jsonl", "summary.json")))
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    html = page(figures, pictures, settings, dismissed, today, files.queue.name)
    _write(files.html, html.encode("utf-8", "backslashreplace"))
    _write(files.xlsx, workbook(figures, sheet_pictures, settings.title, dismissed, today))
    _write(files.queue, "".join(f"{line}\n" for line in queue_lines(figures)).encode("utf-8", "backslashreplace"))
    said = summary(figures, settings, len(dismissed), today)
    _write(files.summary, said.encode("utf-8", "backslashreplace"))
    return files


def _with_keys(entry: Entry) -> Entry:
    """With each finding's key, by which it can be dismissed."""
    return replace(entry, findings=tuple(keyed(entry.case, one) for one in entry.findings))


def _write(path: Path, data: bytes) -> None:
    with explained(path), replacing(path) as draft:
        draft.write_bytes(data)
