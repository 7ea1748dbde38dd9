"""Scores are kept by document, so that means and differences rest on the same values."""

from __future__ import annotations

import pytest

from extractor.truth import Truth
from tests.training.benchmark.records import record
from training.study.scores import key_of_truths, lost, mean_of, score, summary

FIELDS = ("total", "date")


def truths(**totals: str) -> dict[str, dict[str, Truth]]:
    return {"s": {name: Truth(name, {"total": total, "date": "1/1/20"}) for name, total in totals.items()}}


def test_what_was_not_read_counts_nothing() -> None:
    wanted = truths(a="1.00", b="2.00")
    found = score([record("a", total="1", date="1/1/20")], wanted)
    assert found == {"s": {"a": {"total": [1, 1], "date": [1, 1]}, "b": {"total": [0, 0], "date": [0, 0]}}}
    figures = summary([found], FIELDS)
    assert figures["s"]["documents"] == 2
    assert figures["s"]["n"] == 4
    assert figures["s"]["mean"] == 0.5
    assert figures["s"]["spread"] is None
    assert mean_of(figures) == 0.5


def test_seeds_are_averaged_and_their_spread_is_told() -> None:
    wanted = truths(a="1.00")
    runs = [score([record("a", total="1", date="1/1/20")], wanted), score([], wanted)]
    figures = summary(runs, FIELDS)["s"]
    assert figures["seeds"] == [1.0, 0.0]
    assert figures["mean"] == 0.5
    assert figures["spread"] == pytest.approx(0.7071, abs=1e-3)


def test_what_is_lost_is_told_in_points_with_its_uncertainty() -> None:
    wanted = truths(**{f"d{number}": "1.00" for number in range(20)})
    good = score([record(f"d{number}", total="1", date="1/1/20") for number in range(20)], wanted)
    worse = score([record(f"d{number}", total="1", date="1/1/20") for number in range(15)], wanted)
    gap = lost([good], [worse], FIELDS)["mean"]
    assert gap["points"] == pytest.approx(25)
    assert gap["low"] < 25 < gap["high"]
    assert lost([good], [good], FIELDS)["mean"] == {"points": 0, "low": 0, "high": 0}


def test_another_truth_has_another_key() -> None:
    assert key_of_truths(truths(a="1.00")) == key_of_truths(truths(a="1.00"))
    assert key_of_truths(truths(a="1.00")) != key_of_truths(truths(a="1.01"))
