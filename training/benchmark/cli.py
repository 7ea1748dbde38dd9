"""`tailor benchmark`: prints the figures that the product must show, and how to get them again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from extractor.errors import UsageError
from extractor.ocr import default_cache_folder
from training.benchmark import accuracy, calibration, memory, model, rotation, speed
from training.benchmark.corpus import Corpus, corpora, spread
from training.benchmark.predict import Reader
from training.benchmark.report import Figure, as_json, markdown


@dataclass(frozen=True, slots=True)
class Bench:
    """What a figure needs to be measured: the corpora, the reader, and how much."""

    corpora: dict[str, Corpus]
    reader: Reader
    limit: int | None = None

    @property
    def sroie(self) -> Corpus:
        return self.corpora["sroie"]

    @property
    def wild(self) -> Corpus:
        return self.corpora["wild"]

    def mixed(self, count: int | None) -> list[Path]:
        """Dev pictures of both corpora, in proportion."""
        return spread([path for corpus in self.corpora.values() for path in corpus.pictures()], count)


def _sroie(bench: Bench) -> list[Figure]:
    return accuracy.sroie(bench.reader.read(bench.sroie.pictures(limit=bench.limit), "sroie"), bench.sroie)


def _wild(bench: Bench) -> list[Figure]:
    return accuracy.wild(bench.reader.read(bench.wild.pictures(limit=bench.limit), "wild"), bench.wild)


def _teacher(bench: Bench) -> list[Figure]:
    return accuracy.teacher(bench.sroie, [path.stem for path in bench.sroie.pictures(limit=bench.limit)])


def _student_latency(bench: Bench) -> list[Figure]:
    return speed.student_latency(bench.mixed(bench.limit or 60), bench.reader.model, bench.reader.progress)


def _throughput(bench: Bench) -> list[Figure]:
    return speed.throughput(bench.mixed(bench.limit or 60), bench.reader.model, bench.reader.workers)


def _memory(bench: Bench) -> list[Figure]:
    pictures = [path for corpus in bench.corpora.values() for path in corpus.pictures("all")]
    return memory.figures(pictures, bench.reader.model, bench.limit or 500, bench.reader.progress)


def _calibration(bench: Bench) -> list[Figure]:
    from extractor.evaluation import calibration_error

    claims: list[calibration.Claim] = []
    for name, corpus in bench.corpora.items():
        records = bench.reader.read(corpus.pictures(limit=bench.limit), name)
        claims += accuracy.claims(records, corpus.truths(records))
    return calibration.figures(claims, calibration_error)


def _rotation(bench: Bench) -> list[Figure]:
    limit = bench.limit or 40
    return [figure for corpus in bench.corpora.values() for figure in rotation.figures(corpus, bench.reader, limit)]


def _ocr_settings(bench: Bench) -> list[Figure]:
    from training.benchmark import ocr_settings

    return ocr_settings.figures(list(bench.corpora.values()), bench.reader, bench.limit or 40)


def _model(bench: Bench) -> list[Figure]:
    return model.figures(bench.reader.model)


FIGURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "sroie": _sroie,
    "wild": _wild,
    "teacher": _teacher,
    "calibration": _calibration,
    "rotation": _rotation,
    "model": _model,
    "student-latency": _student_latency,
    "throughput": _throughput,
    "memory": _memory,
    "ocr-settings": _ocr_settings,
}

CONTRACT = ("sroie", "wild", "teacher", "calibration", "rotation", "model", "student-latency", "throughput", "memory")
"""What is measured when no figure is named; `ocr-settings` is for choosing, not for showing."""


def benchmark(
    figures: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Any of: {', '.join(FIGURES)}; or errors. None: all but ocr-settings.", show_default=False
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder with sroie_train and wild_train.")] = Path("../shared/data"),
    teacher: Annotated[Path, typer.Option(help="Folder with the teacher's labels.")] = Path("../shared/teacher"),
    limit: Annotated[int | None, typer.Option(min=2, help="How many documents a figure takes.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read.")] = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
    model_folder: Annotated[Path | None, typer.Option("--model", help="Artifact folder; else the one shipped.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="OCR cache of the figures of accuracy; else the usual one.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the records that were read.")] = Path("out/benchmark"),
    records: Annotated[Path | None, typer.Option(help="For errors: the records of a run, JSON lines.")] = None,
    worst: Annotated[int, typer.Option(min=1, help="For errors: how many faults are listed.")] = 60,
) -> None:
    """Measure what Tailor must show: accuracy, speed, memory, calibration. A line a figure, then a markdown table.

    `tailor benchmark errors --records FILE` lists the worst fields of a run and says whether OCR or student erred.

    Raises UsageError for wrong names or missing data, ProbeFailed where a measured process ends badly.
    """
    chosen = str(model_folder) if model_folder else None
    reader = Reader(chosen, cache or default_cache_folder(), workers, out, _progress)
    bench = Bench(corpora(data, teacher), reader, limit)
    if figures == ["errors"]:
        print_errors(bench, records, worst)
    else:
        run(bench, list(figures or CONTRACT), json_file)


def run(bench: Bench, names: list[str], json_file: Path | None = None) -> list[Figure]:
    """Measures the named figures in order, printing each as soon as it is known.

    Raises UsageError for a name that is none.
    """
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise UsageError(f"There is no figure {unknown[0]!r}.", hint=f"Figures: {', '.join(FIGURES)}.")
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
    if bench.reader.workers != 2:
        parts.append(f"--workers {bench.reader.workers}")
    if bench.reader.model:
        parts.append(f"--model {bench.reader.model}")
    return " ".join(parts)


def _progress(items: Iterable[Any], total: int, title: str, /) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track

    return track(items, title, total or None, console=Console(file=sys.stderr))
