"""`tailor benchmark`: prints the figures that the product must show, and how to get them again."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from extractor.errors import UsageError
from extractor.ocr import default_cache_folder
from training.benchmark.corpus import corpora
from training.benchmark.figures import CONFIG, CONTRACT, FIGURES, STUDY, Bench
from training.benchmark.predict import Reader
from training.benchmark.report import Figure, as_json, from_json, markdown

REPORTS = ("errors", "ceilings", "table", "cards", "tampering-table")
"""What is printed or written instead of figures; one a call."""


def benchmark(
    figures: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Any of: {', '.join(FIGURES)}. None: {', '.join(CONTRACT)}. Or one of: {', '.join(REPORTS)}.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder with sroie_train and wild_train.")] = Path("../shared/data"),
    teacher: Annotated[Path, typer.Option(help="Folder with the teacher's labels.")] = Path("../shared/teacher"),
    limit: Annotated[int | None, typer.Option(min=2, help="How many documents a figure takes.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read.")] = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
    model: Annotated[str | None, typer.Option(help="A shipped model's name or a folder; else the default.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="OCR cache of the figures of accuracy; else the usual one.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the records that were read.")] = Path("out/benchmark"),
    records: Annotated[
        Path | None,
        typer.Option(help="For errors: the records of a run, JSON lines. For table: what --json wrote."),
    ] = None,
    worst: Annotated[int, typer.Option(min=1, help="For errors: how many faults are listed.")] = 60,
    config: Annotated[Path, typer.Option(help="For distil and training: the run whose pace is measured.")] = CONFIG,
    study: Annotated[Path, typer.Option(help="For distil: the results that tailor study wrote.")] = STUDY,
    count: Annotated[int, typer.Option(min=1000, help="For index: how many receipts it holds.")] = 1_000_000,
    place: Annotated[
        str | None,
        typer.Option(help="For index: a file or PostgreSQL URL that is kept and filled on.", show_default=False),
    ] = None,
) -> None:
    """Measure what Tailor must show: accuracy, speed, memory, calibration. A line a figure, then a markdown table.

    distil prints the whole table of what the distilled student must show. errors --records FILE lists the worst fields
    of a run and says whether OCR or student erred; ceilings says what stands between the figures and 1; table --records
    FILE prints figures that --json wrote as markdown; cards tells in each shipped model's card which to choose;
    tampering-table measures the signs of tampering on train and writes their thresholds.

    Raises UsageError for wrong names or missing data, ProbeFailed where a measured process ends badly.
    """
    reader = Reader(model, cache or default_cache_folder(), workers, out, _progress)
    bench = Bench(corpora(data, teacher), reader, limit, config, study, count, place)
    match figures:
        case ["errors"]:
            print_errors(bench, records, worst)
        case ["ceilings"]:
            from training.benchmark import ceilings

            typer.echo(ceilings.measure(bench.corpora.values(), reader, limit))
        case ["table"]:
            print_table(records)
        case ["cards"]:
            from training.card import write_choices

            for path in write_choices():
                typer.echo(path)
        case ["tampering-table"]:
            from training.benchmark import tampering

            table = tampering.write_table(list(bench.corpora.values()), reader, limit)
            typer.echo(f"{tampering.TABLE}: {table.documents} honest receipts, {table.forged} of them forged as well")
        case _:
            run(bench, list(figures or CONTRACT), json_file)


def run(bench: Bench, names: list[str], json_file: Path | None = None) -> list[Figure]:
    """Measures the named figures in order, printing each as soon as it is known.

    Raises UsageError for a name that is none.
    """
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise UsageError(
            f"There is no figure {unknown[0]!r}.", hint=f"Figures: {', '.join(FIGURES)}. Alone: {', '.join(REPORTS)}."
        )
    measured: list[Figure] = []
    for name in names:
        command = _command(name, bench)
        typer.echo(f"# {command}")
        for figure in FIGURES[name](bench):
            measured.append(replace(figure, command=command))
            typer.echo(measured[-1].line())
    typer.echo("\n" + markdown(measured))
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(as_json(measured) + "\n", encoding="utf-8")
    return measured


def print_table(path: Path | None) -> None:
    """Figures that `--json` wrote, as the markdown table that was printed with them."""
    if path is None:
        raise UsageError("No figures to print.", hint="Name them: tailor benchmark table --records FILE.json.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The figures {path} can't be read ({type(error).__name__}).") from error
    typer.echo(markdown(from_json(text)))


def print_errors(bench: Bench, path: Path | None, worst: int) -> None:
    """Lists the worst fields of a run as tab-separated lines, and counts them by field."""
    from extractor.evaluation import document_id, load_predictions
    from extractor.types import INFERRED_FIELDS
    from training.benchmark import errors

    if path is None:
        raise UsageError("No records to look at.", hint="Name them: tailor benchmark errors --records FILE.jsonl.")
    read = {document_id(record.file): record for record in load_predictions(path)}
    truths = {}
    for corpus in bench.corpora.values():
        truths.update(corpus.truths(read))
    found = errors.faults(read, truths, INFERRED_FIELDS)
    faulty = list(dict.fromkeys(fault.id for fault in found))
    cache = bench.reader.cache
    texts = {key: errors.ocr_text(read[key], cache) for key in bench.reader.progress(faulty, len(faulty), "words")}
    found = errors.blamed(found, texts.__getitem__)
    typer.echo("id\tfield\tANLS\tblame\tpredicted\ttruth")
    for fault in found[:worst]:
        typer.echo(fault.line())
    typer.echo("\n" + errors.summary(found))


def _command(name: str, bench: Bench) -> str:
    parts = ["tailor benchmark", name]
    if bench.limit is not None:
        parts.append(f"--limit {bench.limit}")
    if name == "index":
        parts.append(f"--count {bench.count}")
    if bench.reader.workers != 2:
        parts.append(f"--workers {bench.reader.workers}")
    if bench.reader.model:
        parts.append(f"--model {bench.reader.model}")
    return " ".join(parts)


def _progress(items: Iterable[Any], total: int, title: str, /) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track

    return track(items, title, total or None, console=Console(file=sys.stderr))
