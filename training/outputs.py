"""The student with its answers computed inside, as the run time wants them: exported, and read on dev."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.students.base import Student

PLACES = 12
"""How many of the likeliest spans of a field leave the model."""


class Exported(nn.Module):
    """The student with probabilities and the likeliest spans as outputs, as `runtime.Answers` wants them.

    Takes the student's inputs in the order of its `inputs`; gives the outputs of `output_names`.
    """

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        named = dict(zip(self.student.inputs, inputs, strict=True))
        answers = self.student(**named)
        count = named["mask"].shape[1]
        spans = answers["spans"].flatten(2)
        whole = torch.cat([spans, answers["absent"].unsqueeze(-1)], dim=-1).float().softmax(dim=-1)
        # A document may have fewer spans than PLACES: pad, so that the shape holds at every length.
        likely, at = nn.functional.pad(whole[..., :-1], (0, PLACES)).topk(PLACES, dim=-1)
        at = at.clamp(max=count * count - 1)
        first = at.div(count, rounding_mode="floor")
        found = torch.stack([first.float(), (at - first * count).float(), likely], dim=-1)
        return (
            found,
            whole[..., -1],
            answers["tags"].float().softmax(dim=-1),
            answers["begins"].float().sigmoid(),
            *(answers[f"inferred_{name}"].float().softmax(dim=-1) for name in self.student.heads.inferred),
        )


def output_names(student: Student) -> list[str]:
    return ["spans", "absent", "tags", "begins", *(f"inferred_{name}" for name in student.heads.inferred)]
