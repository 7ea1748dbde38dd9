"""What `tailor label` does with its options."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import typer

from extractor.errors import UsageError
from extractor.ocr import OcrEngine
from extractor.student.runtime import Student
from extractor.task import Task, load_task
from labeling.base import Teacher
from labeling.critic.reading import OneAtATime, student_of
from labeling.critic.weighing import Weigher
from labeling.run.choosing import NOTE, Chosen, choose_documents
from labeling.run.estimating import Forecast
from labeling.run.schema import Identity
from labeling.run.session import RunSettings, Session, start_anew


@dataclass(frozen=True)
class Asked:
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
    critic: bool
    critic_student: str
    choose: str | None
    choose_student: str
    labelled: list[Path]

    def say(self, line: str) -> None:
        from extractor.cli.reading import harmless

        if not self.quiet:
            typer.echo(harmless(line), err=True)


class _Tools:
    """The engine and the students of one command, made when they are first needed and then shared: each takes a
    gigabyte, or a second."""

    def __init__(self) -> None:
        self._students: dict[str, Student | None] = {}

    @cached_property
    def engine(self) -> OcrEngine:
        from extractor.ocr import build_engine, default_cache_folder

        return OneAtATime(build_engine("auto", cache=default_cache_folder()))

    def student(self, choice: str) -> Student | None:
        if choice not in self._students:
            self._students[choice] = student_of(choice)
        return self._students[choice]


def carry_out(asked: Asked, settings: RunSettings) -> int:
    """Labels, or tells what it would take; returns the exit status. Raises what is wrong as a TailorError."""
    from extractor.loading import find_documents

    _check(asked)
    tools = _Tools()
    documents = find_documents(asked.paths)
    task = load_task(asked.task)
    teacher = _teacher(asked, settings, task)
    weigher = _weigher(asked, task, tools)
    if asked.fresh and not asked.dry_run:
        paid = start_anew(asked.output)
        if paid:
            asked.say(f"Starting anew; the books of before, with ${paid:.4f} paid, are gone.")
    # A rehearsal of a fresh start looks at no books of before.
    output = asked.output.with_name(f".{asked.output.name}.anew") if asked.fresh and asked.dry_run else asked.output
    chosen = _chosen(asked, settings, documents, output, Identity.of(teacher.name, teacher.prompt_version, task), tools)
    engine = tools.engine if asked.words else None
    given = chosen.paths if chosen else documents
    with Session(
        given, output, teacher, task, settings, engine=engine, weigh=weigher, rehearsal=asked.dry_run
    ) as session:
        _tell_ids(asked, session.hashed_ids)
        if chosen is not None:
            session.ledger.remember(NOTE, chosen.note())
        forecast = session.forecast()
        if asked.dry_run:
            _show(session, forecast, chosen, as_json=asked.json)
            return 0
        _announce(asked, session, forecast)
        return _run(asked, session, weigher)


def _check(asked: Asked) -> None:
    from extractor.writers import check_output

    check_output(asked.output)
    if asked.output.suffix.lower() != ".jsonl":
        raise UsageError(f"Labels are JSON lines; {asked.output.name} is not named so.", hint="Name it labels.jsonl.")
    if asked.critic_student != "none" and not asked.critic:
        raise UsageError("--critic-student says whose view the critic counts.", hint="Add --critic.")
    if asked.labelled and asked.choose is None:
        raise UsageError("--labelled says what a choice need not cover.", hint="Add --choose, or leave it out.")


def _weigher(asked: Asked, task: Task, tools: _Tools) -> Weigher | None:
    if not asked.critic or asked.dry_run:
        return None
    return Weigher(tools.engine, task, student=tools.student(asked.critic_student), tell=asked.say)


def _chosen(
    asked: Asked, settings: RunSettings, documents: Sequence[Path], output: Path, identity: Identity, tools: _Tools
) -> Chosen | None:
    if asked.choose is None:
        return None
    from labeling.choice.folder import Wanted

    chosen = choose_documents(
        documents,
        Wanted.parse(asked.choose),
        output,
        identity,
        load_task(asked.task),
        labelled=asked.labelled,
        retry_failed=settings.retry_failed,
        engine=lambda: tools.engine,
        student=lambda: tools.student(asked.choose_student),
        tell=asked.say,
    )
    for line in chosen.lines():
        asked.say(line)
    return chosen


def _run(asked: Asked, session: Session, weigher: Weigher | None) -> int:
    from extractor.cli.group import INTERRUPTED
    from extractor.cli.progress import stop_on_interrupt
    from labeling.run.telling import summary_lines, unweighed_lines

    with stop_on_interrupt() as stop:
        report = session.run(stop, quiet=asked.quiet)
    for line in (*unweighed_lines(weigher.unread if weigher else {}), *summary_lines(report, asked.output)):
        asked.say(line)
    reason = report.outcome.reason
    if reason is not None:
        raise reason
    if stop.is_set():
        asked.say("Interrupted. Run the same command again to go on.")
        return INTERRUPTED
    return 0 if report.complete else 1


def _teacher(asked: Asked, settings: RunSettings, task: Task) -> Teacher:
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


def _tell_ids(asked: Asked, ids: Sequence[str]) -> None:
    if ids:
        shown = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
        asked.say(f"{len(ids)} documents share their names with others; their ids carry a hash: {shown}")


def _announce(asked: Asked, session: Session, forecast: Forecast) -> None:
    """The estimate, what of it the budget pays for, and on a terminal the question whether to go on."""
    from labeling.run.telling import budget_line, estimate_line

    asked.say(estimate_line(session, forecast))
    if told := budget_line(session, forecast):
        asked.say(told)
    if forecast.cost and not asked.yes and sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm("Go on?", abort=True, err=True)


def _show(session: Session, forecast: Forecast, chosen: Chosen | None, *, as_json: bool) -> None:
    import json

    from labeling.run.telling import figures, print_table

    if as_json:
        also = {} if chosen is None else {"chosen": chosen.files}
        typer.echo(json.dumps({**figures(session, forecast), **also}))
    else:
        print_table(session, forecast)
