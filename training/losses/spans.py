"""Span fields: the negative log of the probability that the candidate places have together.

The softmax runs over all spans and "not on the document". Where a value stands in several places the student finds out
by itself which of them carries the field: the marginal likelihood of latent alignment (Min et al. 2019 call the hard
variant hard EM). Each field of a document is weighed by the critic's trust in the teacher's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from training.losses.base import Batch, trust_of
from training.losses.registry import LOSSES, LossSettings


@dataclass(frozen=True)
class SpanTargets:
    """The known targets of a batch, flat. `document` and `field` say whose each target is; `place` and `owner` list the
    candidate cells (n · n is absence) and the target that each belongs to; `trust` weighs targets."""

    document: Tensor
    field: Tensor
    place: Tensor
    owner: Tensor
    trust: Tensor

    def __len__(self) -> int:
        return len(self.document)


def span_targets(batch: Batch, *, unread: Literal["skip", "absent"] = "skip") -> SpanTargets:
    """The targets of a batch. `unread`: values that the OCR did not read teach nothing, or teach to abstain."""
    count = batch.mask.shape[1]
    documents: list[int] = []
    fields: list[int] = []
    places: list[int] = []
    owners: list[int] = []
    trusts: list[float] = []
    for row, sample in enumerate(batch.samples):
        for column, name in enumerate(batch.spans):
            target = sample.spans[name]
            if not target.known and unread == "skip":
                continue
            cells = [first * count + last for first, last in target.candidates] or [count * count]
            places += cells
            owners += [len(documents)] * len(cells)
            documents.append(row)
            fields.append(column)
            trusts.append(trust_of(sample, name))
    return SpanTargets(
        torch.tensor(documents, dtype=torch.long, device=batch.device),
        torch.tensor(fields, dtype=torch.long, device=batch.device),
        torch.tensor(places, dtype=torch.long, device=batch.device),
        torch.tensor(owners, dtype=torch.long, device=batch.device),
        torch.tensor(trusts, dtype=torch.float, device=batch.device),
    )


def span_logits(answers: Any) -> Tensor:
    """b × fields × (n · n + 1) logits, absence last."""
    return torch.cat([answers["spans"].float().flatten(2), answers["absent"].float().unsqueeze(-1)], dim=-1)


def log_marginals(logits: Tensor, targets: SpanTargets) -> Tensor:
    """The log probability of each target's candidates together."""
    whole = logits.logsumexp(dim=-1)
    document, field = targets.document[targets.owner], targets.field[targets.owner]
    picked = logits[document, field, targets.place] - whole[document, field]
    return grouped_logsumexp(picked, targets.owner, len(targets))


def grouped_logsumexp(values: Tensor, groups: Tensor, count: int) -> Tensor:
    most = torch.full((count,), -torch.inf, device=values.device).scatter_reduce(0, groups, values.detach(), "amax")
    total = torch.zeros(count, device=values.device).index_add(0, groups, (values - most[groups]).exp())
    return most + total.log()


def per_document(values: Tensor, owners: Tensor, weights: Tensor, documents: int) -> Tensor:
    """The mean of each document's values, each weighed; a document without any has 0."""
    empty = torch.zeros(documents, device=values.device)
    total = empty.index_add(0, owners, values * weights)
    number = empty.index_add(0, owners, torch.ones_like(weights))
    return total / number.clamp(min=1.0)


class SpanSettings(LossSettings):
    unread: Literal["skip", "absent"] = Field(
        default="skip",
        description="what a value that the OCR did not read teaches: nothing, or to abstain (R-Tuning's idea: say that "
        "you don't know what you can't know; Zhang et al. 2024)",
    )


@LOSSES.register("spans")
class Spans:
    """−log p(candidates), the mean over a document's known fields, each weighed by trust."""

    Settings: ClassVar[type[SpanSettings]] = SpanSettings

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        targets = span_targets(batch, unread=self.settings.unread)
        if not len(targets):
            return batch.zeros()
        values = self.values(log_marginals(span_logits(batch.answers), targets), batch, targets)
        return per_document(values, targets.document, targets.trust, len(batch.samples)) + batch.zeros()

    def values(self, likelihood: Tensor, batch: Batch, targets: SpanTargets) -> Tensor:
        """A value a target from the log probability of its candidates; robust variants change this."""
        return -likelihood
