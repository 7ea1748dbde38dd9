"""What the student is asked to get right, against computations by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.tiny import example
from training.alignment import SpanTarget
from training.augment import Sample, plain
from training.config import Losses
from training.items import ItemTarget
from training.losses import loss, span_loss

N = 3


def sample(target: SpanTarget, items: ItemTarget | None = None, country: str | None = "US") -> Sample:
    made = plain(replace(example("a b c"), label={"country": country}))
    return replace(made, spans={"total": target}, items=items or ItemTarget(np.zeros(N, np.int64), np.zeros(N), False))


def logits(seed: int = 0, batch: int = 1, fields: int = 1, count: int = N) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    spans = torch.randn(batch, fields, count, count, generator=generator, requires_grad=True)
    return spans, torch.randn(batch, fields, generator=generator, requires_grad=True)


def test_the_places_that_may_carry_a_field_count_together() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget(((0, 1), (2, 2))))], ["total"])
    whole = np.exp(np.append(spans.detach().numpy().ravel(), absent.detach().numpy().ravel())).sum()
    there = np.exp(spans[0, 0, 0, 1].item()) + np.exp(spans[0, 0, 2, 2].item())
    assert found.item() == pytest.approx(-np.log(there / whole), rel=1e-5)


def test_a_field_that_is_not_there_asks_for_absence() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget())], ["total"])
    whole = np.exp(np.append(spans.detach().numpy().ravel(), absent.item())).sum()
    assert found.item() == pytest.approx(-np.log(np.exp(absent.item()) / whole), rel=1e-5)


def test_the_mean_is_taken_over_known_fields_alone() -> None:
    spans, absent = logits(batch=2)
    known, unknown = sample(SpanTarget(((0, 0),))), sample(SpanTarget(known=False))
    both = span_loss(spans, absent, [known, unknown], ["total"])
    alone = span_loss(spans[:1], absent[:1], [known], ["total"])
    assert both.item() == pytest.approx(alone.item(), rel=1e-6)
    both.backward()
    assert spans.grad is not None
    assert absent.grad is not None
    assert not spans.grad[1].any()
    assert not absent.grad[1].any()
    assert spans.grad[0].any()


def test_nothing_known_is_no_loss_and_no_gradient() -> None:
    spans, absent = logits()
    found = span_loss(spans, absent, [sample(SpanTarget(known=False))], ["total"])
    found.backward()
    assert found.item() == 0.0
    assert spans.grad is not None
    assert not spans.grad.any()


def test_the_loss_stays_finite_at_extremes_and_with_one_word() -> None:
    spans = torch.full((1, 1, 1, 1), -1e4, requires_grad=True)
    absent = torch.zeros(1, 1, requires_grad=True)
    found = span_loss(spans, absent, [sample(SpanTarget(((0, 0),)))], ["total"])
    found.backward()
    assert torch.isfinite(found)
    assert spans.grad is not None
    assert torch.isfinite(spans.grad).all()


def answers(batch: int = 1, count: int = N) -> dict[str, torch.Tensor]:
    spans, absent = logits(batch=batch, count=count)
    generator = torch.Generator().manual_seed(5)
    return {
        "spans": spans,
        "absent": absent,
        "tags": torch.randn(batch, count, 5, generator=generator, requires_grad=True),
        "begins": torch.randn(batch, count, generator=generator, requires_grad=True),
        "inferred_country": torch.randn(batch, 3, generator=generator, requires_grad=True),
    }


CLASSES = {"country": ["MY", "US", ""]}


def parts(given: dict[str, torch.Tensor], samples: list[Sample], **weights: float) -> tuple[float, dict[str, float]]:
    mask = torch.ones(given["begins"].shape, dtype=torch.bool)
    total, found = loss(given, mask, samples, ["total"], CLASSES, Losses(**weights))
    assert torch.isfinite(total)
    return total.item(), found


def test_tags_and_beginnings_are_cross_entropies_over_the_words_of_known_items() -> None:
    given = answers(batch=2)
    tags, begins = np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32)
    one = sample(SpanTarget(known=False), ItemTarget(tags, begins, True))
    other = sample(SpanTarget(known=False), ItemTarget(tags * 0, begins * 0, False))
    _, found = parts(given, [one, other])
    shown = given["tags"][0].detach().numpy()
    chances = np.exp(shown) / np.exp(shown).sum(axis=1, keepdims=True)
    assert found["tags"] == pytest.approx(-np.log(chances[np.arange(N), tags]).mean(), rel=1e-5)
    chance = 1 / (1 + np.exp(-given["begins"][0].detach().numpy()))
    expected = -(begins * np.log(chance) + (1 - begins) * np.log(1 - chance)).mean()
    assert found["begins"] == pytest.approx(expected, rel=1e-5)


def test_a_shorter_document_is_not_asked_about_its_padding() -> None:
    given = answers(count=5)
    target = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
    cut = {name: value[:, :N] if name in ("tags", "begins") else value for name, value in given.items()}
    items = sample(SpanTarget(known=False), target)
    mask = torch.arange(5)[None] < N
    _, padded = loss(given, mask, [items], ["total"], CLASSES, Losses())
    _, bare = parts(cut, [items])
    assert padded["tags"] == pytest.approx(bare["tags"], rel=1e-6)
    assert padded["begins"] == pytest.approx(bare["begins"], rel=1e-6)


def test_an_inferred_value_that_is_no_class_teaches_nothing() -> None:
    given = answers()
    assert parts(given, [sample(SpanTarget(), country="FR")])[1]["inferred"] == 0.0
    chances = given["inferred_country"].detach().softmax(-1)[0]
    for value, place in (("US", 1), (None, 2)):
        _, found = parts(given, [sample(SpanTarget(), country=value)], smoothing=0.0)
        assert found["inferred"] == pytest.approx(-np.log(chances[place].item()), rel=1e-5)


def test_the_total_is_the_weighted_sum_of_the_parts() -> None:
    target = ItemTarget(np.array([1, 4, 0]), np.array([1.0, 0.0, 0.0], np.float32), True)
    weights = {"spans": 2.0, "inferred": 0.25, "tags": 3.0, "begins": 0.5}
    total, found = parts(answers(), [sample(SpanTarget(((0, 0),)), target)], **weights)
    assert total == pytest.approx(sum(weights[name] * found[name] for name in weights), rel=1e-5)
