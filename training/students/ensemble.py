"""Several students as one: each answers, and the mean of their probabilities is the answer.

Students that were fitted from different beginnings err differently, so that their mean errs less than each
(Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles", 2017). It costs
the time and the space of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from extractor.errors import UsageError
from training.augment import Sample
from training.students.base import Heads, Student

LEAST = 1e-12
"""Probabilities below it count as this: their logarithms stay finite."""


class Ensemble(Student):  # type: ignore[no-untyped-call]
    """Students with the same inputs, span fields and parts; inferred fields are answered in the classes of the first.

    Raises UsageError where they don't belong together.
    """

    def __init__(self, members: Sequence[Student]) -> None:
        first = members[0]
        super().__init__(first.config)
        for other in members[1:]:
            _check(first, other)
        self.members = nn.ModuleList(members)

    @property
    def first(self) -> Student:
        member: Any = self.members[0]
        return member  # type: ignore[no-any-return]

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.first.inputs

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return self.first.axes

    @property
    def heads(self) -> Heads:
        return self.first.heads

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(sentence for member in self._students() for sentence in member.terms))

    def collate(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        return self.first.collate(samples)

    def publish(self, folder: Path) -> dict[str, Any]:
        return self.first.publish(folder)

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        """The logits of the mean probabilities, in the form of a single student's."""
        answers = [member(**inputs) for member in self._students()]
        spans = answers[0]["spans"]
        whole = _mean([_with_absence(each).softmax(dim=-1) for each in answers])
        made = {
            "spans": whole[..., :-1].reshape(spans.shape),
            "absent": whole[..., -1],
            "tags": _mean([each["tags"].float().softmax(dim=-1) for each in answers]),
            "begins": torch.stack([each["begins"].float().sigmoid() for each in answers]).mean(dim=0).logit(eps=1e-6),
        }
        for name in self.heads.inferred:
            told = [self._in_order(name, member, each) for member, each in zip(self._students(), answers, strict=True)]
            made[f"inferred_{name}"] = _mean(told)
        return made

    def _in_order(self, name: str, member: Student, answers: Mapping[str, Tensor]) -> Tensor:
        """A member's probabilities of an inferred field's classes, in the order of the first's; 0 of those that it
        doesn't know."""
        own, wanted = list(member.heads.inferred[name]), self.heads.inferred[name]
        shares = nn.functional.pad(answers[f"inferred_{name}"].float().softmax(dim=-1), (0, 1))
        return shares[..., [own.index(each) if each in own else len(own) for each in wanted]]

    def _students(self) -> list[Student]:
        members: list[Any] = list(self.members)
        return members


def _with_absence(answers: Mapping[str, Tensor]) -> Tensor:
    return torch.cat([answers["spans"].flatten(2), answers["absent"].unsqueeze(-1)], dim=-1).float()


def _mean(shares: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(shares)).mean(dim=0).clamp(min=LEAST).log()


def _check(first: Student, other: Student) -> None:
    one, two = first.heads, other.heads
    alike = (
        first.inputs == other.inputs
        and tuple(one.spans) == tuple(two.spans)
        and tuple(one.parts) == tuple(two.parts)
        and set(one.inferred) == set(two.inferred)
    )
    if not alike:
        raise UsageError(
            "Students that answer other fields, or read otherwise, can't be averaged.",
            hint="Average runs of one task and one kind of student.",
        )
