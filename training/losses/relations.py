"""Relations between words: which words the teacher holds for related, the student is to hold for related (Wang et al.
2020, MiniLM, section 3; Wang et al. 2021, MiniLMv2, section 3). It does not ask for equal widths."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from extractor.errors import UsageError
from training.losses.base import Batch
from training.losses.compared import divergence, taught, word_shares
from training.losses.registry import LOSSES, LossSettings


class RelationSettings(LossSettings):
    by: Literal["product", "cosine"] = Field(
        default="product", description="product: scaled dot products, as in MiniLM; cosine: the angle alone"
    )
    heads: int = Field(default=1, ge=1, description="parts that features are cut into, each with its own relations")
    temperature: float = Field(default=0.1, gt=0, description="of cosines: the lower, the more the nearest words count")


@LOSSES.register("token_relations")
class TokenRelations:
    """KL(teacher ‖ student) of each word's relations to the other words; the mean over words and heads.

    MiniLM relates queries, keys and values of an attention layer; students of several kinds share no such layer, so the
    words' features before the heads (`hidden`) are related to themselves. A word's relation to itself is left out: the
    product of a normalised feature with itself drowns all others. A document of one word teaches nothing.
    """

    Settings = RelationSettings
    needs_teacher = True

    def __init__(self, settings: RelationSettings) -> None:
        self.settings = settings
        self.state: dict[str, Any] = {}

    def __call__(self, batch: Batch) -> Tensor:
        answers, _ = taught(batch)
        related = related_cells(batch.mask).unsqueeze(1)
        lonely = ~related.any(dim=-1, keepdim=True)
        # A row without any other word gets all cells: equal on both sides, and finite.
        cells = (related | lonely).expand(-1, self.settings.heads, -1, -1)
        ours = self.relations(batch.answers["hidden"].float())
        theirs = self.relations(answers["hidden"].float())
        zero = torch.zeros((), device=batch.device)
        ours, theirs = torch.where(lonely, zero, ours), torch.where(lonely, zero, theirs)
        apart = divergence(ours, theirs, cells).mean(dim=1)
        return (apart * word_shares(batch)).sum(dim=1) + batch.zeros()

    def relations(self, features: Tensor) -> Tensor:
        """b × heads × n × n logits from features b × n × width."""
        batch, count, width = features.shape
        heads = self.settings.heads
        if width % heads:
            raise UsageError(
                f"A width of {width} can't be cut into {heads} parts.",
                hint="Set token_relations.heads to a number that divides the widths of student and teacher.",
            )
        cut = features.view(batch, count, heads, width // heads).transpose(1, 2)
        if self.settings.by == "cosine":
            cut = torch.nn.functional.normalize(cut, dim=-1)
            return cut @ cut.transpose(-1, -2) / self.settings.temperature
        return cut @ cut.transpose(-1, -2) / math.sqrt(width // heads)


def related_cells(mask: Tensor) -> Tensor:
    """b × n × n: true between two different words."""
    both = mask[:, :, None] & mask[:, None, :]
    return both & ~torch.eye(mask.shape[1], dtype=torch.bool, device=mask.device)
