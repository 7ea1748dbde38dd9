"""Losses that labels with errors harm less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.losses.asking import N, answers, asked, logits, sample
from training.alignment import SpanTarget
from training.items import ItemTarget
from training.losses.robust import bootstrapped, generalised

TAGS = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
LABELLED = sample(SpanTarget(((0, 1), (2, 2))), TAGS)
HEADS = ["spans", "tags", "inferred"]


def plain_loss(head: str, given: dict[str, Tensor]) -> Tensor:
    return asked(head, given, [LABELLED], **{"smoothing": 0.0} if head == "inferred" else {})


def chances(head: str, given: dict[str, Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """By hand: the probability of each target, and of every answer to each question."""
    if head == "spans":
        shown = np.append(given["spans"].detach().numpy().ravel(), given["absent"].item())[None]
        all_of = np.exp(shown) / np.exp(shown).sum()
        return all_of[:, 1] + all_of[:, 2 * N + 2], all_of
    shown = given["tags"][0].detach().numpy() if head == "tags" else given["inferred_country"].detach().numpy()
    all_of = np.exp(shown) / np.exp(shown).sum(axis=1, keepdims=True)
    return (all_of[np.arange(N), TAGS.tags] if head == "tags" else all_of[:, 1]), all_of


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("q", [0.3, 0.7, 1.0])
def test_generalised_cross_entropy_is_as_by_hand(head: str, q: float) -> None:
    target, _ = chances(head, answers())
    found = asked(f"generalised_{head}", answers(), [LABELLED], q=q)
    assert found.item() == pytest.approx(((1 - target**q) / q).mean(), rel=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_generalised_cross_entropy_becomes_cross_entropy_where_q_vanishes(head: str) -> None:
    found = asked(f"generalised_{head}", answers(), [LABELLED], q=1e-5)
    assert found.item() == pytest.approx(plain_loss(head, answers()).item(), rel=1e-4)


def test_a_target_that_the_student_finds_absurd_hardly_pulls() -> None:
    pulls = []
    for name in ("spans", "generalised_spans"):
        spans, absent = torch.zeros(1, 1, N, N, requires_grad=True), torch.full((1, 1), 12.0)
        asked(name, {"spans": spans, "absent": absent}, [sample(SpanTarget(((0, 0),)))]).backward()
        assert spans.grad is not None
        pulls.append(spans.grad[0, 0, 0, 0].abs().item())
    assert pulls[0] == pytest.approx(1.0, abs=1e-4)
    assert pulls[1] < 1e-3


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("way", ["soft", "hard"])
def test_bootstrapping_mixes_the_own_answer_into_the_target(head: str, way: str) -> None:
    target, all_of = chances(head, answers())
    own = -np.log(all_of.max(axis=1)) if way == "hard" else -(all_of * np.log(all_of)).sum(axis=1)
    found = asked(f"bootstrapped_{head}", answers(), [LABELLED], way=way, beta=0.6)
    assert found.item() == pytest.approx((-0.6 * np.log(target) + 0.4 * own).mean(), rel=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_bootstrapping_that_believes_labels_alone_is_cross_entropy(head: str) -> None:
    found = asked(f"bootstrapped_{head}", answers(), [LABELLED], beta=1.0)
    assert found.item() == pytest.approx(plain_loss(head, answers()).item(), rel=1e-5)


@pytest.mark.parametrize("kind", ["generalised", "bootstrapped"])
@pytest.mark.parametrize(("head", "field"), [("spans", "total"), ("tags", "line_items"), ("inferred", "country")])
def test_robust_losses_weigh_by_trust_and_skip_what_is_not_known(kind: str, head: str, field: str) -> None:
    name = f"{kind}_{head}"
    full = asked(name, answers(), [LABELLED]).item()
    half = sample(SpanTarget(((0, 1), (2, 2))), TAGS, trust={field: 0.5})
    assert asked(name, answers(), [half]).item() == pytest.approx(0.5 * full, rel=1e-6)
    assert full > 0
    given = answers()
    nothing = asked(name, given, [sample(SpanTarget(known=False), country="FR")])
    nothing.sum().backward()
    assert nothing.item() == 0.0
    assert not any(each.grad is not None and each.grad.any() for each in given.values())


def test_unread_values_may_teach_absence_here_too() -> None:
    spans, absent = logits()
    given: dict[str, Any] = {"spans": spans, "absent": absent}
    taught = asked("generalised_spans", given, [sample(SpanTarget(known=False))], unread="absent")
    assert taught.item() == pytest.approx(asked("generalised_spans", given, [sample(SpanTarget())]).item())


def test_robust_losses_stay_finite_where_logits_are_extreme() -> None:
    extreme = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    everything = extreme.log_softmax(dim=-1)
    values = [generalised(everything[:, 1], q) for q in (1e-4, 0.7, 1.0)]
    values += [bootstrapped(everything[:, 1], everything, way, 0.5) for way in ("soft", "hard")]
    total = torch.stack(values).sum()
    total.backward()
    assert torch.isfinite(total)
    assert extreme.grad is not None
    assert torch.isfinite(extreme.grad).all()
