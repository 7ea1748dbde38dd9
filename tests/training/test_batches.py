"""Which documents are learnt from, in which order."""

from __future__ import annotations

import numpy as np
import pytest

from training.batches import Place, batches, epoch_order, steps_of_epoch
from training.config import Optimiser
from training.schedule import pace


def test_an_epoch_holds_each_document_as_often_as_its_source_weighs() -> None:
    sizes, weights = {"light": 1, "heavy": 1, "none": 1}, {"light": 0.5, "heavy": 2.0}
    seen = [[place.source for place in epoch_order(sizes, weights, f"3/{number}")] for number in range(200)]
    assert all(epoch.count("heavy") == 2 for epoch in seen)
    assert all(epoch.count("none") == 0 for epoch in seen)
    assert sum(epoch.count("light") for epoch in seen) == pytest.approx(100, abs=25)
    assert len({tuple(epoch) for epoch in seen}) > 2
    assert steps_of_epoch(sizes, weights, 1) == 2.5


def test_an_order_depends_on_its_seed_alone() -> None:
    assert epoch_order({"a": 50}, {"a": 1.0}, "x") == epoch_order({"a": 50}, {"a": 1.0}, "x")
    assert epoch_order({"a": 50}, {"a": 1.0}, "x") != epoch_order({"a": 50}, {"a": 1.0}, "y")


def test_batches_hold_documents_of_like_length_and_are_whole() -> None:
    lengths = {"a": np.array([9, 1, 8, 2]), "b": np.array([7, 3, 30])}
    order = [Place("a", at) for at in range(4)] + [Place("b", at) for at in range(3)]
    found = batches(order, lengths, 2, "seed")
    assert sorted(sorted(int(lengths[place.source][place.at]) for place in batch) for batch in found) == [
        [1, 2],
        [3, 7],
        [8, 9],
    ]
    assert [len(batch) for batch in batches(order[:1], lengths, 2, "seed")] == [1]


def test_the_learning_rate_rises_and_falls() -> None:
    settings = Optimiser(warmup=0.1)
    rates = [pace(step, 100, settings) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0.02 <= rates[-1] < 0.03
    assert pace(150, 100, settings) == pytest.approx(0.02)


def test_other_schedules_fall_in_a_line_or_not_at_all() -> None:
    line = Optimiser(warmup=0.0, schedule="linear", floor=0.0)
    assert [pace(step, 101, line) for step in (1, 51, 101)] == pytest.approx([1.0, 0.5, 0.0])
    assert {pace(step, 100, Optimiser(warmup=0.0, schedule="constant")) for step in range(100)} == {1.0}
