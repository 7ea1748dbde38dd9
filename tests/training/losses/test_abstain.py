"""The student learns to say that it doesn't know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.losses.asking import batch_of, built, logits, sample
from tests.training.tiny import example
from training.alignment import SpanTarget
from training.augment import Sample, plain
from training.losses.base import Batch

UNREAD = sample(SpanTarget(known=False), total="9.54")


def loss_of(
    name: str, spans: torch.Tensor, absent: torch.Tensor, samples: list[Sample], **settings: Any
) -> torch.Tensor:
    found = built(name, **settings)(batch_of({"spans": spans, "absent": absent}, samples))
    assert found.shape == (len(samples),)
    return found


def chance_of_absence(spans: torch.Tensor, absent: torch.Tensor) -> float:
    shown = np.append(spans.detach().numpy().ravel(), absent.item())
    return float((np.exp(shown) / np.exp(shown).sum())[-1])


def test_a_value_that_was_not_read_asks_for_absence_up_to_a_confidence() -> None:
    spans, absent = logits()
    chance = chance_of_absence(spans, absent)
    found = loss_of("abstain", spans, absent, [UNREAD], confidence=0.8)
    assert found.item() == pytest.approx(np.log(0.8 / chance), rel=1e-5)
    sure = torch.full_like(absent, 9.0)
    assert chance_of_absence(spans, sure) > 0.8
    assert loss_of("abstain", spans, sure, [UNREAD], confidence=0.8).item() == 0.0


@pytest.mark.parametrize(
    "other",
    [
        sample(SpanTarget(known=False)),
        sample(SpanTarget(), total=None),
        sample(SpanTarget(((0, 0),)), total="9.54"),
    ],
    ids=["not spoken of", "not there", "read"],
)
def test_only_values_that_were_not_read_ask_for_it(other: Sample) -> None:
    spans, absent = logits(batch=2)
    found = loss_of("abstain", spans, absent, [other, UNREAD])
    found.sum().backward()
    assert found[0].item() == 0.0
    assert found[1].item() > 0.0
    assert spans.grad is not None
    assert not spans.grad[0].any()
    assert spans.grad[1].any()


def test_abstaining_counts_as_far_as_the_label_is_trusted() -> None:
    spans, absent = logits()
    half = sample(SpanTarget(known=False), total="9.54", trust={"total": 0.5})
    full = loss_of("abstain", spans, absent, [UNREAD]).item()
    assert loss_of("abstain", spans, absent, [half]).item() == pytest.approx(0.5 * full, rel=1e-6)


def named(*, said: str, places: tuple[tuple[int, int], ...] = ((0, 2),), **label: Any) -> Sample:
    """A document whose first three words are read `Corner Bakery Ltd`, and whose label names the merchant `said`."""
    made = example("Corner Bakery Ltd", label={"id": "1", "merchant_name": said, **label})
    target = SpanTarget(places)
    return plain(replace(made, spans={"merchant_name": target}))


def doubted(spans: torch.Tensor, absent: torch.Tensor, samples: list[Sample], **settings: Any) -> torch.Tensor:
    mask = torch.ones(len(samples), 3, dtype=torch.bool)
    batch = Batch({"spans": spans, "absent": absent}, mask, samples, ["merchant_name"], {})
    return built("doubt", **settings)(batch)


def sure_of(cell: tuple[int, int], batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    spans = torch.zeros(batch, 1, 3, 3)
    spans[:, :, cell[0], cell[1]] = 6.0
    return spans.requires_grad_(), torch.zeros(batch, 1, requires_grad=True)


def test_a_misread_value_asks_for_doubt_above_a_confidence() -> None:
    spans, absent = sure_of((0, 2))
    chance = np.exp(6) / (np.exp(6) + 9)
    found = doubted(spans, absent, [named(said="Comer Bokory 1td")], confidence=0.5)
    assert found.item() == pytest.approx(np.log(0.5 / (1 - chance)), rel=1e-4)
    found.sum().backward()
    assert spans.grad is not None
    assert spans.grad[0, 0, 0, 2] > 0, "less sure"
    unsure = torch.zeros(1, 1, 3, 3), torch.zeros(1, 1)
    assert doubted(*unsure, [named(said="Comer Bokory 1td")]).item() == 0.0


@pytest.mark.parametrize(
    "well",
    [
        named(said="CORNER BAKERY, LTD."),
        named(said="Corner Bakery", places=((0, 1), (0, 2))),
        named(said="Somebody Else", places=()),
    ],
    ids=["case and stops", "one place fits", "not there"],
)
def test_what_was_read_well_may_be_held_for_sure(well: Sample) -> None:
    spans, absent = sure_of((0, 2))
    assert doubted(spans, absent, [well]).item() == 0.0


def test_doubt_asks_of_the_fields_it_is_given_and_as_far_as_labels_are_trusted() -> None:
    spans, absent = sure_of((0, 2))
    wrong = named(said="Comer Bokory 1td")
    assert doubted(spans, absent, [wrong], fields=["merchant_address"]).item() == 0.0
    half = named(said="Comer Bokory 1td", trust={"merchant_name": 0.5})
    full = doubted(spans, absent, [wrong]).item()
    assert doubted(spans, absent, [half]).item() == pytest.approx(0.5 * full, rel=1e-6)
    assert doubted(spans, absent, [named(said="Corner Bekery Ltd")], alike=0.9).item() == 0.0, "one letter is little"


def test_variation_of_the_words_is_not_taken_for_misreading() -> None:
    spans, absent = sure_of((0, 2))
    varied = replace(named(said="Corner Bakery Ltd"), tokens=example("Qxxner Zakeqq Utd").tokens)
    assert doubted(spans, absent, [varied]).item() == 0.0


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_doubt_and_abstaining_stay_finite_at_extremes(size: float) -> None:
    spans, absent = torch.zeros(1, 1, 3, 3), torch.full((1, 1), -1e4 if size > 0 else 0.0, requires_grad=True)
    spans[0, 0, 0, 2] = size
    spans.requires_grad_()
    both = doubted(spans, absent, [named(said="Comer Bokory 1td")]) + loss_of("abstain", spans, absent, [UNREAD])
    both.sum().backward()
    assert torch.isfinite(both).all()
    assert torch.isfinite(spans.grad).all()  # type: ignore[arg-type]
