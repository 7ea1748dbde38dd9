"""The critic: how far each value of a teacher's label is to be trusted.

`Critic.load().trust(pages, label)` gives a probability a field; `evidence` shows what it rests on; `fitting.fit` makes
a critic from labels whose truth is known.
"""

from __future__ import annotations

from labeling.critic.evidence import Case, Judged, evidence
from labeling.critic.fitting import Row, fit, rows_of
from labeling.critic.merchants import Merchants
from labeling.critic.model import Critic
from labeling.critic.sheet import Sheet
from labeling.critic.student_view import StudentView, view

__all__ = [
    "Case",
    "Critic",
    "Judged",
    "Merchants",
    "Row",
    "Sheet",
    "StudentView",
    "evidence",
    "fit",
    "rows_of",
    "view",
]
