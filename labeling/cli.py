"""`tailor label`: a folder of documents in, labels out, at a cost known beforehand."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.ocr import OcrEngine
    from extractor.task import Task
    from labeling.base import Teacher
    from labeling.run import Forecast, RunSettings, Session

_TEACHER, _LIMITS, _OUTPUT = "The teacher", "Money and limits", "What is written"


@dataclass(frozen=True)
class _Asked:
    """What the command line says beside the run's own settings."""

    paths: list[Path]
    output: Path
    teacher: str
    task: str
    words: bool
    key_file: Path | None
    base_url: str | None
    prices: Path | None
    dry_run: bool
    json: bool
    fresh: bool
    yes: bool
    quiet: bool


def label(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders (walked) or patterns such as 'in/*.pdf'.", show_default=False, readable=False
        ),
    ],
    teacher: Annotated[
        str,
        typer.Option(
            "--teacher",
            metavar="NAME[:ARGUMENT]",
            help="Who labels: anthropic:MODEL, openai:MODEL, transformers:FOLDER, replay:FILE, command:PROGRAM.",
            show_default=False,
            rich_help_panel=_TEACHER,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The label file (.jsonl).", show_default=False, rich_help_panel=_OUTPUT),
    ],
    task: Annotated[
        str, typer.Option(help="What to read: a YAML file, or a task that ships.", rich_help_panel=_TEACHER)
    ] = "receipts",
    words: Annotated[
        bool, typer.Option("--words", help="Give the words that OCR reads as help.", rich_help_panel=_TEACHER)
    ] = False,
    samples: Annotated[
        int, typer.Option(min=1, max=32, help="Ask so often about each document.", rich_help_panel=_TEACHER)
    ] = 1,
    key_file: Annotated[
        Path | None, typer.Option(help="A file that holds the key alone.", rich_help_panel=_TEACHER)
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Another server of the same interface.", rich_help_panel=_TEACHER)
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="A table of prices instead of the one that ships.", rich_help_panel=_TEACHER)
    ] = None,
    idempotent: Annotated[
        bool | None,
        typer.Option(
            "--idempotent/--not-idempotent",
            help="Whether the server answers a repeated Idempotency-Key from memory. By default what the teacher says.",
            show_default=False,
            rich_help_panel=_TEACHER,
        ),
    ] = None,
    budget: Annotated[
        float, typer.Option(min=0.0, help="US dollars, earlier runs included.", rich_help_panel=_LIMITS)
    ] = 20.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and stop.", rich_help_panel=_LIMITS)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The dry run's figures as JSON, for a program.", rich_help_panel=_LIMITS)
    ] = False,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls at a time, at most.", rich_help_panel=_LIMITS)] = 8,
    batch: Annotated[
        bool, typer.Option("--batch", help="Through the provider's batch interface.", rich_help_panel=_LIMITS)
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Calls a minute, at most.", rich_help_panel=_LIMITS)
    ] = None,
    tokens_per_minute: Annotated[
        float | None, typer.Option(min=1.0, help="Tokens a minute, at most.", rich_help_panel=_LIMITS)
    ] = None,
    backoff: Annotated[
        float, typer.Option(min=0.001, help="Seconds before a failed call is repeated.", rich_help_panel=_LIMITS)
    ] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before spending.", rich_help_panel=_LIMITS)] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="The folder of kept answers.", show_default="the user's", rich_help_panel=_OUTPUT),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep answers.", rich_help_panel=_OUTPUT)
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again about what failed for good.", rich_help_panel=_OUTPUT)
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew: forget this output and its ledger.", rich_help_panel=_OUTPUT)
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say nothing but errors.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Let a teacher label documents. The same command again goes on where it stopped.

    Beside the labels stand OUTPUT.ledger (the books) and, where there is something to say, *.failed.jsonl and
    *.samples.jsonl.

    Exit status: 0 all labelled, 1 some failed or are left, 2 wrong usage, 130 interrupted.
    """
    from labeling.run import RunSettings
    from labeling.run.cache import default_folder

    asked = _Asked(paths, output, teacher, task, words, key_file, base_url, prices, dry_run, as_json, fresh, yes, quiet)
    settings = RunSettings(
        budget=Decimal(str(budget)),
        concurrency=concurrency,
        samples=samples,
        requests_per_minute=rate,
        tokens_per_minute=tokens_per_minute,
        cache=None if no_cache else cache or default_folder(),
        idempotent=idempotent,
        retry_failed=retry_failed,
        backoff=backoff,
        batch=batch,
    )
    raise typer.Exit(_labelled(asked, settings))


def _labelled(asked: _Asked, settings: RunSettings) -> int:
    from extractor.loading import find_documents
    from extractor.task import load_task
    from labeling.run import Session, start_anew

    _check_output(asked.output)
    documents = find_documents(asked.paths)
    what = load_task(asked.task)
    teacher = _teacher(asked, settings, what)
    if asked.fresh and not asked.dry_run:
        paid = start_anew(asked.output)
        if paid:
            _say(asked, f"Starting anew; the books of before, with ${paid:.4f} paid, are gone.")
    engine = _engine() if asked.words else None
    # A rehearsal of a fresh start looks at no books of before.
    output = asked.output.with_name(f".{asked.output.name}.anew") if asked.fresh and asked.dry_run else asked.output
    with Session(documents, output, teacher, what, settings, engine=engine, rehearsal=asked.dry_run) as session:
        _tell_ids(asked, session.hashed_ids)
        forecast = session.forecast()
        if asked.dry_run:
            _show(session, forecast, as_json=asked.json)
            return 0
        _announce(asked, session, forecast)
        return _run(asked, session)


def _run(asked: _Asked, session: Session) -> int:
    from extractor.cli.group import INTERRUPTED
    from extractor.cli.progress import stop_on_interrupt
    from labeling.run.telling import summary_lines

    with stop_on_interrupt() as stop:
        report = session.run(stop, quiet=asked.quiet)
    for line in summary_lines(report, asked.output):
        _say(asked, line)
    reason = report.outcome.reason
    if reason is not None:
        raise reason
    if stop.is_set():
        _say(asked, "Interrupted. Run the same command again to go on.")
        return INTERRUPTED
    return 0 if report.complete else 1


def _check_output(output: Path) -> None:
    from extractor.errors import UsageError
    from extractor.writers import check_output

    check_output(output)
    if output.suffix.lower() != ".jsonl":
        raise UsageError(f"Labels are JSON lines; {output.name} is not named so.", hint="Name it labels.jsonl.")


def _teacher(asked: _Asked, settings: RunSettings, task: Task) -> Teacher:
    from labeling.teachers import build_teacher

    return build_teacher(
        asked.teacher,
        task=task,
        words=asked.words,
        key_file=asked.key_file,
        base_url=asked.base_url,
        prices=asked.prices,
        batch=settings.batch,
    )


def _engine() -> OcrEngine:
    from extractor.ocr import build_engine, default_cache_folder

    return build_engine("auto", cache=default_cache_folder())


def _tell_ids(asked: _Asked, ids: Sequence[str]) -> None:
    if ids:
        shown = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
        _say(asked, f"{len(ids)} documents share their names with others; their ids carry a hash: {shown}")


def _announce(asked: _Asked, session: Session, forecast: Forecast) -> None:
    """The estimate, what of it the budget pays for, and on a terminal the question whether to go on."""
    from labeling.run.telling import budget_line, estimate_line

    _say(asked, estimate_line(session, forecast))
    if told := budget_line(session, forecast):
        _say(asked, told)
    if forecast.cost and not asked.yes and sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm("Go on?", abort=True, err=True)


def _show(session: Session, forecast: Forecast, *, as_json: bool) -> None:
    import json

    from labeling.run.telling import figures, print_table

    if as_json:
        typer.echo(json.dumps(figures(session, forecast)))
    else:
        print_table(session, forecast)


def _say(asked: _Asked, line: str) -> None:
    from extractor.cli.reading import harmless

    if not asked.quiet:
        typer.echo(harmless(line), err=True)
