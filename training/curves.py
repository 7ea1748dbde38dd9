"""The learning curves of a run as a picture: losses and figures of dev over the steps, stages marked."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from training.log import read_log

CURVES_FILE = "curves.png"
_NO_CURVE = frozenset({"stage", "step", "epoch", "seconds", "documents_a_second"})
FIELDS = ("mean", "total", "date", "merchant_name", "merchant_address", "items")
"""The figures of dev that are drawn for each source."""


def draw_curves(folder: Path) -> Path | None:
    """Writes curves.png into the run's folder; returns its path, or None where there is nothing to draw yet."""
    lines = read_log(folder)
    losses = [line for line in lines if "documents_a_second" in line]
    looks = [line for line in lines if "mean" in line]
    if not losses:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sources = sorted({key.split(".")[0] for line in looks for key in line if "." in key})
    figure = Figure(figsize=(5.2 * (1 + len(sources)), 4.2), layout="constrained")
    axes = figure.subplots(1, 1 + len(sources), squeeze=False)[0]
    _draw_losses(axes[0], losses)
    for axis, source in zip(axes[1:], sources, strict=True):
        for field in FIELDS:
            points = [(line["step"], line[f"{source}.{field}"]) for line in looks if f"{source}.{field}" in line]
            if points:
                axis.plot(*zip(*points, strict=True), marker="o", markersize=3, label=field)
        axis.set(title=f"{source} dev", xlabel="step", ylabel="ANLS")
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    path = folder / CURVES_FILE
    FigureCanvasAgg(figure).print_png(str(path))  # type: ignore[no-untyped-call]
    return path


def _draw_losses(axis: Any, lines: list[dict[str, Any]]) -> None:
    names = sorted({key for line in lines for key in line} - _NO_CURVE)
    for name in names:
        points = [(line["step"], line[name]) for line in lines if name in line]
        axis.plot(*zip(*points, strict=True), label=name)
    stages = [(line["step"], line["stage"]) for line in lines]
    for (step, stage), (_, following) in pairwise(stages):
        if stage != following:
            axis.axvline(step, color="grey", linestyle=":", linewidth=1)
    axis.set(title="losses (train)", xlabel="step", yscale="log")
    axis.legend(fontsize=8)
    axis.grid(alpha=0.3)
