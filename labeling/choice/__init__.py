"""Choosing what to label under a budget, and a simulation of what each way of choosing is worth."""

from __future__ import annotations

from labeling.choice.outline import Outline, clarity, embed, outline
from labeling.choice.strategies import STRATEGIES, Pool, Strategy, choose

__all__ = ["STRATEGIES", "Outline", "Pool", "Strategy", "choose", "clarity", "embed", "outline"]
