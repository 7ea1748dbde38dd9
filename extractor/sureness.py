"""How sure a value is, in the words that people are told: one vocabulary for pictures, pages and reports.

Confidences are calibrated: of the values that are `sure`, at least nine in ten are right.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Literal

Sureness = Literal["sure", "check", "doubtful"]

LEAST: MappingProxyType[Sureness, float] = MappingProxyType({"sure": 0.9, "check": 0.6, "doubtful": 0.0})
"""The confidence from which each word holds, the surest first: may be taken as it is, is likely and wants a look, is
more of a guess."""


def sureness(confidence: float) -> Sureness:
    """The word for a confidence.

    >>> sureness(0.7)
    'check'
    """
    return next((word for word, least in LEAST.items() if confidence >= least), "doubtful")


def told(confidence: float) -> str:
    """The word with the confidence in percent: cut, not rounded, for 89.8 % is not yet 90 %.

    >>> told(0.898)
    'check 89 %'
    """
    return f"{sureness(confidence)} {math.floor(confidence * 100 + 1e-9)} %"
