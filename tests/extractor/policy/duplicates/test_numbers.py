"""The numbers of a receipt read alike whatever recognition makes of their letters and marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.policy.duplicates import minhash
from extractor.policy.duplicates.numbers import numbers, overlap, printed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RM l2.5O", ["1250"]),
        ("12,50", ["1250"]),
        ("INV-1O2S4", ["10254"]),
        ("14/03/2025 12:47", ["14032025", "1247"]),
        ("2 pcs at 7", []),
        ("SOS BILLS", []),
    ],
)
def test_numbers_are_digits_alone(text, found):
    assert numbers(text) == found


def test_a_receipt_and_its_lower_half_overlap_wholly():
    whole = printed(["1250", "99123", "20250314", "4711"])
    assert overlap(whole, whole[2:]) == 1.0


def test_a_number_that_stands_twice_on_one_counts_once_where_it_stands_once_on_the_other():
    assert overlap(("1250", "1250"), ("1250", "9999")) == 0.5


def test_nothing_overlaps_with_nothing():
    assert overlap((), ("1250",)) == 0.0


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0123456789", min_size=3, max_size=9), max_size=20), st.data())
def test_overlap_is_a_share_and_symmetric(first, data):
    second = data.draw(st.lists(st.sampled_from(first or ["123"]), max_size=20))
    assert 0.0 <= overlap(first, second) <= 1.0
    assert overlap(first, second) == overlap(second, first)


def test_signatures_estimate_the_share_in_common():
    first, second = {f"a{n}" for n in range(60)}, {f"a{n}" for n in range(30, 90)}
    one, other = (minhash.signature(features, 512) for features in (first, second))
    assert one is not None
    assert other is not None
    assert (one == other).mean() == pytest.approx(1 / 3, abs=0.07)


def test_marks_stay_the_same_between_releases():
    """An index holds them for years: whoever changes this raises fingerprint.VERSION."""
    signed = minhash.signature(["1250", "14032025"], 4)
    assert signed is not None
    assert minhash.bands(signed, "numbers", 2) == (-8287194950896319612, 4834168359342633438)
