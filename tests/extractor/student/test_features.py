"""What the student knows of a word besides its place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.student import features


def table(*texts: str) -> np.ndarray:
    return features.numbers(texts, np.full(len(texts), 0.02, np.float32), np.ones(len(texts), np.float32))


@given(st.lists(st.text(max_size=40) | st.from_regex(r"[-(]?[0-9.,' ]{1,40}", fullmatch=True), max_size=12))
def test_any_words_give_finite_numbers_and_buckets_inside_the_table(texts: list[str]) -> None:
    numbers = table(*texts)
    assert numbers.shape == (len(texts), features.NUMBERS)
    assert np.isfinite(numbers).all()
    for text in texts:
        found = features.pieces(text)
        assert 0 < len(found) <= features.PIECES
        assert all(0 < bucket < features.BUCKETS for bucket in found)


def test_a_word_misread_in_one_letter_keeps_most_of_its_pieces() -> None:
    one, other = set(features.pieces("Subtotal")), set(features.pieces("Subtotai"))
    assert len(one & other) > len(one) / 2
    shared = set(features.pieces("Subtotal")) & set(features.pieces("Change"))
    assert shared == set(features.pieces("Subtotal")[1:2]), "they share their outline alone"


def test_digits_are_not_spelt_out() -> None:
    assert features.pieces("12.50") == features.pieces("98.76")
    assert features.pieces("12.50") != features.pieces("1250")


def test_capitals_and_width_of_letters_change_the_shape_alone() -> None:
    assert len(set(features.pieces("TOTAL")) - set(features.pieces("total"))) == 1
    assert features.pieces("ＴＯＴＡＬ") == features.pieces("TOTAL")


@pytest.mark.parametrize(
    ("text", "outline"), [("Total", "Xx+"), ("RM12.50", "X202.02"), ("A-1", "X-0"), ("合計", "x2"), ("", "")]
)
def test_the_shape_tells_capitals_letters_and_digits_with_the_length_of_their_runs(text: str, outline: str) -> None:
    assert features.shape(text) == outline


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", 1250),
        ("RM1,234.50", 123450),
        ("1.234,50", 123450),
        ("-3.00", 300),
        ("12", None),
        ("25.12.18", None),
        ("3.400", None),
    ],
)
def test_amounts_are_numbers_with_two_decimals(text: str, amount: int | None) -> None:
    assert features.cents(text) == amount


def test_a_number_too_long_to_be_an_amount_is_none() -> None:
    assert features.cents("1" * 40 + ".00") is None
    assert np.isfinite(table("1" * 5000 + ".00", "3.00")).all()


def test_an_amount_is_set_beside_the_others_of_the_document() -> None:
    numbers = table("9.00", "0.54", "9.54", "9.54", "Total")
    largest, total_of_two, repeated = numbers[:, 19], numbers[:, 21], numbers[:, 20]
    assert largest.tolist() == [0, 0, 1, 1, 0]
    assert total_of_two.tolist() == [0, 0, 1, 1, 0]
    assert repeated == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.0])
    assert numbers[:, 16].tolist() == [1, 1, 1, 1, 0]


def test_tall_print_stands_out() -> None:
    heights = np.array([0.02, 0.02, 0.06], np.float32)
    numbers = features.numbers(["a", "b", "c"], heights, np.array([0.5, 1.0, 1.0], np.float32))
    assert numbers[:, 15] == pytest.approx([0.0, 0.0, 2.0], abs=1e-5)
    assert numbers[:, 14] == pytest.approx([0.5, 1.0, 1.0])


def test_how_much_is_remembered_changes_no_feature() -> None:
    words = ["TOTAL", "12.50", "Cafe", "12.50", "2019-02-03"]
    heights, confidences = np.full(5, 0.02, np.float32), np.ones(5, np.float32)

    def told() -> tuple[list[tuple[int, ...]], npt.NDArray[np.float32]]:
        return [features.pieces(word) for word in words], features.numbers(words, heights, confidences)

    pieces, first = told()
    try:
        features.remember(2)
        again, second = told()
        assert features.pieces.cache_info().maxsize == 2
    finally:
        features.remember(4_096)
    assert again == pieces
    assert np.array_equal(second, first)
