"""Logit distillation with temperature: the student imitates the distributions of an intermediate teacher (Hinton,
Vinyals, Dean 2015, section 2).

Both are softened by the temperature T, and the divergence is multiplied by T², so that gradients keep their size
whatever T is. What the teacher holds for second likeliest is what a label can't say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import Field
from torch import Tensor

from training.losses.base import Batch
from training.losses.compared import PAIRS, Pair, divergence
from training.losses.registry import LOSSES, LossSettings


class DistilSettings(LossSettings):
    temperature: float = Field(default=2.0, gt=0, description="the higher, the more the unlikely answers count")


class Distil:
    """T² · KL(teacher ‖ student) of one head's questions."""

    Settings = DistilSettings
    needs_teacher = True
    pairs: ClassVar[Callable[[Batch], list[Pair]]]

    def __init__(self, settings: DistilSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        heat = self.settings.temperature
        total = batch.zeros()
        for pair in type(self).pairs(batch):
            apart = divergence(pair.student, pair.teacher, pair.cells, heat)
            total = total + heat**2 * pair.per_document(apart)
        return total


@LOSSES.register("distil_spans")
class DistilSpans(Distil):
    """Of each span field over all spans and absence; the mean over the fields that both know. Padding, and spans that
    one of the two can't point at, are left out of both distributions."""

    pairs = PAIRS["spans"]


@LOSSES.register("distil_tags")
class DistilTags(Distil):
    """Of the tags of words, the mean over a document's words."""

    pairs = PAIRS["tags"]


@LOSSES.register("distil_begins")
class DistilBegins(Distil):
    """Of "an item begins here", the mean over a document's words."""

    pairs = PAIRS["begins"]


@LOSSES.register("distil_inferred")
class DistilInferred(Distil):
    """Of each inferred field over the classes that both know, matched by name, summed over the fields."""

    pairs = PAIRS["inferred"]
