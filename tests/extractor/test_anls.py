"""Scores of answers: DocVQA's ANLS, exact match, and ANLS* against its reference package."""

import pytest
from anls_star import anls_score
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.anls import anls, anls_star_items, exact, fold
from extractor.types import ITEM_PARTS


def test_the_same_text_scores_one_whatever_its_case_and_spaces():
    assert anls("  MR  D.I.Y.\n(Johor)", "mr d.i.y. (johor)") == 1.0
    assert exact("  MR  D.I.Y.\n(Johor)", "mr d.i.y. (johor)")


def test_a_missing_answer_scores_zero_and_is_never_exact():
    assert anls(None, "9.00") == 0.0
    assert not exact(None, "")


def test_one_wrong_letter_in_ten_costs_a_tenth():
    assert anls("25/12/2013", "25/12/2018") == pytest.approx(0.9)
    assert not exact("25/12/2013", "25/12/2018")


def test_the_longer_string_is_what_the_distance_is_divided_by():
    assert anls("abcdefgh", "abcd") == 0.5
    assert anls("abcdefghi", "abcd") == 0.0


def test_an_empty_answer_to_an_empty_truth_is_right():
    assert anls("", "") == 1.0
    assert anls("", "a") == 0.0


@given(st.text(), st.text())
def test_a_score_is_symmetric_and_either_zero_or_at_least_the_threshold(one, other):
    score = anls(one, other)
    assert score == anls(other, one)
    assert score == 0.0 or 0.5 <= score <= 1.0
    assert (score == 1.0) == (fold(one) == fold(other))


def test_items_in_another_order_lose_nothing():
    items = [{"description": "Kopi O", "amount": "2.50"}, {"description": "Roti", "quantity": "2", "amount": "3.00"}]
    assert anls_star_items(items[::-1], items) == 1.0


def test_a_missing_item_and_an_invented_item_cost_the_same():
    item = {"description": "Kopi O", "amount": "2.50"}
    assert anls_star_items([item], [item, item]) == anls_star_items([item, item], [item]) == 0.5


def test_no_items_where_there_are_none_is_right():
    assert anls_star_items([], []) == 1.0
    assert anls_star_items([], [{"amount": "1.00"}]) == 0.0
    assert anls_star_items([{"amount": "1.00"}], []) == 0.0


def test_parts_that_are_none_count_as_absent():
    assert anls_star_items([{"amount": "1.00", "quantity": None}], [{"amount": "1.00", "unit_price": ""}]) == 1.0


_text = st.text("abcAB 12.", min_size=1, max_size=6)
_items = st.lists(st.dictionaries(st.sampled_from(ITEM_PARTS), _text, min_size=1), max_size=5)


def _in_order(items):
    return [{part: item[part] for part in ITEM_PARTS if part in item} for item in items]


@settings(max_examples=200, deadline=None)
@given(_items, _items)
def test_line_items_score_as_in_the_reference_package(predicted, truth):
    expected = anls_score(_in_order(truth), _in_order(predicted))
    assert anls_star_items(predicted, truth) == pytest.approx(expected, abs=1e-12)
