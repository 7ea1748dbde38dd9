"""Losses that labels with errors harm less: generalised cross-entropy and bootstrapping, for spans, tags and inferred.

The teacher's labels are wrong now and then, and a student that fits every one of them learns the errors too. Both kinds
let go of a target that the student holds for unlikely: the first by a loss that is bounded, the second by mixing the
student's own answer into the target.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from training.losses.base import Batch
from training.losses.inferred import InferredFields
from training.losses.items import Tags
from training.losses.registry import LOSSES, LossSettings
from training.losses.spans import Spans, SpanSettings, SpanTargets, span_logits

Way = Literal["soft", "hard"]


def generalised(likelihood: Tensor, q: float) -> Tensor:
    """(1 − p^q) / q from log p: cross-entropy as q goes to 0, the mean absolute error at q = 1 (Zhang & Sabuncu 2018,
    section 3.2)."""
    return -torch.expm1(q * likelihood) / q


def bootstrapped(likelihood: Tensor, everything: Tensor, way: Way, beta: float) -> Tensor:
    """−β log p(target) and (1 − β) times the cross-entropy with the student's own answer.

    `likelihood` is the log probability of the target, `everything` (one axis more) of all answers. soft: the own answer
    is the student's distribution, so that this part is its entropy; hard: its likeliest answer (Reed et al. 2015,
    section 3.2).
    """
    own = -everything.amax(dim=-1) if way == "hard" else -(everything.exp() * everything).sum(dim=-1)
    return -beta * likelihood + (1.0 - beta) * own


def of_target(everything: Tensor, wanted: Tensor) -> Tensor:
    """The log probability of each target out of those of all answers; of the first one where it is not known."""
    return everything.gather(-1, wanted.clamp(min=0).unsqueeze(-1)).squeeze(-1)


class GeneralisedSettings(LossSettings):
    q: float = Field(default=0.7, gt=0, le=1, description="0 (not reached): cross-entropy; 1: mean absolute error")


class GeneralisedSpanSettings(SpanSettings, GeneralisedSettings):
    pass


class BootstrappedSettings(LossSettings):
    way: Way = Field(default="hard", description="soft: the student's distribution; hard: its likeliest answer")
    beta: float = Field(default=0.8, gt=0, le=1, description="the label's part of the target; 1: cross-entropy")


class BootstrappedSpanSettings(SpanSettings, BootstrappedSettings):
    pass


@LOSSES.register("generalised_spans")
class GeneralisedSpans(Spans):
    """Generalised cross-entropy of a field's places together (Zhang & Sabuncu 2018, section 3.2), the mean over a
    document's known fields, each weighed by trust."""

    Settings: ClassVar[type[SpanSettings]] = GeneralisedSpanSettings
    settings: GeneralisedSpanSettings

    def values(self, likelihood: Tensor, batch: Batch, targets: SpanTargets) -> Tensor:
        return generalised(likelihood, self.settings.q)


@LOSSES.register("generalised_tags")
class GeneralisedTags(Tags):
    """Generalised cross-entropy of word tags (Zhang & Sabuncu 2018, section 3.2), the mean over a document's words,
    weighed by the trust in its list of items."""

    Settings: ClassVar[type[LossSettings]] = GeneralisedSettings
    settings: GeneralisedSettings

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        return generalised(of_target(logits.log_softmax(dim=-1), wanted), self.settings.q)


@LOSSES.register("generalised_inferred")
class GeneralisedInferred(InferredFields):
    """Generalised cross-entropy of each inferred field's class (Zhang & Sabuncu 2018, section 3.2), summed over the
    fields, each weighed by trust."""

    Settings: ClassVar[type[LossSettings]] = GeneralisedSettings
    settings: GeneralisedSettings

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        return generalised(of_target(logits.log_softmax(dim=-1), wanted), self.settings.q)


@LOSSES.register("bootstrapped_spans")
class BootstrappedSpans(Spans):
    """Cross-entropy of a field's places with the student's own answer mixed into the target (Reed et al. 2015, section
    3.2), the mean over a document's known fields, each weighed by trust."""

    Settings: ClassVar[type[SpanSettings]] = BootstrappedSpanSettings
    settings: BootstrappedSpanSettings

    def values(self, likelihood: Tensor, batch: Batch, targets: SpanTargets) -> Tensor:
        everything = span_logits(batch.answers)[targets.document, targets.field].log_softmax(dim=-1)
        return bootstrapped(likelihood, everything, self.settings.way, self.settings.beta)


@LOSSES.register("bootstrapped_tags")
class BootstrappedTags(Tags):
    """Cross-entropy of word tags with the student's own answer mixed into the target (Reed et al. 2015, section 3.2),
    the mean over a document's words, weighed by the trust in its list of items."""

    Settings: ClassVar[type[LossSettings]] = BootstrappedSettings
    settings: BootstrappedSettings

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        everything = logits.log_softmax(dim=-1)
        return bootstrapped(of_target(everything, wanted), everything, self.settings.way, self.settings.beta)


@LOSSES.register("bootstrapped_inferred")
class BootstrappedInferred(InferredFields):
    """Cross-entropy of each inferred field's class with the student's own answer mixed into the target (Reed et al.
    2015, section 3.2), summed over the fields, each weighed by trust."""

    Settings: ClassVar[type[LossSettings]] = BootstrappedSettings
    settings: BootstrappedSettings

    def values(self, logits: Tensor, wanted: Tensor) -> Tensor:
        everything = logits.log_softmax(dim=-1)
        return bootstrapped(of_target(everything, wanted), everything, self.settings.way, self.settings.beta)
