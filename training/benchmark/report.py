"""Figures as they are printed: a line each while they are measured, a markdown table and JSON at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from extractor.errors import UsageError


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    `asked` is the bound it must keep, None for a figure that is only told; `at_most` says that it is an upper bound.
    `n` counts what the figure is a mean over (values, documents). `measured` is None where nothing could be measured,
    which never passes.
    """

    name: str
    measured: float | None
    asked: float | None = None
    at_most: bool = False
    unit: str = ""
    n: int = 0
    note: str = ""
    command: str = ""

    @property
    def verdict(self) -> str:
        """ "pass" or "below" against the bound; empty where nothing is asked."""
        if self.asked is None:
            return ""
        if self.measured is None:
            return "below"
        kept = self.measured <= self.asked if self.at_most else self.measured >= self.asked
        return "pass" if kept else "below"

    @property
    def bound(self) -> str:
        if self.asked is None:
            return ""
        return f"{'≤' if self.at_most else '≥'} {_number(self.asked)}{self._suffix}"

    @property
    def value(self) -> str:
        if self.measured is None:
            return "–"
        shown = _number(self.measured)
        if self.verdict == "below" and self.asked is not None and shown == _number(self.asked):
            # Rounded to its bound, a figure that misses it would look like one that keeps it.
            shown = f"{self.measured:.6f}"
        return f"{shown}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def line(self) -> str:
        """The figure as one line for the terminal."""
        asked = f"  asked {self.bound}: {self.verdict}" if self.asked is not None else ""
        note = f"  ({self.note})" if self.note else ""
        return f"{self.name:<44} {self.value:>12}{asked}  n={self.n}{note}"


def markdown(figures: Iterable[Figure]) -> str:
    """The figures as a markdown table, with the commands that print them below it."""
    held = list(figures)
    lines = ["| figure | asked | measured | verdict | n | note |", "|---|---|---|---|---|---|"]
    for figure in held:
        cells = (figure.name, figure.bound, figure.value, figure.verdict, str(figure.n), figure.note)
        lines.append("| " + " | ".join(shown(cell) for cell in cells) + " |")
    commands = dict.fromkeys(figure.command for figure in held if figure.command)
    if commands:
        lines += ["", *(f"Command: `{command}`" for command in commands)]
    return "\n".join(lines)


def as_json(figures: Sequence[Figure]) -> str:
    rows: list[dict[str, Any]] = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def from_json(text: str) -> list[Figure]:
    """The figures of a JSON text that `as_json` wrote. Raises UsageError where it is none."""
    known = {each.name for each in fields(Figure)}
    try:
        return [Figure(**{key: value for key, value in row.items() if key in known}) for row in json.loads(text)]
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            "These are no figures of tailor benchmark.", hint="Give the file that tailor benchmark --json FILE wrote."
        ) from error


def shown(text: str) -> str:
    """A text as it stands in a cell of a markdown table."""
    return " ".join(text.replace("|", "\\|").split())


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"
