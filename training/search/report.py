"""What a search found, as a table and as the part of a configuration that takes the best of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from rich.table import Table

from extractor.errors import UsageError
from training.search.find import Candidate, Limits
from training.search.space import SIZES


def table(found: Sequence[Candidate], limits: Limits) -> Table:
    """All candidates, the best first; those beyond a limit are marked."""
    names = sorted({name for each in found for name in each.scores})
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (*SIZES, "parameters", "MB", "ms", *names, "rank", "dev"):
        made.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        made.add_row(
            *(str(getattr(each.choice, size)) for size in SIZES),
            f"{each.parameters / 1e6:.2f} M",
            f"{each.megabytes:.1f}" + ("" if each.megabytes <= limits.size else " !"),
            f"{each.milliseconds:.1f}" + ("" if each.milliseconds <= limits.latency else " !"),
            *(f"{each.scores[name]:.4g}" if name in each.scores else "–" for name in names),
            f"{each.rank:.1f}" if each.rank is not None else "–",
            f"{each.dev:.4f}" if each.dev is not None else "–",
        )
    return made


def write(found: Sequence[Candidate], limits: Limits, path: Path, config: Path) -> str:
    """Writes the best candidate's sizes as the `student` part of a configuration; returns the command that trains it.

    Raises UsageError where none is inside the limits.
    """
    best = found[0]
    if not best.inside(limits):
        raise UsageError(
            f"No student that was tried takes {limits.latency:g} ms a document and {limits.size:g} MB at most.",
            hint="Offer smaller sizes in the search space, or allow more.",
        )
    sizes = {name: getattr(best.choice, name) for name in SIZES}
    figures = f"{best.megabytes:.1f} MB, {best.milliseconds:.1f} ms a document on one core"
    learnt = f", {best.dev:.4f} on dev after a short training" if best.dev is not None else ""
    command = " ".join(
        [f"tailor train {config}", *(f"student.{name}={_plain(value)}" for name, value in sizes.items())]
    )
    text = f"# The best of {len(found)} students that were tried: {figures}{learnt}.\n# {command}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + yaml.safe_dump({"student": sizes}, sort_keys=False), encoding="utf-8")
    return command


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
