"""What `tailor label` promises about money, measured: kills and faults, and the estimate against the bill.

    python -m labeling.benchmark run         label everything against a local server that fails on purpose, while the
                                             process is killed at random moments; ask the server's own books afterwards
    python -m labeling.benchmark estimate    the cost that is told before against the bill, without faults

Both print a Markdown table of what is asked and what was measured, and exit with 1 where something falls short. By
default the documents are invented; `--labels FILE.jsonl --pictures FOLDER` (both may be repeated) replays recorded
labels of real pictures. The server is part of the tests, so this runs in a checkout.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from extractor.errors import TailorError
from labeling.run.trial import Figure, Trial, TrialSettings, invented, recorded

app = typer.Typer(add_completion=False, help=(__doc__ or "").partition("\n")[0])

_Labels = Annotated[list[Path] | None, typer.Option("--labels", help="Recorded labels, JSON lines.")]
_Pictures = Annotated[list[Path] | None, typer.Option("--pictures", help="The folder of their pictures.")]
_Count = Annotated[int, typer.Option(min=1, help="How many documents.")]


@app.command()
def run(
    documents: _Count = 1900,
    kills: Annotated[int, typer.Option(min=0, help="How often the process is killed.")] = 5,
    faults: Annotated[float, typer.Option(min=0, max=0.9, help="The share of calls that go wrong.")] = 0.1,
    seed: int = 0,
    concurrency: Annotated[int, typer.Option(min=1)] = 8,
    labels: _Labels = None,
    pictures: _Pictures = None,
) -> None:
    """Kills and faults: every document labelled once, none paid twice, within the budget."""
    settings = TrialSettings(kills=kills, faults=faults, seed=seed, concurrency=concurrency)
    _print(_measured(documents, settings, labels, pictures))


@app.command()
def estimate(
    documents: _Count = 300,
    seed: int = 0,
    concurrency: Annotated[int, typer.Option(min=1)] = 8,
    labels: _Labels = None,
    pictures: _Pictures = None,
) -> None:
    """The cost told before against the bill, where nothing goes wrong."""
    settings = TrialSettings(kills=0, faults=0.0, seed=seed, concurrency=concurrency)
    _print([figure for figure in _measured(documents, settings, labels, pictures) if figure.of_money])


def _measured(
    documents: int, settings: TrialSettings, labels: list[Path] | None, pictures: list[Path] | None
) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            if labels and pictures:
                recorded(folder, labels, pictures, documents)
            else:
                invented(folder, documents, settings.seed)
            return Trial(folder, settings).run()
        except TailorError as error:
            typer.echo(f"error [{error.code}]: {error}", err=True)
            raise typer.Exit(2) from error


def _print(figures: list[Figure]) -> None:
    typer.echo("| figure | asked | measured | |\n|---|---|---|---|")
    for figure in figures:
        typer.echo(f"| {figure.name} | {figure.asked} | {figure.measured} | {'met' if figure.met else 'missed'} |")
    raise typer.Exit(0 if all(figure.met for figure in figures) else 1)


if __name__ == "__main__":
    app()
