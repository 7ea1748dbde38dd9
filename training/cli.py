"""The commands of training: `tailor train`, `runs`, `search`, `study`, `export` and `benchmark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from training.benchmark.cli import benchmark
from training.study.cli import study

__all__ = ["benchmark", "export", "runs", "search", "study", "train"]


def train(
    config: Annotated[Path, typer.Argument(help="A YAML file, for instance configs/student-v1.yaml.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value, dotted, for instance optimiser.epochs=10.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start anew where a run of this name lies already.")] = False,
) -> None:
    """Fit a student to labels, as a configuration says; the run's folder holds its log and its weights.

    A run that was broken off goes on where it stood."""
    from training.config_file import load

    run = load(config, overrides or ())
    if run.student.kind == "generative":
        from training.generative.trainer import train as generate

        typer.echo(f"{generate(run, fresh=fresh)}")
        return
    from training.loop import train as fit

    _without_bars()
    from training.students.build import backbone_type
    from training.students.licences import warning_of
    from training.together import leads

    if run.student.kind == "layout" and run.student.backbone and not run.student.initial:
        warning = warning_of(backbone_type(run.student.backbone))
        if warning:
            typer.echo(f"warning [backbone_licence]: {warning}", err=True)
    folder = fit(run, fresh=fresh)
    if leads():
        typer.echo(f"{folder}")


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run, as `tailor train` wrote it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to write.")],
    name: Annotated[str, typer.Option(help="The name that records carry.")] = "",
    precision: Annotated[str, typer.Option(help="fp32 or int8; what the configuration says if left out.")] = "",
    calibrate: Annotated[bool, typer.Option(help="Fit confidences on the run's dev documents.")] = True,
    blend: Annotated[
        list[str] | None, typer.Option(help="RUN=SHARE: blend in the weights of a run that went on from this one.")
    ] = None,
    beside: Annotated[
        list[Path] | None, typer.Option("--with", help="A run whose student answers beside: the mean of both counts.")
    ] = None,
) -> None:
    """Export a trained student as a model folder: ONNX, manifest, calibration fitted on dev, model card."""
    from extractor.errors import UsageError
    from training.artifact import Others, publish

    _without_bars()

    if precision not in ("", "fp32", "int8"):
        raise UsageError(f"There is no precision {precision!r}.", hint="Choose fp32 or int8.")
    chosen = cast(Literal["fp32", "int8"] | None, precision or None)
    others = Others(dict(share_of("--blend", text) for text in blend or ()), tuple(beside or ()))
    made = publish(run, output, name=name or run.name, precision=chosen, calibrate=calibrate, others=others)
    typer.echo(made)


def share_of(option: str, text: str) -> tuple[Path, float]:
    """A run's folder and its share, given as RUN=SHARE to an option. Raises UsageError where it is not of that form."""
    from extractor.errors import UsageError

    path, _, share = text.rpartition("=")
    try:
        return Path(path), float(share)
    except ValueError as error:
        raise UsageError(
            f"{option} {text} is not RUN=SHARE.", hint=f"For instance {option} runs/later=0.25."
        ) from error


def runs(
    folder: Annotated[Path, typer.Argument(help="Where runs lie; they are looked for below it too.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a run, one a line.")] = False,
    curves: Annotated[bool, typer.Option("--curves", help="Draw each run's learning curves anew.")] = False,
) -> None:
    """List training runs, the newest first: where each stands, and how well its student reads held-out documents."""
    from rich.console import Console

    from extractor.errors import UsageError
    from training.runs import runs_below, table

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", hint="`tailor train CONFIG` makes one, or name another.")
    found = runs_below(folder)
    if not found:
        typer.echo(f"There is no run in {folder} yet; `tailor train CONFIG` begins one.", err=True)
    if curves:
        _draw([run.folder for run in found])
    if as_json:
        for run in found:
            typer.echo(json.dumps(run.as_json(), ensure_ascii=False))
    elif found:
        console = Console(stderr=False)
        # Into a file or a pipe every column is written out, however wide.
        # A pipe has no width of its own: rich would take it for 80 columns.
        console = console if console.is_terminal else Console(width=200)
        console.print(table(found, console.width))


def _draw(folders: list[Path]) -> None:
    from training.curves import draw_curves

    for folder in folders:
        path = draw_curves(folder)
        typer.echo(f"{path}" if path else f"{folder} has nothing to draw yet.", err=True)


def search(
    config: Annotated[Path, typer.Argument(help="The run that the student is sought for.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, dotted, as for `tailor train`.")] = None,
    space: Annotated[Path, typer.Option(help="A YAML file: which sizes to try.")] = Path("configs/search.yaml"),
    latency: Annotated[float, typer.Option(min=0.1, help="Milliseconds a document on one core, at most.")] = 60.0,
    size: Annotated[float, typer.Option(min=0.1, help="Megabytes of the exported model, at most.")] = 40.0,
    candidates: Annotated[int, typer.Option(min=1, help="How many students of the space are measured.")] = 12,
    finalists: Annotated[int, typer.Option(min=1, help="How many of them are trained a little.")] = 3,
    documents: Annotated[int, typer.Option(min=2, help="Documents of each source to train them on.")] = 200,
    epochs: Annotated[float, typer.Option(min=0.1, help="Epochs to train them for.")] = 3.0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The YAML file to write.")] = None,
) -> None:
    """Seek the best sizes of a student under a limit of time and size, and write them as a configuration's part."""
    from rich.console import Console

    from training.config_file import load
    from training.search.find import Limits, Training, find
    from training.search.report import table, write
    from training.search.space import load_space

    run = load(config, overrides or ())
    limits, training = Limits(latency, size), Training(finalists, documents, epochs)
    found = find(run, load_space(space), limits, candidates, training)
    console = Console()
    console.print(table(found, limits), width=None if console.is_terminal else 160)
    typer.echo(write(found, limits, output or run.output / f"{run.name}-search.yaml", config))


def _without_bars() -> None:
    """transformers draws a bar for each file that it reads or writes; of our small ones nobody wants to see any."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
