"""`tailor models`: the models that ship, how well they read, and under what terms they may be used."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = {
    "SROIE dev, four fields, ANLS": "scans (SROIE), four fields",
    "wild dev, total, ANLS": "photographs, total",
    "wild dev, date, ANLS": "photographs, date",
    "wild dev, merchant_name, ANLS": "photographs, merchant",
}
"""Of the figures that a model keeps beside it, those that help to choose, and how they are told."""


@dataclass(frozen=True)
class Shipped:
    """One model of the package. `figures` are ANLS (0 to 1), measured end to end from the picture where the folder
    keeps such figures, else what the manifest tells of the words of its own dev documents."""

    name: str
    default: bool
    version: str
    megabytes: float
    precision: str
    figures: dict[str, float]
    terms: tuple[str, ...]


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """List the models that ship: size, figures and terms. Take another than the first with --model NAME."""
    found = shipped()
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
        return
    typer.echo("\n\n".join(_told(each) for each in found))


def shipped() -> list[Shipped]:
    """Every model of the package, the default first. Raises BadModel where one is broken."""
    from extractor.student.artifact import (
        DEFAULT_NAME,
        MODEL_FILE,
        find_model,
        model_hash,
        read_manifest,
        shipped_models,
    )

    made = []
    for name in shipped_models():
        folder = find_model(name)
        manifest = read_manifest(folder)
        made.append(
            Shipped(
                name=name,
                default=name == DEFAULT_NAME,
                version=f"{manifest.name}@{model_hash(folder)}",
                megabytes=round((folder / MODEL_FILE).stat().st_size / 1e6, 1),
                precision=manifest.precision,
                figures=_measured(folder) or _of_manifest(manifest.evaluation),
                terms=manifest.licences,
            )
        )
    return made


def _measured(folder: Path) -> dict[str, float]:
    """The figures that lie beside a model, those of SHOWN; none where no readable file does."""
    from extractor.student.artifact import FIGURES_FILE

    try:
        rows: list[dict[str, Any]] = json.loads((folder / FIGURES_FILE).read_text(encoding="utf-8"))
        known = {row["name"]: row["measured"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {told: round(known[name], 4) for name, told in SHOWN.items() if known.get(name) is not None}


def _of_manifest(evaluation: Mapping[str, float]) -> dict[str, float]:
    fields = ("total", "date", "merchant_name", "merchant_address")
    return {f"own dev, {name}": evaluation[f"{name}.anls"] for name in fields if f"{name}.anls" in evaluation}


def _told(model: Shipped) -> str:
    lines = [f"{model.name}{' (default)' if model.default else ''}  {model.megabytes} MB  {model.version}"]
    figures = [f"{name} {value:.3f}" for name, value in model.figures.items()]
    lines += [f"  ANLS: {' · '.join(figures)}"] if figures else ["  not measured"]
    lines += [f"  Fitted on {terms}" for terms in model.terms] or ["  Its terms are not stated."]
    return "\n".join(lines)
