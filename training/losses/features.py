"""Norm and direction of features (Wang et al. 2023, "Improving Knowledge Distillation via Regularizing Feature Norm and
Direction", arXiv 2305.17007, section 3): the student's inside, not its answers, follows the teacher."""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from training.losses.base import Batch
from training.losses.compared import over_processes, taught, word_shares
from training.losses.registry import LOSSES, LossSettings

TINY = 1e-6


class NormDirectionSettings(LossSettings):
    words: float = Field(default=1.0, ge=0, description="weight of the words' features")
    document: float = Field(default=1.0, ge=0, description="weight of the features of the whole document")
    towards: Literal["class", "own"] = Field(
        default="class",
        description="class: words turn to the mean of the teacher's features over the words of the same tag, as in the "
        "paper; own: to the teacher's feature of the word itself",
    )


@LOSSES.register("feature_norm_direction")
class FeatureNormDirection:
    """1 − ⟨s, e⟩ / max(‖s‖, ‖t‖): the student's feature s is to point along e, and to be as long as the teacher's t.

    e is the direction of the mean feature of a class: of the words that the teacher tags alike, over the batch of all
    processes. A whole document is of no one class: there e is the teacher's own direction. Where the widths differ, the
    teacher's features are first brought to the student's width by a fixed random projection with orthonormal rows or
    columns (the paper learns one; a fixed one keeps angles on average, and needs no parameters beside the student's).
    """

    Settings = NormDirectionSettings
    needs_teacher = True

    def __init__(self, settings: NormDirectionSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}
        self._projections: dict[tuple[int, int], Tensor] = {}

    def __call__(self, batch: Batch) -> Tensor:
        answers, _ = taught(batch)
        settings, total = self.settings, batch.zeros()
        if settings.words:
            student = batch.answers["hidden"].float()
            teacher = self._fitted(answers["hidden"].float(), student.shape[-1])
            towards = teacher
            if settings.towards == "class":
                towards = class_means(teacher, answers["tags"].argmax(dim=-1), batch.mask, answers["tags"].shape[-1])
            apart = norm_and_direction(student, teacher, towards)
            total = total + settings.words * (apart * word_shares(batch)).sum(dim=1)
        if settings.document:
            student = batch.answers["summary"].float()
            teacher = self._fitted(answers["summary"].float(), student.shape[-1])
            total = total + settings.document * norm_and_direction(student, teacher, teacher)
        return total

    def _fitted(self, features: Tensor, width: int) -> Tensor:
        given = features.shape[-1]
        if given == width:
            return features
        if (given, width) not in self._projections:
            self._projections[given, width] = projection(given, width)
        return features @ self._projections[given, width].to(features.device)


def norm_and_direction(student: Tensor, teacher: Tensor, towards: Tensor) -> Tensor:
    """1 − ⟨s, e⟩ / max(‖s‖, ‖t‖) along the last axis, e the direction of `towards`."""
    along = towards / towards.norm(dim=-1, keepdim=True).clamp(min=TINY)
    longest = torch.maximum(student.norm(dim=-1), teacher.norm(dim=-1)).clamp(min=TINY)
    apart: Tensor = 1.0 - (student * along).sum(dim=-1) / longest
    return apart


def class_means(features: Tensor, classes: Tensor, mask: Tensor, count: int) -> Tensor:
    """For each word (b × n) the mean of the features (b × n × width) over all words of its class, padding left out."""
    member = functional.one_hot(classes, count).to(features.dtype) * mask.unsqueeze(-1)
    sums = over_processes(torch.einsum("bnk,bnd->kd", member, features))
    number = over_processes(member.sum(dim=(0, 1))).clamp(min=1.0)
    means: Tensor = (sums / number.unsqueeze(-1))[classes]
    return means


def projection(given: int, width: int) -> Tensor:
    """given × width, the same at every call: orthonormal columns where it narrows, orthonormal rows where it widens."""
    drawn = torch.randn(max(given, width), min(given, width), generator=torch.Generator().manual_seed(0))
    square, corner = torch.linalg.qr(drawn)
    columns: Tensor = square * corner.diagonal().sign()
    return columns if given > width else columns.T
