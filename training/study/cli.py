"""`tailor study`: one command, one report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, cast

import typer


def study(
    config: Annotated[Path, typer.Argument(help="A YAML file, for instance configs/study.yaml.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value, dotted, for instance optimiser.steps=600 study.seeds=[1,2].")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder of arms, results and report.")] = Path(
        "out/study"
    ),
    parts: Annotated[str, typer.Option(help="Some of baselines, noise, labels, ablation, cost, with commas.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Arms that are trained at once.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Go through everything in a minute; figures mean nothing.")] = (
        False
    ),
) -> None:
    """Compare the student with rules, with its teacher, with ground truth; on noisy labels, on fewer
    labels; losses and recipes in turn; and costs.

    Each arm is a training run. What is finished is kept: called again, the study goes on where it stood."""
    from extractor.errors import UsageError
    from training.study.plan import PARTS, Part, load_study
    from training.study.study import run_study

    asked = [part.strip() for part in parts.split(",") if part.strip()] or list(PARTS)
    unknown = [part for part in asked if part not in PARTS]
    if unknown:
        raise UsageError(f"There is no part {unknown[0]!r}.", hint=f"Choose some of {', '.join(PARTS)}.")
    chosen = [cast(Part, part) for part in asked]
    words = ["tailor", "study", str(config), "-o", str(output)]
    words += ["--quick"] if quick else []
    words += ["--parts", ",".join(chosen)] if parts else []
    loaded = load_study(config, overrides or (), quick=quick)
    path = run_study(loaded, output, chosen, shlex.join([*words, *(overrides or ())]), workers=workers)
    typer.echo(f"{path}")
