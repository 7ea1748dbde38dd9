"""The commands of training: `tailor train`, `tailor export`, `tailor benchmark`, `tailor study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from training.benchmark.cli import benchmark
from training.study.cli import study

__all__ = ["benchmark", "export", "study", "train"]


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
    from training.students.build import backbone_type
    from training.students.licences import warning_of

    if run.student.kind == "layout" and run.student.backbone and not run.student.initial:
        warning = warning_of(backbone_type(run.student.backbone))
        if warning:
            typer.echo(f"warning [backbone_licence]: {warning}", err=True)
    typer.echo(f"{fit(run, fresh=fresh)}")


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run, as `tailor train` wrote it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to write.")],
    name: Annotated[str, typer.Option(help="The name that records carry.")] = "",
    precision: Annotated[str, typer.Option(help="fp32 or int8; what the configuration says if left out.")] = "",
    calibrate: Annotated[bool, typer.Option(help="Fit confidences on the run's dev documents.")] = True,
) -> None:
    """Export a trained student as a model folder: ONNX, manifest, calibration fitted on dev, model card."""
    from extractor.errors import UsageError
    from training.artifact import publish

    if precision not in ("", "fp32", "int8"):
        raise UsageError(f"There is no precision {precision!r}.", hint="Choose fp32 or int8.")
    chosen = cast(Literal["fp32", "int8"] | None, precision or None)
    typer.echo(publish(run, output, name=name or run.name, precision=chosen, calibrate=calibrate))
