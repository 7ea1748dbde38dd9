"""The report's table of losses and recipes: what each is worth against the student without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from training.study.markdown import line, lost, spread

Results = Mapping[str, Any]


def ablation(part: Results, results: Results) -> Iterator[str]:
    """The table, and which changes can be told from nothing by these documents."""
    sources = list(results["documents"])
    yield "## Ablation: losses and recipes in turn"
    yield ""
    yield (
        "One thing is changed at a time. Lost: points of mean ANLS against what the change builds on, "
        "with 95 % of 1,000 resamples of the dev documents; below zero is gained."
    )
    yield ""
    head = ["change", "what is different", "labels", *(f"{name} ({results_of(name, results)})" for name in sources)]
    yield line([*head, "mean", "all fields", "against", "lost", "seconds"])
    yield line(["---"] * (len(head) + 5))
    for row in part["rows"]:
        cells = [f"{row['sources'][name]['mean']:.3f}{spread(row['sources'][name])}" for name in sources]
        gap = "–" if row["lost"] is None else lost(row["lost"]["mean"])
        against = "–" if row["lost"] is None else row["against"]
        tail = [f"{row['mean']:.3f}", f"{row['all']:.3f}", against, gap, f"{row['seconds']:.0f}"]
        yield line([row["change"], row["says"], str(row["labels"]), *cells, *tail])
    yield ""
    yield from _said(part["rows"])


def results_of(source: str, results: Results) -> str:
    return "ground truth" if source in results["ground_truth"] else "teacher labels"


def _said(rows: Sequence[Results]) -> Iterator[str]:
    tried = [row for row in rows if row["lost"] is not None]
    kinds: tuple[tuple[str, Callable[[Mapping[str, float]], bool]], ...] = (
        ("Better, surely", lambda gap: gap["high"] < 0),
        ("Worse, surely", lambda gap: gap["low"] > 0),
        ("Not to be told from nothing", lambda gap: gap["low"] <= 0 <= gap["high"]),
    )
    for sentence, fits in kinds:
        named = [row["change"] for row in tried if fits(row["lost"]["mean"])]
        yield f"- {sentence}: {', '.join(named) or 'none'}."
