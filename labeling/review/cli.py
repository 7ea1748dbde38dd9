"""`tailor review`: labels and predictions to Label Studio, what people made of them back, and how far they are."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from labeling.review.client import Client
    from labeling.review.status import Agreement, ProjectStatus

review = typer.Typer(
    name="review",
    help="Send labels to Label Studio for review, and fetch them back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PASSWORD_VARIABLE = "TAILOR_BACKEND_PASSWORD"

Project = Annotated[str, typer.Option("--project", help="The project's name in Label Studio.", show_default=False)]
TaskFile = Annotated[str, typer.Option("--task", help="What is read: a task that ships, or a YAML file.")]
Url = Annotated[str | None, typer.Option(help="Label Studio's address (else LABEL_STUDIO_URL).")]
TokenFile = Annotated[
    Path | None, typer.Option(help="A file with the token (else LABEL_STUDIO_API_KEY in the environment).")
]


@review.command()
def push(
    source: Annotated[
        Path, typer.Argument(help="Records of tailor extract, or labels: JSON lines.", show_default=False)
    ],
    project: Project,
    pictures: Annotated[
        Path | None, typer.Option(help="The folder of the documents. Records find theirs without it.")
    ] = None,
    task: TaskFile = "receipts",
    url: Url = None,
    token_file: TokenFile = None,
    least_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out documents read at least this sure in every value.")
    ] = 1.0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Create or complete a project: pictures, and values with boxes and confidences, the most doubtful first.

    Pushing again doubles nothing. Exit status: 0 all sent, 1 some documents could not be, 2 wrong usage.
    """
    from extractor.cli.reading import harmless
    from extractor.task import load_task
    from labeling.review.pictures import PictureFolder, check_pictures
    from labeling.review.push import push as send
    from labeling.review.sources import read_sources

    what = load_task(task)
    sources = read_sources(source, what)
    check_pictures(pictures, sources)
    folder = PictureFolder(pictures)
    client = _client(url, token_file)

    def progress(done: int, total: int) -> None:
        if not quiet:
            typer.echo(f"{done} of {total} documents sent", err=True)

    made, report = send(client, project, sources, folder, what, below=least_confidence, progress=progress)
    for problem in report.problems:
        typer.echo(harmless(f"not sent: {problem}"), err=True)
    if not quiet:
        sure = f", {report.sure} sure enough to be left out" if report.sure else ""
        typer.echo(f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged{sure}", err=True)
    typer.echo(f"{client.url}/projects/{made['id']}")
    raise typer.Exit(1 if report.problems else 0)


@review.command()
def pull(
    project: Project,
    output: Annotated[Path, typer.Option("-o", "--output", help="The labels, JSON lines.", show_default=False)],
    records: Annotated[Path | None, typer.Option(help="Records too, with boxes and pages, JSON lines.")] = None,
    task: TaskFile = "receipts",
    url: Url = None,
    token_file: TokenFile = None,
) -> None:
    """Bring reviewed documents back as labels: who, when, and what they changed stands in `provenance`.

    Exit status: 0 all understood, 1 something that was written at a document could not be, 2 wrong usage.
    """
    from extractor.cli.reading import harmless
    from extractor.task import load_task
    from extractor.writers.base import explained, replacing
    from labeling.review.pull import reviews

    what = load_task(task)
    client = _client(url, token_file)
    found = list(reviews(client.tasks(_number(client, project)), what, client.people()))
    wanted = {output: [json.dumps(each.label(what), ensure_ascii=False) for each in found]}
    if records is not None:
        wanted[records] = [each.record().to_json() for each in found]
    for path, lines in wanted.items():
        with explained(path), replacing(path) as draft:
            draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    problems = [f"{each.document}: {problem}" for each in found for problem in each.problems]
    for problem in problems:
        typer.echo(harmless(problem), err=True)
    changed = sum(bool(each.changes) for each in found)
    typer.echo(f"{len(found)} reviewed documents, {changed} of them changed → {output}", err=True)
    raise typer.Exit(1 if problems else 0)


@review.command()
def status(
    project: Project,
    task: TaskFile = "receipts",
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show progress, and how much people, teacher and student agree on each field (ANLS, 0 to 1)."""
    from extractor.task import load_task
    from labeling.review.status import project_status

    what = load_task(task)
    client = _client(url, token_file)
    found = project_status(client.tasks(_number(client, project)), what)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _show(found)


@review.command()
def backend(
    host: Annotated[str, typer.Option(help="Where to listen; beyond this machine only with a password.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 9090,
    model: Annotated[Path | None, typer.Option(help="A model folder instead of the built-in one.")] = None,
    connect: Annotated[
        str | None, typer.Option(help="Make this project of Label Studio use the backend.", show_default=False)
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="How Label Studio reaches the backend (else http://HOST:PORT).")
    ] = None,
    retrain_after: Annotated[
        int | None, typer.Option(min=1, help="Mark the corpus for re-training after so many reviews.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="The labels that are trained on, to be marked.")] = None,
    task: TaskFile = "receipts",
    url: Url = None,
    token_file: TokenFile = None,
) -> None:
    """Serve live pre-annotation: a task that is opened in Label Studio shows what the student reads.

    The password is taken from TAILOR_BACKEND_PASSWORD; Label Studio is told it by --connect.
    """
    from extractor.errors import UsageError
    from extractor.pipeline import Extractor
    from extractor.task import load_task
    from labeling.review.backend import Backend, application
    from labeling.review.connecting import is_loopback, join, serve
    from labeling.review.retraining import Marker

    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password and not is_loopback(host):
        hint = f"Set {PASSWORD_VARIABLE}, or listen on 127.0.0.1."
        raise UsageError(f"Listening on {host} without a password lets anybody in.", code="open_door", hint=hint)
    if (retrain_after is None) != (corpus is None):
        raise UsageError("--retrain-after and --corpus go together.")
    client = _client(url, token_file)
    reader = Extractor(model=model)
    marker = Marker(corpus, retrain_after) if corpus and retrain_after else None
    app = application(Backend(reader, client.fetch, load_task(task), reader.student.name, marker, password))
    place = address or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    number = _number(client, connect) if connect else None

    def once_up() -> None:
        if number is not None:
            join(client, number, place, password, notices=marker is not None)
        typer.echo(f"Ready at {place}", err=True)

    serve(app, host, port, once_up)


def _client(url: str | None, token_file: Path | None) -> Client:
    from labeling.review.client import Client, credentials

    return Client(*credentials(url, token_file))


def _number(client: Client, title: str) -> int:
    from extractor.errors import UsageError

    found = client.project(title)
    if found is None:
        raise UsageError(f"There is no project {title!r} in Label Studio.", hint="tailor review push creates it.")
    return int(found["id"])


def _show(found: ProjectStatus) -> None:
    """Progress in a line, then a table on a terminal, or lines with tabs where another program reads."""
    done = f"{found.done} of {found.total} done by {found.people} people ({found.changed} changed)"
    typer.echo(f"{done}, {found.skipped} skipped, {found.left} left", err=True)
    head = ["field", "people", "person/teacher", "person/student", "teacher/student"]
    rows = [
        [row.field, *map(_cell, (row.people, row.person_teacher, row.person_student, row.teacher_student))]
        for row in found.fields
    ]
    if not sys.stdout.isatty():
        for row in (head, *rows):
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(header_style="bold")
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _cell(found: Agreement | None) -> str:
    return "–" if found is None else f"{found.score:.3f} ({found.n})"
