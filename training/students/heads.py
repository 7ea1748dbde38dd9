"""The heads that every student shares: from words in context to the logits that losses and the decoder expect."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from training.students.base import Student

NEVER = -1e4
"""The logit of what is impossible; finite, so that bfloat16 and padded rows stay free of NaN."""


class PointingStudent(Student):  # type: ignore[no-untyped-call]
    """A student whose heads point at words. Its configuration has `spans`, `longest`, `inferred`, `parts`, `pointer`
    and `dropout`; it calls `add_heads` once and `answers` with its words in context."""

    def add_heads(self, hidden: int) -> None:
        """`hidden` is the width of the words in context."""
        config: Any = self.config
        fields = len(config.spans)
        self.starts = nn.Linear(hidden, fields)
        self.ends = nn.Linear(hidden, fields)
        self.from_word = nn.Linear(hidden, fields * config.pointer)
        self.to_word = nn.Linear(hidden, fields * config.pointer)
        self.document = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(config.dropout))
        self.absent = nn.Linear(hidden, fields)
        self.tags = nn.Linear(hidden, 1 + len(config.parts))
        self.begins = nn.Linear(hidden, 1)
        self.inferred = nn.ModuleDict({name: nn.Linear(hidden, len(kinds)) for name, kinds in config.inferred.items()})

    def answers(self, words: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits out of words in context (b × n × width): spans b × fields × n × n (first, last token), absent
        b × fields, tags b × n × (1 + parts), begins b × n, and `inferred_NAME` b × classes; and the inside: hidden
        b × n × width, summary b × width."""
        summary = self._summary(words, mask)
        answers = {
            "spans": self._spans(words, mask),
            "absent": self.absent(summary),
            "tags": self.tags(words),
            "begins": self.begins(words).squeeze(-1),
            "hidden": words,
            "summary": summary,
        }
        for name, head in self.inferred.items():
            answers[f"inferred_{name}"] = head(summary)
        return answers

    def _summary(self, words: Tensor, mask: Tensor) -> Tensor:
        known = mask.unsqueeze(-1).to(words.dtype)
        mean = (words * known).sum(dim=1) / known.sum(dim=1).clamp(min=1.0)
        most = (words + (1.0 - known) * NEVER).amax(dim=1)
        answer: Tensor = self.document(torch.cat([mean, most], dim=-1))
        return answer

    def _spans(self, words: Tensor, mask: Tensor) -> Tensor:
        config: Any = self.config
        batch, count, _ = words.shape
        fields, size = len(config.spans), config.pointer
        first = self.from_word(words).view(batch, count, fields, size).transpose(1, 2)
        last = self.to_word(words).view(batch, count, fields, size).transpose(1, 2)
        together = first @ last.transpose(-1, -2) / math.sqrt(size)
        scores = (
            together + self.starts(words).transpose(1, 2).unsqueeze(-1) + self.ends(words).transpose(1, 2).unsqueeze(-2)
        )
        order = torch.arange(count, device=words.device)
        length = order[None, :] - order[:, None]
        longest = torch.tensor(config.longest, device=words.device)[:, None, None]
        possible = (length >= 0)[None] & (length[None] < longest)
        real = mask[:, None, :, None] & mask[:, None, None, :]
        return torch.where(possible[None] & real, scores, torch.full_like(scores, NEVER))
