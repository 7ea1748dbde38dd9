"""Documents are mixed in pairs; of several variations the hardest is learnt."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from extractor.errors import UsageError
from tests.training import tiny
from tests.training.tiny import of_length, receipts
from training.augment import Sample, plain
from training.losses.base import Batch, build_losses
from training.losses.registry import LOSSES
from training.mixing import Mixture, hardest, mixed_inputs, mixing, mixture, remembered, weighted
from training.model import CompactStudent


def test_pairs_and_shares_depend_on_the_draw_alone() -> None:
    one, other, third = (mixture(8, 0.4, random.Random(seed)) for seed in (1, 1, 2))
    assert one.partner == other.partner
    assert torch.equal(one.share, other.share)
    assert not torch.equal(one.share, third.share)
    assert sorted(one.partner) == list(range(8))
    assert all(0.5 <= share <= 1.0 for share in one.share.tolist()), "the greater share is the first's"


def test_losses_are_mixed_in_the_documents_shares() -> None:
    mixed = Mixture([1, 0], torch.tensor([0.75, 0.6]))
    assert mixed.losses(torch.tensor([1.0, 2.0]), torch.tensor([5.0, 7.0])).tolist() == pytest.approx([2.0, 4.0])


def embedded(student: CompactStudent, inputs: dict[str, Tensor]) -> Tensor:
    """What the layers above the embedding are given."""
    seen: list[Tensor] = []
    hook = student.dropout.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        student(**inputs)
    hook.remove()
    return seen[0]


def test_words_become_weighted_means_and_missing_ones_count_as_zero() -> None:
    student = tiny.student()
    samples = [of_length(5), of_length(9)]
    inputs = student.collate(samples)
    alone = embedded(student, inputs)
    mixed = Mixture([1, 0], torch.tensor([0.8, 0.6]))
    together = mixed_inputs(inputs, student, mixed)
    assert together["mask"].sum(dim=1).tolist() == [9, 9], "words where either document has one"
    assert torch.equal(together["boxes"][0, :5], inputs["boxes"][0, :5])
    assert torch.equal(together["boxes"][0, 5:], inputs["boxes"][1, 5:])
    with mixing(student, inputs["mask"], mixed):
        seen = embedded(student, together)
    assert torch.allclose(seen[0, :5], 0.8 * alone[0, :5] + 0.2 * alone[1, :5], atol=1e-6)
    assert torch.allclose(seen[0, 5:], 0.2 * alone[1, 5:], atol=1e-6)
    assert torch.allclose(seen[1, 5:], 0.6 * alone[1, 5:], atol=1e-6)
    assert torch.equal(embedded(student, inputs), alone), "afterwards nothing is mixed"


def test_a_document_mixed_with_itself_is_itself() -> None:
    student = tiny.student()
    inputs = student.collate([plain(each) for each in receipts(2)])
    mixed = Mixture([0, 1], torch.tensor([0.7, 0.9]))
    with torch.no_grad(), mixing(student, inputs["mask"], mixed):
        answers = student(**mixed_inputs(inputs, student, mixed))
    with torch.no_grad():
        wanted = student(**inputs)
    inside = inputs["mask"]
    assert torch.allclose(answers["tags"][inside], wanted["tags"][inside], atol=1e-5)
    assert torch.allclose(answers["absent"], wanted["absent"], atol=1e-5)


def test_a_student_that_embeds_no_words_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompactStudent, "embedding", "")
    with (
        pytest.raises(UsageError, match="can't learn from mixed documents") as refused,
        mixing(tiny.student(), torch.ones(1, 3), mixture(1, 1.0, random.Random(1))),
    ):
        pass
    assert "mixup=0" in refused.value.hint


def test_the_variation_with_the_largest_loss_is_kept_document_by_document() -> None:
    options = [[of_length(3), of_length(8)], [of_length(6), of_length(5)]]

    def by_length(samples: Sequence[Sample]) -> Tensor:
        return torch.tensor([float(len(sample.tokens)) for sample in samples])

    assert [len(sample.tokens) for sample in hardest(options, by_length)] == [6, 8]


def test_losses_asked_on_the_side_remember_nothing_of_it() -> None:
    losses = build_losses({"spans": LOSSES.choice("spans", 1.0)})
    kind = losses["spans"][1]
    kind.state["seen"] = [1]
    kept: dict[str, Any] = kind.state
    with remembered(losses):
        kind.state["seen"].append(2)
        kind.state["more"] = 3
    assert kind.state == {"seen": [1]}
    assert kind.state is kept


def test_the_sum_of_losses_has_a_value_a_document() -> None:
    student, samples = tiny.student(), [plain(each) for each in receipts(3)]
    inputs = student.collate(samples)
    heads = student.heads
    losses = build_losses({name: LOSSES.choice(name, weight) for name, weight in (("spans", 1.0), ("tags", 2.0))})
    batch = Batch(student(**inputs), inputs["mask"], samples, heads.spans, heads.inferred)
    total, parts = weighted(losses, batch)
    assert total.shape == (3,)
    assert torch.allclose(total, parts["spans"] + 2.0 * parts["tags"])
