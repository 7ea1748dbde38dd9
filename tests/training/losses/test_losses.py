"""What the student is asked to get right, against computations by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.losses.asking import N, answers, asked, logits, sample
from tests.training.tiny import example
from training.alignment import SpanTarget
from training.augment import Sample
from training.items import ItemTarget
from training.losses.registry import LOSSES


def span_loss(spans: Tensor, absent: Tensor, samples: list[Sample], **settings: Any) -> Tensor:
    return asked("spans", {"spans": spans, "absent": absent}, samples, **settings)


def test_the_places_that_may_carry_a_field_count_together() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget(((0, 1), (2, 2))))])
    whole = np.exp(np.append(spans.detach().numpy().ravel(), absent.detach().numpy().ravel())).sum()
    there = np.exp(spans[0, 0, 0, 1].item()) + np.exp(spans[0, 0, 2, 2].item())
    assert found.item() == pytest.approx(-np.log(there / whole), rel=1e-5)


def test_a_field_that_is_not_there_asks_for_absence() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget())])
    whole = np.exp(np.append(spans.detach().numpy().ravel(), absent.item())).sum()
    assert found.item() == pytest.approx(-np.log(np.exp(absent.item()) / whole), rel=1e-5)


def test_a_document_without_known_fields_has_no_loss_and_no_gradient() -> None:
    spans, absent = logits(batch=2)
    known, unknown = sample(SpanTarget(((0, 0),))), sample(SpanTarget(known=False))
    both = span_loss(spans, absent, [known, unknown])
    alone = span_loss(spans[:1], absent[:1], [known])
    assert both[0].item() == pytest.approx(alone.item(), rel=1e-6)
    assert both[1].item() == 0.0
    both.sum().backward()
    assert spans.grad is not None
    assert absent.grad is not None
    assert not spans.grad[1].any()
    assert not absent.grad[1].any()
    assert spans.grad[0].any()


def test_a_value_that_was_not_read_may_teach_to_abstain() -> None:
    spans, absent = logits()
    unknown = [sample(SpanTarget(known=False))]
    abstained = span_loss(spans, absent, unknown, unread="absent")
    assert abstained.item() == pytest.approx(span_loss(spans, absent, [sample(SpanTarget())]).item())


def test_a_target_counts_as_far_as_it_is_trusted() -> None:
    spans, absent = logits()
    full = span_loss(spans, absent, [sample(SpanTarget(((0, 0),)))])
    half = span_loss(spans, absent, [sample(SpanTarget(((0, 0),)), trust={"total": 0.5})])
    assert half.item() == pytest.approx(0.5 * full.item(), rel=1e-6)


def test_nothing_known_is_no_loss_and_no_gradient() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget(known=False))])
    found.backward()
    assert found.item() == 0.0
    assert spans.grad is not None
    assert not spans.grad.any()


def test_the_loss_stays_finite_at_extremes_and_with_one_word() -> None:
    spans = torch.full((1, 1, 1, 1), -1e4, requires_grad=True)
    absent = torch.zeros(1, 1, requires_grad=True)
    found = span_loss(spans, absent, [sample(SpanTarget(((0, 0),)))])
    found.backward()
    assert torch.isfinite(found)
    assert spans.grad is not None
    assert torch.isfinite(spans.grad).all()


def test_tags_and_beginnings_are_cross_entropies_over_the_words_of_known_items() -> None:
    given = answers(batch=2)
    tags, begins = np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32)
    one = sample(SpanTarget(known=False), ItemTarget(tags, begins, True))
    other = sample(SpanTarget(known=False), ItemTarget(tags * 0, begins * 0, False))
    found = asked("tags", given, [one, other])
    shown = given["tags"][0].detach().numpy()
    chances = np.exp(shown) / np.exp(shown).sum(axis=1, keepdims=True)
    assert found[0].item() == pytest.approx(-np.log(chances[np.arange(N), tags]).mean(), rel=1e-5)
    assert found[1].item() == 0.0
    chance = 1 / (1 + np.exp(-given["begins"][0].detach().numpy()))
    expected = -(begins * np.log(chance) + (1 - begins) * np.log(1 - chance)).mean()
    assert asked("begins", given, [one, other])[0].item() == pytest.approx(expected, rel=1e-5)


def test_items_count_as_far_as_their_list_is_trusted() -> None:
    target = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
    full = asked("tags", answers(), [sample(SpanTarget(), target)])
    assert asked("tags", answers(), [sample(SpanTarget(), target, trust={"line_items": 0.2})]).item() == pytest.approx(
        0.2 * full.item(), rel=1e-5
    )


@pytest.mark.parametrize("name", ["tags", "begins"])
def test_a_shorter_document_is_not_asked_about_its_padding(name: str) -> None:
    given = answers(count=5)
    target = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
    cut = {key: value[:, :N] if key in ("tags", "begins") else value for key, value in given.items()}
    items = [sample(SpanTarget(known=False), target)]
    assert asked(name, given, items).item() == pytest.approx(asked(name, cut, items).item(), rel=1e-6)


def test_an_inferred_value_that_is_no_class_teaches_nothing() -> None:
    given = answers()
    assert asked("inferred", given, [sample(SpanTarget(), country="FR")]).item() == 0.0
    silent = [replace(sample(SpanTarget()), example=replace(example(), label={"id": "1"}))]
    assert asked("inferred", given, silent).item() == 0.0
    chances = given["inferred_country"].detach().softmax(-1)[0]
    for value, place in (("US", 1), (None, 2)):
        found = asked("inferred", given, [sample(SpanTarget(), country=value)], smoothing=0.0)
        assert found.item() == pytest.approx(-np.log(chances[place].item()), rel=1e-5)


def test_every_loss_is_finite_and_gives_a_value_a_document() -> None:
    target = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
    samples = [sample(SpanTarget(((0, 0),)), target), sample(SpanTarget(known=False))]
    for name in ("spans", "tags", "begins", "inferred"):
        assert name in LOSSES
        assert torch.isfinite(asked(name, answers(batch=2), samples)).all()
