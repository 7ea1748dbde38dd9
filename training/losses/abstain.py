"""Saying that one doesn't know: absence where the OCR did not read the value, doubt where it misread it.

R-Tuning (Zhang et al. 2024, "R-Tuning: Instructing Large Language Models to Say 'I Don't Know'", section 3) splits the
training data by whether the model can know the answer, and teaches it to refuse the rest. Here the alignment of label
and words says what can be known: a value that stands nowhere among the words can't be pointed at, and one that stands
there misspelt can be pointed at but not given back rightly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from pydantic import Field
from rapidfuzz import fuzz
from torch import Tensor

from extractor.student.encoder import Token
from extractor.student.values import join
from training.alignment import Span
from training.augment import Sample
from training.losses.base import Batch
from training.losses.registry import LOSSES, LossSettings
from training.losses.spans import SpanTargets, log_marginals, per_document, span_logits, span_targets


class AbstainSettings(LossSettings):
    confidence: float = Field(
        default=0.9, gt=0, le=1, description="the probability of absence that is enough; above it nothing is asked"
    )


@LOSSES.register("abstain")
class Abstain:
    """log confidence − log p(absent) where that is positive, for fields whose value the label gives and the OCR did not
    read; the mean over a document's such fields, each weighed by trust. A field that the label doesn't speak of teaches
    nothing."""

    Settings = AbstainSettings

    def __init__(self, settings: AbstainSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        def unread(sample: Sample, name: str) -> bool:
            return not sample.spans[name].known and _given(sample.example.label, name) is not None

        targets = _only(span_targets(batch, unread="absent"), batch, unread)
        if not len(targets):
            return batch.zeros()
        likelihood = log_marginals(span_logits(batch.answers), targets)
        values = (math.log(self.settings.confidence) - likelihood).clamp(min=0.0)
        return per_document(values, targets.document, targets.trust, len(batch.samples)) + batch.zeros()


class DoubtSettings(LossSettings):
    confidence: float = Field(
        default=0.5, gt=0, lt=1, description="the probability that a misread value may have; below it nothing is asked"
    )
    alike: float = Field(default=0.9, gt=0, le=1, description="a reading less like the label than this is misread")
    fields: tuple[str, ...] = Field(
        default=("merchant_name", "merchant_address", "merchant_phone", "merchant_tax_id", "receipt_number"),
        description="fields found by their spelling; an amount, a date or a time is found by what it means, or not",
    )


@LOSSES.register("doubt")
class Doubt:
    """log(1 − confidence) − log(1 − p(places)) where that is positive, for fields that the OCR misread at all their
    places; the mean over a document's such fields, each weighed by trust. It holds back the −log p of `spans`."""

    Settings = DoubtSettings

    def __init__(self, settings: DoubtSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        def misread(sample: Sample, name: str) -> bool:
            return name in self.settings.fields and bool(sample.spans[name].candidates) and self._misread(sample, name)

        targets = _only(span_targets(batch), batch, misread)
        if not len(targets):
            return batch.zeros()
        rest = log_rest(span_logits(batch.answers), targets)
        values = (math.log1p(-self.settings.confidence) - rest).clamp(min=0.0)
        return per_document(values, targets.document, targets.trust, len(batch.samples)) + batch.zeros()

    def _misread(self, sample: Sample, name: str) -> bool:
        """Judged by the words as the OCR read them: variations change what stands there on purpose."""
        example = sample.example
        wanted = _given(example.label, name)
        places = example.spans[name].candidates if name in example.spans else ()
        return wanted is not None and bool(places) and _alike(example.tokens, places, wanted) < self.settings.alike


def log_rest(logits: Tensor, targets: SpanTargets) -> Tensor:
    """The log probability of everything but each target's candidates. Taken from the other cells themselves: 1 − p of a
    p near 1 would be nothing but rounding."""
    rows = logits[targets.document, targets.field]
    taken = torch.zeros_like(rows, dtype=torch.bool)
    taken[targets.owner, targets.place] = True
    return rows.masked_fill(taken, -torch.inf).logsumexp(dim=-1) - rows.logsumexp(dim=-1)


def _only(targets: SpanTargets, batch: Batch, chosen: Any) -> SpanTargets:
    """The targets of the fields that are chosen by `chosen(sample, name)`."""
    pairs = zip(targets.document.tolist(), targets.field.tolist(), strict=True)
    kept = [chosen(batch.samples[row], batch.spans[column]) for row, column in pairs]
    keep = torch.tensor(kept, dtype=torch.bool, device=batch.device)
    number = keep.cumsum(dim=0) - 1
    cells = keep[targets.owner]
    return replace(
        targets,
        document=targets.document[keep],
        field=targets.field[keep],
        trust=targets.trust[keep],
        place=targets.place[cells],
        owner=number[targets.owner[cells]],
    )


def _given(label: Mapping[str, Any], name: str) -> str | None:
    """The value that a label gives, as printed."""
    return str(label.get(f"{name}_text") or label.get(name) or "") or None


def _alike(tokens: Sequence[Token], places: Sequence[Span], wanted: str) -> float:
    """How like the label the best of the places is spelt, 0 to 1; letters and digits count, case doesn't."""
    plain = _letters(wanted)
    found = [_letters(join(tokens[first : last + 1])) for first, last in places]
    return max(fuzz.ratio(plain, each) / 100.0 for each in found)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
