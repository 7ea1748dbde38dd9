"""The critic's judgement: a small logistic model a family of fields, kept as JSON, scored by NumPy alone.

It filters what the teacher says, as a critic model does in symbolic knowledge distillation (West et al., NAACL 2022)
and I2D2 (Bhagavatula et al., ACL 2023), here with evidence that a person can read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from extractor.errors import UsageError
from extractor.task import RECEIPTS, Task
from extractor.types import Page
from labeling.critic.agreement import agreement
from labeling.critic.evidence import Case, Judged, judge
from labeling.critic.family import FAMILIES
from labeling.critic.merchants import Merchants
from labeling.critic.sheet import Sheet
from labeling.critic.student_view import StudentView

SHIPPED = Path(__file__).parent / "receipts.json"
MOST = 12.0


class Judgement(BaseModel):
    """The log-odds that a value is right: `bias` + Σ weight · (evidence − mean); unknown evidence counts nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    weights: dict[str, float]
    means: dict[str, float]

    def __call__(self, numbers: Mapping[str, float]) -> float:
        total = self.bias
        for name, weight in self.weights.items():
            number = numbers.get(name, math.nan)
            if not math.isnan(number):
                total += weight * (number - self.means[name])
        return min(max(total, -MOST), MOST)


class Critic(BaseModel):
    """How far each value of a teacher's label is to be trusted.

    `plain` judges each family without a student, `student` with one's view. `evaluation` holds the figures measured
    out of fold when it was fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    plain: dict[str, Judgement]
    student: dict[str, Judgement]
    evaluation: dict[str, float] = {}

    def trust(
        self,
        pages: Sequence[Page],
        label: Mapping[str, Any],
        task: Task = RECEIPTS,
        *,
        merchants: Merchants | None = None,
        student: StudentView | None = None,
        others: Sequence[Mapping[str, Any]] = (),
        today: date | None = None,
    ) -> dict[str, float]:
        """Field → the probability (0–1) that the label is right about it, for all fields, null ones too, and items.

        `pages` are the document's with their words. `merchants` holds the shops of the whole corpus, `student` the
        present student's view, `others` further answers for the same document: more samples, or another teacher.
        """
        found = judge(Case(Sheet(pages), merchants, student, task, today), label)
        return {
            field: round(_sigmoid(self.odds(each) + agreement(field, label, others)), 4)
            for field, each in found.items()
        }

    def odds(self, judged: Judged) -> float:
        """The log-odds that a field is right, from its evidence; with the student's where that is known."""
        seen = not math.isnan(judged.numbers.get("student_share", math.nan))
        models = self.student if seen else self.plain
        if judged.family not in models:
            raise UsageError(f"The critic knows no fields of the family {judged.family}.", code="bad_critic")
        return models[judged.family](judged.numbers)

    def save(self, path: Path) -> None:
        """Raises OSError where it can't be written."""
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Critic:
        """The critic of a file, or the one that ships. Raises UsageError (bad_critic) where it is none."""
        hint = "Give a file that the critic's fit wrote, or none for the one that ships."
        try:
            critic = cls.model_validate_json(path.read_bytes())
        except OSError as error:
            message = f"The critic {path} can't be read ({error.strerror})."
            raise UsageError(message, code="bad_critic", hint=hint) from error
        except ValidationError as error:
            message = f"{path} is not a critic: {error.error_count()} entries are wrong."
            raise UsageError(message, code="bad_critic", hint=hint) from error
        if set(critic.plain) != set(FAMILIES) or set(critic.student) != set(FAMILIES):
            raise UsageError(f"{path} is a critic of other families of fields.", code="bad_critic", hint=hint)
        return critic


def _sigmoid(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))
