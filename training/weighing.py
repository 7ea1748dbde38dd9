"""How often documents of each source are drawn, as the student's gaps say: where it lags, it sees more.

The idea is that of DDK (Liu et al. 2024, arXiv 2407.16154): domains where a student falls furthest behind its teacher
are sampled more, and the factors change smoothly. The length of an epoch stays as it is. Weights are kept epoch by
epoch, so that what was drawn in any epoch can be drawn again by a run that goes on after a break.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from training.config import Reweight


class Weighing:
    """The weights of a stage's sources, by epoch.

    `state` is plain data, kept with the run: `history` the weights from an epoch on, oldest first; `best` the lowest
    loss of each source so far; `dev` the last figure of dev of each.
    """

    def __init__(self, rule: Reweight, base: Mapping[str, float], sizes: Mapping[str, int]) -> None:
        self.rule, self.base, self.sizes = rule, dict(base), dict(sizes)
        self.state: dict[str, Any] = {"history": [], "best": {}, "dev": {}}

    def at(self, epoch: int) -> dict[str, float]:
        """The weights in force in an epoch (the first is 0)."""
        weights = self.base
        for start, changed in self.state["history"]:
            if start <= epoch:
                weights = changed
        return dict(weights)

    def due(self, epoch: int) -> bool:
        """Whether weights change at the end of this epoch."""
        return (epoch + 1) % self.rule.every == 0

    def saw(self, figures: Mapping[str, float]) -> None:
        """Takes note of a look at dev."""
        for source in self.sizes:
            if f"{source}.mean" in figures:
                self.state["dev"][source] = figures[f"{source}.mean"]

    def gaps(self, losses: Mapping[str, float], taught: Mapping[str, float] | None) -> dict[str, float]:
        """How far the student lags in each source, by its losses and those of the teacher on the same documents."""
        if self.rule.by == "dev":
            return {source: 1.0 - figure for source, figure in self.state["dev"].items()}
        best = self.state["best"]
        for source, loss in losses.items():
            best[source] = min(loss, best.get(source, loss))
        reference = taught if taught is not None else best
        return {source: max(0.0, loss - reference[source]) for source, loss in losses.items()}

    def change(self, epoch: int, gaps: Mapping[str, float]) -> dict[str, float]:
        """The weights of the epochs after this one. A source whose gap is not known keeps its weight."""
        old = self.at(epoch)
        new = reweighed({name: self.base[name] for name in gaps if self.base.get(name)}, gaps, self.sizes, self.rule)
        share = self.rule.smoothing
        weights = {name: share * weight + (1.0 - share) * new.get(name, weight) for name, weight in old.items()}
        self.state["history"].append([epoch + 1, weights])
        return weights


def reweighed(
    base: Mapping[str, float], gaps: Mapping[str, float], sizes: Mapping[str, int], rule: Reweight
) -> dict[str, float]:
    """Weights in proportion to base · exp(gap ÷ temperature), with as many documents an epoch as `base` draws."""
    if not base:
        return {}
    most = max(gaps[name] for name in base)
    raw = {name: weight * math.exp((gaps[name] - most) / rule.temperature) for name, weight in base.items()}
    drawn = sum(sizes.get(name, 0) * weight for name, weight in base.items())
    scale = drawn / max(sum(sizes.get(name, 0) * weight for name, weight in raw.items()), 1e-12)
    return {name: weight * scale for name, weight in raw.items()}


def evenly(count: int, most: int) -> Sequence[int]:
    """At most `most` of `count` places, spread evenly, always the same."""
    return range(count) if count <= most else [at * count // most for at in range(most)]
