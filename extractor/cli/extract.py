"""`tailor extract`: documents in, records out."""

from __future__ import annotations

import sys
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Iterator, Sequence

    from extractor.cli.progress import Progress
    from extractor.pipeline import Settings
    from extractor.policy.policy import Policy
    from extractor.pool import ExtractorFactory
    from extractor.types import Extraction
    from extractor.writers import RecordWriter

_INPUT, _OUTPUT, _LIMITS = "What is read", "What is written", "Limits for each document"


class Ocr(StrEnum):
    AUTO = "auto"
    RAPIDOCR = "rapidocr"
    TESSERACT = "tesseract"


class Engine(StrEnum):
    LOCAL = "local"
    RAY = "ray"


class Renderer(StrEnum):
    PDFIUM = "pdfium"
    POPPLER = "poppler"


@dataclass(frozen=True)
class _Job:
    """A run of the command, all choices made."""

    paths: list[Path]
    make_extractor: ExtractorFactory
    workers: int
    seconds: float
    engine: Engine

    def records(self, stop: threading.Event) -> Generator[Extraction]:
        if self.engine is Engine.RAY:
            from extractor.ray_pool import run_on_ray

            return run_on_ray(self.make_extractor, self.paths, self.workers, self.seconds, stop)
        from extractor.pool import run_many

        return run_many(self.make_extractor, self.paths, self.workers, self.seconds, stop)


def extract(
    paths: Annotated[
        list[Path],
        # readable=False: a file that may not be read gets its own failed record and stops nothing else.
        typer.Argument(
            help="Files, folders (walked) or patterns such as 'in/*.pdf'.", show_default=False, readable=False
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .jsonl, .csv, .xlsx or .parquet file.", rich_help_panel=_OUTPUT),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Skip what already stands in the output; retry failures.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Judge each receipt by a policy file, or by the one that ships: default.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(help="A folder for pictures with boxes and values.", rich_help_panel=_OUTPUT)
    ] = None,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say nothing but errors.", rich_help_panel=_OUTPUT)
    ] = False,
    ocr: Annotated[Ocr, typer.Option(help="The OCR engine.", rich_help_panel=_INPUT)] = Ocr.AUTO,
    lang: Annotated[
        list[str] | None,
        typer.Option(help="Language pack for Tesseract (deu, rus, …); may be repeated.", rich_help_panel=_INPUT),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Another model: the name of one that ships (see tailor models), or a folder.", rich_help_panel=_INPUT
        ),
    ] = None,
    password: Annotated[
        str | None, typer.Option(envvar="TAILOR_PASSWORD", help="For encrypted PDFs.", rich_help_panel=_INPUT)
    ] = None,
    dpi: Annotated[
        int, typer.Option(min=50, max=600, help="Resolution at which PDF pages are rendered.", rich_help_panel=_INPUT)
    ] = 200,
    renderer: Annotated[
        Renderer, typer.Option(help="What renders PDF pages.", rich_help_panel=_INPUT)
    ] = Renderer.PDFIUM,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep OCR readings.", rich_help_panel=_INPUT)
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes. By default one a core, at most 4.", show_default=False)
    ] = None,
    engine: Annotated[Engine, typer.Option(help="Where workers run: this machine, or a Ray cluster.")] = Engine.LOCAL,
    max_pages: Annotated[int, typer.Option(min=1, rich_help_panel=_LIMITS)] = 50,
    max_megabytes: Annotated[float, typer.Option(min=0.001, rich_help_panel=_LIMITS)] = 100,
    max_megapixels: Annotated[float, typer.Option(min=0.01, rich_help_panel=_LIMITS)] = 80,
    max_seconds: Annotated[float, typer.Option(min=0.1, rich_help_panel=_LIMITS)] = 300,
) -> None:
    """Read documents and write one record each.

    Without -o, records go to standard output: JSON lines for a program, a table on a terminal.

    Exit status: 0 all read, 1 some failed or were read in part, 2 wrong usage, 130 interrupted.
    """
    from extractor.cli.reading import cache_folder, default_workers, documents_in, left_to_read
    from extractor.loading import Limits
    from extractor.pipeline import Settings

    done = _finished(output, resume)
    judging = _policy(policy)
    found, notes = documents_in(paths, beside=annotate)
    for note in notes:
        typer.echo(f"warning [no_documents]: {note}", err=True)
    todo = list(left_to_read(found, done)) if done else found
    limits = Limits(int(max_megabytes * 2**20), max_pages, int(max_megapixels * 1_000_000), max_seconds)
    settings = Settings(
        model=model,
        ocr=ocr.value,
        languages=tuple(lang) if lang else None,
        password=password,
        dpi=dpi,
        renderer="poppler" if renderer is Renderer.POPPLER else "pdfium",
        limits=limits,
        cache=None if no_cache else cache_folder(),
        policy=judging,
    )
    make = _annotating(settings, annotate, found) if annotate else settings
    job = _Job(todo, make, workers or default_workers(len(todo)), _hard_limit(max_seconds), engine)
    raise typer.Exit(_run(job, output, resume=resume, skipped=len(found) - len(todo), quiet=quiet))


def _policy(source: str | None) -> Policy | None:
    """The policy, read before any document is, so that a mistake in it shows at once."""
    if source is None:
        return None
    from extractor.policy.policy import load_policy

    return load_policy(source)


def _finished(output: Path | None, resume: bool) -> set[tuple[str, str]]:
    """Check the output before anything is read; what stands in it is done, if the run is resumed."""
    from extractor.errors import UsageError
    from extractor.writers import check_output, finished

    if output is None:
        if resume:
            raise UsageError("--resume needs a file to resume.", code="resume_without_output", hint="Name it with -o.")
        return set()
    check_output(output)
    return finished(output) if resume else set()


def _run(job: _Job, output: Path | None, *, resume: bool, skipped: int, quiet: bool) -> int:
    """Read everything and write it; the exit status comes back."""
    from extractor.cli.group import INTERRUPTED
    from extractor.cli.progress import Progress, stop_on_interrupt

    progress = Progress(len(job.paths), quiet=quiet)
    with stop_on_interrupt() as stop, _writer(output, job, resume) as writer:
        with progress, redirect_stdout(sys.stderr), closing(job.records(stop)) as records:
            _pass_on(records, writer, progress)
        interrupted = stop.is_set()
    if not quiet:
        typer.echo(progress.summary(skipped, str(output or "")), err=True)
    if interrupted:
        return INTERRUPTED
    return 1 if progress.counts["failed"] or progress.counts["partial"] else 0


def _pass_on(records: Iterator[Extraction], writer: RecordWriter, progress: Progress) -> None:
    for record in records:
        writer.write(record)
        progress.saw(record)


def _writer(output: Path | None, job: _Job, resume: bool) -> RecordWriter:
    from extractor.pool import printable
    from extractor.writers import open_writer

    if output is not None:
        return open_writer(output, resume=resume, again={printable(path) for path in job.paths})
    from extractor.cli.stdout import StdoutLines, TerminalTable

    return TerminalTable() if sys.stdout.isatty() else StdoutLines()


def _annotating(settings: Settings, folder: Path, found: Sequence[Path]) -> ExtractorFactory:
    from extractor.cli.annotating import AnnotatingFactory, shared_names
    from extractor.writers.base import explained

    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return AnnotatingFactory(settings, folder, shared_names(found))


def _hard_limit(seconds: float) -> float:
    """When a worker is killed: some time after it should have given up by itself, with a better message."""
    return seconds * 1.2 + 2
