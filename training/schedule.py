"""The learning rate over the steps of a stage."""

from __future__ import annotations

import math

from training.config import Optimiser


def pace(step: int, steps: int, settings: Optimiser) -> float:
    """The rate's share at a step: a linear rise, then a fall to `floor` (half a cosine, a line, or none)."""
    rise = max(1.0, settings.warmup * steps)
    if step < rise:
        return (step + 1) / rise
    progress = min(1.0, (step - rise) / max(1.0, steps - rise))
    match settings.schedule:
        case "cosine":
            left = 0.5 * (1.0 + math.cos(math.pi * progress))
        case "linear":
            left = 1.0 - progress
        case "constant":
            return 1.0
    return settings.floor + (1.0 - settings.floor) * left
