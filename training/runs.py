"""The runs below a folder: where each stands and how well its student reads. `tailor runs` shows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from training.curves import FIELDS
from training.folder import CONFIG_FILE, is_held
from training.log import LOG_FILE, read_log

if TYPE_CHECKING:
    from rich.table import Table

State = Literal["running", "finished", "broken off"]

DEEPEST = 3
"""Folders below the given one in which runs are looked for: a study keeps its runs in folders of their own."""


@dataclass(frozen=True)
class RunSummary:
    """One run. `stage` is the last one heard of, `stages` all of them; `epoch` counts from 1 within the stage and is 0
    before its first end; `documents_a_second` is that of the last epoch; `seconds` of training, breaks not counted.
    `figures` are those of the last look at dev, by source ("" holds the mean over sources)."""

    folder: Path
    name: str
    state: State
    stage: str
    stages: tuple[str, ...]
    epoch: int
    step: int
    documents_a_second: float | None
    seconds: float
    figures: dict[str, dict[str, float]]
    config_hash: str
    changed: float

    def as_json(self) -> dict[str, Any]:
        """This as plain data. `changed` (seconds since 1970) is when its log last grew."""
        return {**vars(self), "folder": str(self.folder), "stages": list(self.stages)}


def runs_below(folder: Path) -> list[RunSummary]:
    """All runs in a folder and below it, the newest first."""
    found = [summary for path in _configs(folder, DEEPEST) if (summary := _summary(path)) is not None]
    return sorted(found, key=lambda run: -run.changed)


def _configs(folder: Path, deepest: int) -> list[Path]:
    """The configurations of runs; what lies inside a run is none."""
    config = folder / CONFIG_FILE
    if config.is_file():
        return [config]
    if not deepest or not folder.is_dir():
        return []
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    return [found for path in inside for found in _configs(path, deepest - 1)]


def _summary(config: Path) -> RunSummary | None:
    folder = config.parent
    text = config.read_bytes()
    try:
        declared = json.loads(text)
        stages = tuple(str(stage["name"]) for stage in declared["stages"])
        name = str(declared["name"])
    except (ValueError, KeyError, TypeError):
        return None
    lines = read_log(folder)
    last = lines[-1] if lines else {}
    paces = [line["documents_a_second"] for line in lines if "documents_a_second" in line]
    looks = [line for line in lines if "mean" in line]
    log = folder / LOG_FILE
    return RunSummary(
        folder=folder,
        name=name,
        state=_state(folder),
        stage=str(last.get("stage", stages[0] if stages else "")),
        stages=stages,
        epoch=int(last.get("epoch", 0)),
        step=int(last.get("step", 0)),
        documents_a_second=paces[-1] if paces else None,
        seconds=float(last.get("seconds", 0.0)),
        figures=_figures(looks[-1]) if looks else {},
        config_hash=hashlib.sha256(text).hexdigest()[:12],
        changed=(log if log.is_file() else config).stat().st_mtime,
    )


def _state(folder: Path) -> State:
    if is_held(folder):
        return "running"
    from training import checkpoint

    return "finished" if checkpoint.is_done(folder) else "broken off"


def _figures(look: dict[str, Any]) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {"": {"mean": look["mean"]}}
    for key, value in look.items():
        source, dot, field = key.rpartition(".")
        if dot:
            figures.setdefault(source, {})[field] = value
    return figures


WIDE = 130
"""Columns of a terminal from which on the table has room for everything."""


def table(runs: Sequence[RunSummary], width: int = WIDE) -> Table:
    """The runs as a table, a line a source of dev. A narrow one leaves out pace, time and configuration."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    wide = width >= WIDE
    for heading in ("run", "state", "stage"):
        made.add_column(heading, overflow="fold")
    for heading in ("epoch", "docs/s", "time") if wide else ("epoch",):
        made.add_column(heading, justify="right", no_wrap=True)
    if wide:
        made.add_column("config", no_wrap=True)
    made.add_column("dev", no_wrap=True)
    for field in FIELDS:
        made.add_column(field.removeprefix("merchant_"), justify="right", no_wrap=True)
    for run in runs:
        first = _cells(run) if wide else _cells(run)[:4]
        sources = {name: each for name, each in run.figures.items() if name}
        for source, figures in (sources or {"–": {}}).items():
            scores = [f"{figures[field]:.3f}" if field in figures else "–" for field in FIELDS]
            made.add_row(*first, source, *scores)
            first = [""] * len(first)
    return made


def _cells(run: RunSummary) -> list[str]:
    at = run.stages.index(run.stage) + 1 if run.stage in run.stages else 1
    stage = f"{run.stage} {at}/{len(run.stages)}"
    pace = f"{run.documents_a_second:.1f}" if run.documents_a_second is not None else "–"
    minutes, seconds = divmod(round(run.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return [
        run.name,
        run.state,
        stage,
        str(run.epoch),
        pace,
        f"{hours}:{minutes:02d}:{seconds:02d}",
        run.config_hash,
    ]
