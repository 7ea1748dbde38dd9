"""The pictures of the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Results = Mapping[str, Any]


def draw(results: Results, folder: Path, fresh: str) -> list[Path]:
    """Draws the part that is `fresh`, and any other part that has no picture yet; returns what was drawn."""
    drawn = []
    for part, make in (("baselines", _baselines), ("noise", _noise), ("labels", _labels), ("cost", _cost)):
        path = folder / f"{part}.png"
        if part in results["parts"] and (part == fresh or not path.is_file()):
            drawn.append(_saved(make(results["parts"][part], results), path))
    return drawn


def _figure(columns: int, width: float = 5.2) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, 4.4), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _saved(figure: Any, path: Path) -> Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).print_png(str(path))  # type: ignore[no-untyped-call]
    return path


def _baselines(part: Results, results: Results) -> Any:
    sources = list(results["documents"])
    figure, axes = _figure(len(sources), 7.0)
    colours = {row["name"]: f"C{number}" for number, row in enumerate(part["rows"])}
    for axis, source in zip(axes, sources, strict=True):
        rows = [row for row in part["rows"] if source in row["sources"]]
        fields = list(rows[0]["sources"][source]["fields"])
        wide = 0.84 / len(rows)
        for number, row in enumerate(rows):
            heights = [row["sources"][source]["fields"][name]["anls"] for name in fields]
            axis.bar(
                [at + number * wide for at in range(len(fields))],
                heights,
                wide,
                label=row["name"],
                color=colours[row["name"]],
            )
        axis.set_xticks([at + 0.42 - wide / 2 for at in range(len(fields))], fields, fontsize=8)
        axis.set(title=f"{source} dev", ylabel="ANLS", ylim=(0, 1))
        axis.grid(alpha=0.3, axis="y")
    handles, names = axes[0].get_legend_handles_labels()
    known = {name: handle for handle, name in zip(handles, names, strict=True)}
    for axis in axes[1:]:
        known |= {name: handle for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(known.values(), known.keys(), loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _noise(part: Results, results: Results) -> Any:
    sources = list(results["documents"])
    figure, axes = _figure(len(sources))
    for axis, source in zip(axes, sources, strict=True):
        for recipe in dict.fromkeys(row["recipe"] for row in part["rows"]):
            rows = [row for row in part["rows"] if row["recipe"] == recipe]
            heights = [row["sources"][source]["mean"] for row in rows]
            spreads = [row["sources"][source]["spread"] or 0.0 for row in rows]
            axis.errorbar(
                [100 * row["noise"] for row in rows], heights, spreads, marker="o", label=f"student, {recipe}"
            )
        shares = [100 * each["noise"] for each in part["labels"]]
        heights = [each["sources"][source]["mean"] for each in part["labels"]]
        axis.plot(shares, heights, "k--", marker="x", label="labels with this noise")
        axis.set(title=f"{source} dev", xlabel="fields spoilt, %", ylabel="mean ANLS")
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    return figure


def _labels(part: Results, results: Results) -> Any:
    sources = list(results["documents"])
    figure, axes = _figure(len(sources))
    for axis, source in zip(axes, sources, strict=True):
        counts = [row["labels"] for row in part["rows"]]
        for name in part["rows"][0]["sources"][source]["fields"]:
            heights = [row["sources"][source]["fields"][name]["anls"] for row in part["rows"]]
            axis.plot(counts, heights, marker="o", markersize=3, linewidth=1, label=name)
        heights = [row["sources"][source]["mean"] for row in part["rows"]]
        axis.plot(counts, heights, "k", marker="o", linewidth=2, label="mean")
        axis.set(title=f"{source} dev", xlabel="labels", ylabel="ANLS", xscale="log")
        axis.set_xticks(counts, [str(count) for count in counts])
        axis.minorticks_off()
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    return figure


def _cost(part: Results, results: Results) -> Any:
    figure, axes = _figure(1, 6.4)
    names = ["student with OCR", *(each["name"] for each in part["teachers"])]
    values = [part["student_cost"], *(each["cost"] for each in part["teachers"])]
    axes[0].barh(names, values, color=["tab:green", *["tab:blue"] * len(part["teachers"])])
    for at, value in enumerate(values):
        axes[0].text(value, at, f" {value:.3g}", va="center", fontsize=8)
    axes[0].set(xscale="log", xlabel=f"{part['currency']} for 1,000 documents, prices of {part['as_of']}")
    axes[0].margins(x=0.2)
    axes[0].invert_yaxis()
    return figure
