"""Figures: named, with their unit, what was asked of them, and how they came about."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`asked` is the bound it has to meet, None where it only explains. `ok` None: not to be judged."""

    name: str
    value: float
    unit: str
    note: str = ""
    asked: str = ""
    ok: bool | None = None


def at_least(name: str, value: float, unit: str, bound: float, note: str = "") -> Figure:
    return Figure(name, value, unit, note, f"≥ {bound:g}", value >= bound)


def at_most(name: str, value: float, unit: str, bound: float, note: str = "") -> Figure:
    return Figure(name, value, unit, note, f"≤ {bound:g}", value <= bound)


def show(figures: Sequence[Figure], file: Path | None) -> None:
    """A line for each on standard output; all of them as JSON in `file`."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        verdict = {True: "met", False: "NOT met", None: ""}[figure.ok]
        asked = f"  (asked: {figure.asked}, {verdict})" if figure.asked else ""
        note = f"  {figure.note}" if figure.note else ""
        print(f"{figure.name:<{width}}  {figure.value:10.3f} {figure.unit}{asked}{note}")
    if file:
        file.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """What goes on, to standard error."""
    print(text, file=sys.stderr, flush=True)
