"""Scores of a student that has learnt nothing, which foretell how well it would learn.

`snip`: the sum of |weight · gradient| over all weights on labelled documents, the connection sensitivity of Lee et al.
(2019), as a score of architectures in Abdelfattah et al. (2021). `relation` and `semantic` ask how alike an untrained
student sees documents to the teacher that it would learn from (DisWOT, Dong et al. 2023): the likeness of each two
documents, and of the places at which each two fields look. All are the higher, the better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from training.augment import Sample
from training.config import Stage
from training.losses.base import Batch, build_losses
from training.mixing import weighted
from training.students.base import Student

BATCH = 4


def scores(student: Student, samples: Sequence[Sample], stage: Stage, teacher: Student | None) -> dict[str, float]:
    """The scores by name; those against a teacher only where there is one that answers the same fields."""
    found = {"snip": snip(student, samples, stage, teacher)}
    if teacher is not None and list(teacher.heads.spans) == list(student.heads.spans):
        own, taught = _seen(student, samples), _seen(teacher, samples)
        found["relation"] = -_distance(_relations(own["summary"]), _relations(taught["summary"]))
        pairs = zip(own["maps"].unbind(), taught["maps"].unbind(), strict=True)
        found["semantic"] = -sum(_distance(_relations(one), _relations(other)) for one, other in pairs) / len(samples)
    return found


def snip(student: Student, samples: Sequence[Sample], stage: Stage, teacher: Student | None) -> float:
    """Σ |weight · gradient of the stage's losses|, over all weights."""
    losses = build_losses(stage.losses)
    student.eval()  # type: ignore[no-untyped-call]
    student.zero_grad(set_to_none=True)
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        inputs = student.collate(batch)
        with torch.no_grad():
            taught = dict(teacher(**teacher.collate(batch))) if teacher is not None else None
        heads = student.heads
        asked = Batch(
            dict(student(**inputs)),
            inputs["mask"],
            batch,
            heads.spans,
            heads.inferred,
            taught=taught,
            taught_heads=teacher.heads if teacher is not None else None,
        )
        (weighted(losses, asked)[0].sum() / len(samples)).backward()  # type: ignore[no-untyped-call]
    found = sum(float((p.detach() * p.grad).abs().sum()) for p in student.parameters() if p.grad is not None)
    student.zero_grad(set_to_none=True)
    return found


@torch.no_grad()
def _seen(student: Student, samples: Sequence[Sample]) -> Mapping[str, Tensor]:
    """summary b × width; maps b × fields × n: how each field's first word is spread over the words."""
    student.eval()  # type: ignore[no-untyped-call]
    answers = student(**student.collate(samples))
    return {"summary": answers["summary"].float(), "maps": answers["spans"].float().logsumexp(dim=-1).softmax(dim=-1)}


def _relations(vectors: Tensor) -> Tensor:
    """The likeness of each two rows, each row of the result of length 1 (Tung and Mori 2019)."""
    return functional.normalize(vectors @ vectors.T, dim=-1)


def _distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).norm())


def ranks(found: Sequence[Mapping[str, float]]) -> list[float]:
    """The mean rank of each candidate over all scores, 1 the best; equal scores share a rank."""
    names = sorted(set[str]().union(*found)) if found else []
    total = [0.0] * len(found)
    for name in names:
        values = [each[name] for each in found]
        for at, value in enumerate(values):
            total[at] += 1 + sum(other > value for other in values) + (sum(other == value for other in values) - 1) / 2
    return [each / max(1, len(names)) for each in total]
