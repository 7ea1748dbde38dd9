"""What the student is asked to get right.

Spans: the negative log of the probability that the softmax over all spans gives to the candidate places together, the
marginal likelihood of latent alignment: where a value stands in several places the student finds out by itself which
of them carries the field (Min et al. 2019 call the hard variant hard EM).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from training.augment import Sample
from training.config import Losses

UNKNOWN = -100


def span_loss(spans: Tensor, absent: Tensor, samples: Sequence[Sample], fields: Sequence[str]) -> Tensor:
    """Mean over the known fields of −log p(candidates); −log p(absent) where the field is not on the document.

    spans b × fields × n × n logits, absent b × fields logits.
    """
    count = spans.shape[-1]
    flat = torch.cat([spans.float().flatten(2), absent.float().unsqueeze(-1)], dim=-1)
    whole = flat.logsumexp(dim=-1)
    owners, places, groups = [], [], []
    group = 0
    for row, sample in enumerate(samples):
        for column, field in enumerate(fields):
            target = sample.spans[field]
            if not target.known:
                continue
            cells = [first * count + last for first, last in target.candidates] or [count * count]
            owners += [row * len(fields) + column] * len(cells)
            places += cells
            groups += [group] * len(cells)
            group += 1
    if not group:
        return flat.sum() * 0.0
    owner, gathered = torch.tensor(owners), torch.tensor(groups)
    picked = flat.flatten(0, 1)[owner, torch.tensor(places)] - whole.flatten()[owner]
    return -_grouped_logsumexp(picked, gathered, group).mean()


def _grouped_logsumexp(values: Tensor, groups: Tensor, count: int) -> Tensor:
    most = torch.full((count,), -torch.inf).scatter_reduce(0, groups, values.detach(), "amax")
    total = torch.zeros(count).index_add(0, groups, (values - most[groups]).exp())
    return most + total.log()


def loss(
    answers: Mapping[str, Tensor],
    mask: Tensor,
    samples: Sequence[Sample],
    fields: Sequence[str],
    classes: Mapping[str, Sequence[str]],
    weights: Losses,
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of all parts, and each part as a number for the log."""
    parts = {"spans": span_loss(answers["spans"], answers["absent"], samples, fields)}
    parts["tags"], parts["begins"] = _item_losses(answers["tags"], answers["begins"], mask, samples)
    parts["inferred"] = _inferred_loss(answers, samples, classes, weights.smoothing)
    total = sum((getattr(weights, name) * part for name, part in parts.items()), torch.zeros(()))
    return total, {name: float(part.detach()) for name, part in parts.items()}


def _item_losses(tags: Tensor, begins: Tensor, mask: Tensor, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    wanted = torch.full(mask.shape, UNKNOWN)
    started = torch.zeros(mask.shape)
    known = torch.zeros(mask.shape, dtype=torch.bool)
    for row, sample in enumerate(samples):
        size = len(sample.items.tags)
        if sample.items.known:
            wanted[row, :size] = torch.from_numpy(sample.items.tags)
            started[row, :size] = torch.from_numpy(sample.items.begins)
            known[row, :size] = True
    if not known.any():
        return tags.sum() * 0.0, begins.sum() * 0.0
    tag_loss = functional.cross_entropy(tags.float().flatten(0, 1), wanted.flatten(), ignore_index=UNKNOWN)
    begin_loss = functional.binary_cross_entropy_with_logits(begins.float()[known], started[known])
    return tag_loss, begin_loss


def _inferred_loss(
    answers: Mapping[str, Tensor], samples: Sequence[Sample], classes: Mapping[str, Sequence[str]], smoothing: float
) -> Tensor:
    parts = []
    for field, kinds in classes.items():
        number = {value: at for at, value in enumerate(kinds)}
        wanted = torch.tensor([number.get(str(sample.example.label.get(field) or ""), UNKNOWN) for sample in samples])
        if (wanted != UNKNOWN).any():
            parts.append(
                functional.cross_entropy(
                    answers[f"inferred_{field}"].float(), wanted, ignore_index=UNKNOWN, label_smoothing=smoothing
                )
            )
    return torch.stack(parts).sum() if parts else torch.zeros(())
