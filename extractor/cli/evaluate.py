"""`tailor evaluate`: how good predictions are, against ground truth or a teacher's labels."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from extractor.evaluation import FieldScore, Report


class By(StrEnum):
    FIELD = "field"


class Part(StrEnum):
    ALL = "all"
    DEV = "dev"
    TRAIN = "train"


def evaluate(
    predictions: Annotated[Path, typer.Argument(help="JSON lines that tailor extract wrote.", show_default=False)],
    truth: Annotated[
        Path, typer.Argument(help="Ground truth of SROIE, or a teacher's labels: JSON lines.", show_default=False)
    ],
    task: Annotated[
        str, typer.Option(help="What the labels are of: a task that ships, or your own YAML file.")
    ] = "receipts",
    by: Annotated[By | None, typer.Option(help="One line a field instead of the overall figures.")] = None,
    split: Annotated[
        Part, typer.Option(help="Only documents of this split (dev: the digits of the id are divisible by 5).")
    ] = Part.ALL,
    only_predicted: Annotated[
        bool,
        typer.Option(
            "--only-predicted", help="Leave out documents without a prediction, instead of counting them as unread."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
) -> None:
    """Score predictions: ANLS, exact match, coverage, false readings and calibration."""
    from extractor.errors import UsageError
    from extractor.evaluation import document_id, load_predictions, load_truths
    from extractor.evaluation import evaluate as score
    from extractor.task import load_task
    from extractor.truth import in_split

    records = load_predictions(predictions)
    truths = {key: value for key, value in load_truths(truth, load_task(task)).items() if in_split(key, split.value)}
    if only_predicted:
        read = {document_id(record.file) for record in records}
        truths = {key: value for key, value in truths.items() if key in read}
    if not truths:
        hint = "Check --split, and that the names of the files are the ids of the truth."
        raise UsageError("The truth has no document to score.", code="nothing_to_score", hint=hint)
    report = score(records, truths)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
        return
    _show(_lines(report, by))
    _say_what_is_missing(report)


def _lines(report: Report, by: By | None) -> list[list[str]]:
    head = ["field", "n", "ANLS", "exact", "coverage", "false readings", "ECE"]
    scores = [*(report.fields if by else ()), *([report.line_items] if report.line_items else ()), report.overall]
    return [head, *(_cells(score) for score in scores)]


def _cells(score: FieldScore) -> list[str]:
    figures = (score.anls, score.exact, score.coverage)
    false = "–" if score.false_readings is None else f"{score.false_readings:.3f} of {score.nulls}"
    name = "line_items (ANLS*)" if score.field == "line_items" else score.field
    return [name, str(score.n), *map(_figure, figures), false, _figure(score.ece)]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _show(lines: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; lines with tabs where another program reads."""
    if not sys.stdout.isatty():
        for line in lines:
            typer.echo("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(header_style="bold")
    for place, name in enumerate(lines[0]):
        table.add_column(name, justify="left" if place == 0 else "right")
    for line in lines[1:]:
        table.add_row(*line, style="bold" if line[0] == "all" else None, end_section=line is lines[-2])
    Console().print(table)


def _say_what_is_missing(report: Report) -> None:
    if report.missing:
        typer.echo(
            f"{report.missing} of {report.documents} documents have no prediction and count as unread "
            "(--only-predicted leaves them out).",
            err=True,
        )
    if report.failed:
        typer.echo(f"{report.failed} of {report.documents} documents failed and count as unread.", err=True)
