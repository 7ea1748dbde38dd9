"""Pieces of Markdown that the parts of a report share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def spread(figures: Mapping[str, Any]) -> str:
    return f" ± {figures['spread']:.3f}" if figures["spread"] is not None else ""


def apart(difference: float) -> str:
    return f"{abs(100 * difference):.1f} points {'above' if difference >= 0 else 'below'}"


def points(gap: Mapping[str, float], *, signed: bool = True) -> str:
    points, low, high = gap["points"], gap["low"], gap["high"]
    gained = signed and points < 0
    if gained:
        points, low, high = -points, -high, -low
    word = (" gained" if gained else " lost") if signed else ""
    return f"{points:.1f} points{word} (95 %: {low:.1f} to {high:.1f})"


def verdict(gap: Mapping[str, float]) -> str:
    if gap["low"] > 0:
        return "are worse to learn from"
    return "are better to learn from" if gap["high"] < 0 else "can't be told from ground truth by these documents"


def lost(gap: Mapping[str, float]) -> str:
    return f"{gap['points']:.1f} ({gap['low']:.1f} to {gap['high']:.1f})"


def line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
