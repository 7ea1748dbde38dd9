"""The figures of duplicates: what counts as found, as false and as truly twice in the data."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image

from extractor.policy.duplicates import Index
from extractor.truth import Truth
from training.benchmark import duplicates
from training.benchmark.index import ask, describe, figures, photographed_again, receipt
from training.benchmark.predict import silent


def truth(identifier: str, **fields: str) -> Truth:
    return Truth(identifier, fields)


def test_two_pictures_are_one_purchase_where_the_truth_agrees_on_two_facts_and_differs_on_none():
    first = truth("a", receipt_number="R-17", date_iso="2025-03-14", total="8.00")
    assert duplicates.one_purchase(first, truth("b", receipt_number="R17", date_iso="2025-03-14"))
    assert not duplicates.one_purchase(first, truth("b", receipt_number="R18", date_iso="2025-03-14"))
    assert not duplicates.one_purchase(first, truth("b", total="8.00"))
    assert not duplicates.one_purchase(first, None)


def test_false_pairs_are_those_that_the_truth_does_not_know():
    known = receipt(5)
    prints = {"a": known, "b": photographed_again(known, random.Random(1)), "c": receipt(6)}
    facts = {"receipt_number": known.purchase.number, "date_iso": known.purchase.date}
    truths = {"a": truth("a", **facts), "b": truth("b", **facts)}
    with Index.open() as index:
        (pair,) = duplicates.pairs(index, prints, truths)
        assert (pair.first, pair.second, pair.twice) == ("a", "b", True)
        found = {"cropped": duplicates.search(index, {"a": known, "c": receipt(7)}, [pair])}
    assert found == {"cropped": {"a": (True, []), "c": (False, [])}}
    recall, false, *_ = duplicates.describe(3, [pair], found)
    assert (recall.measured, recall.verdict) == (0.5, "below")
    assert (false.measured, false.verdict) == (0.0, "pass")
    (judged,) = [duplicates.Flagged("a", "b", "duplicate_picture", 0.9, False, "")]
    assert duplicates.describe(3, [judged], found)[1].verdict == "below"


def test_the_sample_of_receipts_is_always_the_same_and_grows_at_its_end(tmp_path):
    paths = [tmp_path / f"{n}.jpg" for n in range(50)]
    assert duplicates.sample(paths, 5) == duplicates.sample(paths, 20)[:5]


@pytest.mark.parametrize("kind", ["rephotographed", "cropped", "rotated", "recompressed", "recoloured"])
def test_a_variant_is_another_picture_and_always_the_same(tmp_path, kind):
    from training.benchmark.variants import make

    speckled = np.random.default_rng(0).integers(0, 255, (160, 120, 3)).astype(np.uint8)
    Image.fromarray(speckled).save(tmp_path / "w5.png")
    first = make(tmp_path / "w5.png", kind, tmp_path / "one")
    again = make(tmp_path / "w5.png", kind, tmp_path / "two")
    assert first.read_bytes() == again.read_bytes()
    with Image.open(first) as made:
        assert made.size != (120, 160) or not np.array_equal(np.asarray(made), speckled)


def test_a_small_index_answers_and_finds_receipts_photographed_again(tmp_path):
    place = str(tmp_path / "index.db")
    measured = {figure.name.split(", ")[1]: figure for figure in figures(1_000, silent, place, queries=40)}
    assert measured["found again"].measured == 1.0
    assert measured["query p99"].n == 40
    assert measured["on disk"].measured > 0
    with Index.open(place) as index:
        seconds, found = ask(index, 1_000, 10)
        assert (len(seconds), found) == (10, 5)


def test_a_slow_query_is_below_the_bound():
    slow = describe(1000, [0.001] * 50 + [0.5] * 50, 50, [0.001], (0, 1.0), 10**6)
    assert slow[0].verdict == "below"
