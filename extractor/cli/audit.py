"""`tailor audit`: claims and receipts in, one decision a claim out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.policy.audit import Result
    from extractor.policy.cases import Case, ReceiptEvidence
    from extractor.policy.claims.matching import Matching
    from extractor.policy.claims.reading import ClaimTable
    from extractor.policy.rates import Rates

_CLAIMS, _RECEIPTS, _WEIGHED, _OUTPUT = "The claims", "The receipts", "What is weighed", "What is written"


def audit(
    claims: Annotated[
        Path,
        typer.Argument(help="A table of claims: CSV, XLSX, JSON or JSON lines.", show_default=False, dir_okay=False),
    ],
    receipts: Annotated[
        Path | None,
        typer.Option(help="The folder with the receipts' files.", rich_help_panel=_RECEIPTS, show_default=False),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            help="Records that tailor extract wrote (JSON lines), instead of reading those receipts.",
            rich_help_panel=_RECEIPTS,
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Where the findings go, JSON lines; else to standard output.",
            rich_help_panel=_OUTPUT,
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="A folder for the report (HTML, XLSX).", rich_help_panel=_OUTPUT, show_default=False),
    ] = None,
    policy: Annotated[
        str, typer.Option(help="A policy's YAML file, or the name of a shipped one.", rich_help_panel=_WEIGHED)
    ] = "default",
    rates: Annotated[
        Path | None,
        typer.Option(
            help="Exchange rates, as the European Central Bank publishes them (CSV or XML).",
            rich_help_panel=_WEIGHED,
            show_default=False,
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            help="The index of receipts seen earlier: a file, or a database's URL.",
            rich_help_panel=_WEIGHED,
            show_default=False,
        ),
    ] = None,
    dismissals: Annotated[
        Path | None,
        typer.Option(help="False alarms that were dismissed earlier.", rich_help_panel=_WEIGHED, show_default=False),
    ] = None,
    today: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day of the audit, if not today.",
            rich_help_panel=_WEIGHED,
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="Names of columns, amount=Betrag,date=Datum; or a YAML file that maps them.",
            rich_help_panel=_CLAIMS,
            show_default=False,
        ),
    ] = None,
    date_format: Annotated[
        str | None,
        typer.Option(
            help="How dates are written, e.g. %d.%m.%Y; else ISO 8601.", rich_help_panel=_CLAIMS, show_default=False
        ),
    ] = None,
    decimal: Annotated[
        str | None,
        typer.Option(
            help="The decimal sign of amounts, . or , ; else found out.", rich_help_panel=_CLAIMS, show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A shipped model's name or a folder.", rich_help_panel=_RECEIPTS, show_default=False),
    ] = None,
    ocr: Annotated[str, typer.Option(help="auto, rapidocr or tesseract.", rich_help_panel=_RECEIPTS)] = "auto",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep OCR readings.", rich_help_panel=_RECEIPTS)
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes. By default one a core, at most 4.", rich_help_panel=_RECEIPTS, show_default=False
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Neither progress nor summary.")] = False,
) -> None:
    """Hold claims against receipts and a policy: one verdict a claim, with what was found and what is overpaid.

    Exit status: 0 all claims were decided, 1 some rows or receipts could not be read (the findings say which), 2 wrong
    usage, 130 interrupted.
    """
    from extractor.policy.claims.form import load_form
    from extractor.policy.claims.reading import read_claims
    from extractor.policy.examiners import policy_named
    from extractor.policy.rates import Rates

    _check_places(receipts, records, output)
    # Everything that may be wrong with the call is looked at before the receipts are read, which takes long.
    table = read_claims(claims, load_form(columns, date_format=date_format, decimal=decimal))
    chosen = policy_named(policy)
    known_rates = Rates.read(rates) if rates else None
    day = today.date() if today else date.today()
    _tell_table(table, quiet)
    evidence = _evidence(receipts, records, _Machine(model, ocr, no_cache, workers, quiet))
    told = _audited(table, evidence, _Weighed(chosen, known_rates, history, dismissals, day))
    _write(told, output)
    if report:
        _report(told, report, day, known_rates)
    if not quiet:
        from extractor.cli.audit_summary import Told, print_summary

        print_summary(Told(told.results, told.matching.cases, len(told.dismissed)), output, report)
    failed = any(receipt.record.status == "failed" for receipt in evidence)
    raise typer.Exit(1 if failed or table.problems else 0)


@dataclass(frozen=True)
class _Machine:
    model: str | None
    ocr: str
    no_cache: bool
    workers: int | None
    quiet: bool


@dataclass(frozen=True)
class _Weighed:
    policy: Any | None
    rates: Rates | None
    history: str | None
    dismissals: Path | None
    today: date


@dataclass(frozen=True)
class _Told:
    """Results of all cases, those of receipts without a claim included, and what was dismissed."""

    results: tuple[Result, ...]
    matching: Matching
    dismissed: tuple[Any, ...]
    policy: Any | None


def _check_places(receipts: Path | None, records: Path | None, output: Path | None) -> None:
    from extractor.errors import UsageError

    if receipts is None and records is None:
        raise UsageError(
            "No receipts to hold the claims against.",
            hint="Name their folder with --receipts, or --records FILE.jsonl.",
        )
    if receipts is not None and not receipts.is_dir():
        raise UsageError(f"The folder of receipts {receipts} is not there.", hint="Name a folder with --receipts.")
    if output is not None and output.suffix.lower() not in (".jsonl", ".ndjson", ".json"):
        raise UsageError(f"{output} is no place for JSON lines.", hint="Name a .jsonl file with -o.")


def _tell_table(table: ClaimTable, quiet: bool) -> None:
    from extractor.cli.reading import harmless

    for problem in table.problems:
        typer.echo(harmless(f"warning [claim_row]: {problem.message} The claim goes to review."), err=True)
    if table.unused and not quiet:
        typer.echo(harmless(f"note: columns that were not used: {', '.join(table.unused)}"), err=True)


def _evidence(receipts: Path | None, records: Path | None, machine: _Machine) -> list[ReceiptEvidence]:
    from extractor.cli.evidence import Reading, from_records, read_receipts
    from extractor.cli.progress import Progress, stop_on_interrupt
    from extractor.cli.reading import cache_folder, default_workers, documents_in
    from extractor.evaluation import load_predictions
    from extractor.pipeline import Settings

    ready = load_predictions(records) if records else []
    if receipts is None:
        return from_records(ready)
    paths, _ = documents_in([receipts])
    settings = Settings(model=machine.model, ocr=machine.ocr, cache=None if machine.no_cache else cache_folder())
    known = {record.sha256: record for record in ready if record.sha256 and record.status != "failed"}
    how = Reading(settings, machine.workers or default_workers(len(paths)), 300 * 1.2 + 2, known)
    progress = Progress(len(paths), quiet=machine.quiet)
    with stop_on_interrupt() as stop, progress:
        found = read_receipts(paths, how, progress, stop)
    if stop.is_set():
        # Half of the receipts would make honest claims look as if they had none.
        raise KeyboardInterrupt
    return found


def _audited(table: ClaimTable, evidence: Sequence[ReceiptEvidence], weighed: _Weighed) -> _Told:
    from extractor.policy.audit import audit as run
    from extractor.policy.cases import Situation
    from extractor.policy.claims.matching import match
    from extractor.policy.claims.notes import row_notes
    from extractor.policy.examiners import Choice, examiners_for

    matching = match(table.claims, evidence, weighed.rates)
    choice = Choice(weighed.policy, weighed.history, (*row_notes(table.problems), *matching.notes))
    situation = Situation(today=weighed.today, currency=getattr(weighed.policy, "currency", None), rates=weighed.rates)
    with examiners_for(choice) as examiners:
        results = run(matching.cases, examiners, weighed.policy, situation)
    kept, gone = _without_dismissed(results, matching.cases, weighed)
    return _Told(kept, matching, gone, weighed.policy)


def _without_dismissed(
    results: Sequence[Result], cases: Sequence[Case], weighed: _Weighed
) -> tuple[tuple[Result, ...], tuple[Any, ...]]:
    if weighed.dismissals is None:
        return tuple(results), ()
    from importlib import import_module

    from extractor.policy.audit import resettled

    by_id = {case.id: case for case in cases}
    held = import_module("extractor.policy.dismissals").Dismissals.read(weighed.dismissals)
    kept, gone = held.filter(
        results, cases, settle=lambda result: resettled(result, by_id[result.claim_id], weighed.policy)
    )
    return tuple(kept), tuple(gone)


def _write(told: _Told, output: Path | None) -> None:
    """One line a claim; receipts that nobody claims stand in summary and report alone."""
    from extractor.writers.base import explained, replacing

    alone = {case.id for case in told.matching.unclaimed}
    lines = "".join(f"{result.to_json()}\n" for result in told.results if result.claim_id not in alone)
    if output is None:
        sys.stdout.write(lines)
        sys.stdout.flush()
        return
    with explained(output), replacing(output) as draft:
        draft.write_text(lines, encoding="utf-8", errors="backslashreplace")


def _report(told: _Told, folder: Path, today: date, rates: Rates | None) -> None:
    from importlib import import_module

    currency = getattr(told.policy, "currency", None)
    exchange = (lambda money, day: rates.convert(money, currency, day or today)) if rates and currency else None
    write = import_module("extractor.policy.reports").write_report
    write(told.results, told.matching.cases, folder, dismissed=told.dismissed, exchange=exchange, today=today)
