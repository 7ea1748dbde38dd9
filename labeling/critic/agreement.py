"""Self-consistency: what further answers for the same document say (Wang et al., ICLR 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from extractor.anls import anls_star_items
from labeling.critic.family import ITEMS
from labeling.critic.merchants import SAME
from labeling.critic.student_view import label_items, similarity

SAMPLE_WEIGHT = 1.0
"""What one answer counts. Not fitted: recordings of several answers are not at hand."""


def share_agreeing(field: str, label: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> float | None:
    """The share of the other answers that say the same of a field (both null is the same); None without others."""
    return sum(_same(field, label, other) for other in others) / len(others) if others else None


def agreement(field: str, label: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> float:
    """Log-odds to add for what the other answers say: those that agree against those that don't, one imagined on each
    side (Laplace), so that few answers say little."""
    share = share_agreeing(field, label, others)
    if share is None:
        return 0.0
    return SAMPLE_WEIGHT * math.log((share * len(others) + 1) / ((1 - share) * len(others) + 1))


def _same(field: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if field == ITEMS:
        return anls_star_items(label_items(one), label_items(other)) >= SAME
    first, second = one.get(field), other.get(field)
    if not first or not second:
        return not first and not second
    return similarity(field, str(first), str(second)) >= SAME
