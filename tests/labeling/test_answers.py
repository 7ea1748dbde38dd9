"""Answers are taken apart and checked; whatever comes, it is a label or a named problem."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.task import RECEIPTS
from labeling.answers import AnswerProblem, amount_text, parse_answer, read_answer
from tests.labeling.documents import label

_words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12).filter(
    lambda text: text.lower() not in {"-", "--", "n/a", "na", "none", "null", "nil"}
)
_texts = st.lists(_words, min_size=1, max_size=4).map(" ".join)
_amounts = st.decimals(-99999, 99999, places=2).map(lambda value: f"{value or abs(value):.2f}")
_dates = st.dates().map(lambda day: day.isoformat())
_times = st.times().map(lambda time: f"{time:%H:%M}")


def _value(name: str) -> st.SearchStrategy[str]:
    field = RECEIPTS.by_name[name]
    if field.choices:
        return st.sampled_from(field.choices)
    if field.positive:
        return _amounts.map(lambda text: text.removeprefix("-"))
    kinds = {"amount": _amounts, "date": _dates, "time": _times, "card": st.from_regex(r"[0-9]{4}", fullmatch=True)}
    return kinds.get(field.type, _texts)


_items = st.lists(st.tuples(_texts, st.none() | _texts, st.none() | _texts, st.none() | _amounts).map(list), max_size=5)
labels = st.fixed_dictionaries(
    {name: st.none() | _value(name) for name in RECEIPTS.names}
    | {"date_text": st.none() | _texts, "line_items": _items}
)
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(labels)
def test_any_valid_label_comes_back_as_it_is(given_label: dict[str, Any]) -> None:
    assert parse_answer(given_label, RECEIPTS) == given_label
    assert parse_answer(json.dumps(given_label), RECEIPTS) == given_label
    fenced = f"Here is the label:\n```json\n{json.dumps(given_label, indent=1)}\n```\nAnything else?"
    assert parse_answer(fenced, RECEIPTS) == given_label


@given(labels, st.integers(1, 400))
def test_a_label_cut_off_anywhere_is_called_truncated(given_label: dict[str, Any], place: int) -> None:
    text = json.dumps(given_label)
    with pytest.raises(AnswerProblem) as caught:
        parse_answer(text[: min(place, len(text) - 1)], RECEIPTS)
    assert caught.value.kind == "truncated"


@given(st.text(max_size=300))
def test_any_text_is_a_label_or_a_named_problem(text: str) -> None:
    _survives(text)


@given(st.dictionaries(st.sampled_from([*RECEIPTS.names, "date_text", "line_items", "pictures", "x"]), garbage))
def test_any_object_is_a_label_or_a_named_problem(answer: dict[str, Any]) -> None:
    _survives(answer)


@given(garbage)
def test_any_value_of_any_field_is_read_or_named(value: Any) -> None:
    for name in ("total", "date", "time", "card_last4", "document_type", "line_items", "merchant_name"):
        _survives({**label(), name: value})


def _survives(answer: Any) -> None:
    try:
        found = parse_answer(answer, RECEIPTS, pictures=2)
    except AnswerProblem:
        return
    assert set(found) == set(label())
    json.dumps(found).encode("ascii")
    assert parse_answer(found, RECEIPTS) == found, "reading twice changes nothing"


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1,234.5", "1234.50"),
        ("1,234", "1234.00"),
        ("1.234,50", "1234.50"),
        ("12,50", "12.50"),
        ("RM 80.90", "80.90"),
        ("$5", "5.00"),
        ("-$5.00", "-5.00"),
        ("7.00 EUR", "7.00"),
        ("(3.10)", "-3.10"),
        ("-0.00", "0.00"),
        ("1.305", "1.305"),
        ("007.10", "7.10"),
        (12, "12.00"),
        (3.5, "3.50"),
    ],
)
def test_an_amount_is_put_into_one_form(printed: Any, value: str) -> None:
    assert amount_text(printed) == value


@pytest.mark.parametrize(
    "printed", ["12,3,4", "1,23,456.7.8", "ten", "12-05", "", "1e9", "80.90 81.00", float("nan"), True]
)
def test_what_is_no_amount_or_two_is_refused(printed: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        amount_text(printed)


@given(st.decimals(0, 10**9, places=2))
def test_thousands_signs_change_no_amount(value: Decimal) -> None:
    assert amount_text(f"{value:,.2f}") == f"{value:.2f}"


def test_empty_texts_are_null_and_other_keys_are_left_out_with_a_note() -> None:
    answer = read_answer({**label(), "merchant_phone": " ", "tax": "N/A", "mood": "good"}, RECEIPTS)
    assert answer.label["merchant_phone"] is None
    assert answer.label["tax"] is None
    assert "mood" not in answer.label
    assert set(answer.notes) == {"left out: mood", "put right: merchant_phone", "put right: tax"}


def test_a_missing_key_is_null_but_another_form_of_answer_is_refused() -> None:
    without = {key: value for key, value in label().items() if key != "tax"}
    assert parse_answer(without, RECEIPTS) == label()
    with pytest.raises(AnswerProblem, match="keys asked for are missing") as caught:
        parse_answer({"receipt": without}, RECEIPTS)
    assert caught.value.kind == "wrong_schema"


def test_items_may_come_as_objects_and_are_cut_at_the_most() -> None:
    items = [{"description": "TEA", "quantity": 2, "unit_price": "1.50", "amount": "3,000.5"}] * 50
    found = parse_answer({**label(), "line_items": items}, RECEIPTS)
    assert found["line_items"] == [["TEA", "2", "1.50", "3000.50"]] * 40


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"total": "about ten"}, "total"),
        ({"date": "25/12/2018"}, "date"),
        ({"document_type": "letter"}, "document_type"),
        ({"line_items": [["TEA", "1"]]}, "line_items"),
        ({"merchant_name": ["A", "B"]}, "merchant_name"),
    ],
)
def test_a_wrong_value_is_named_so_that_it_can_be_repaired(change: dict[str, Any], named: str) -> None:
    with pytest.raises(AnswerProblem, match=named) as caught:
        parse_answer({**label(), **change}, RECEIPTS)
    assert caught.value.kind == "wrong_schema"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "malformed"),
        ("I see a receipt.", "malformed"),
        ("{'total': 1}", "malformed"),
        ('{"total": "1', "truncated"),
    ],
)
def test_text_that_is_no_object_is_named(text: str, kind: str) -> None:
    with pytest.raises(AnswerProblem) as caught:
        parse_answer(text, RECEIPTS)
    assert caught.value.kind == kind


def test_pictures_taken_in_another_order_are_noticed() -> None:
    assert parse_answer({**label(), "pictures": [1, 2]}, RECEIPTS, pictures=2) == label()
    assert parse_answer(label(), RECEIPTS, pictures=2) == label(), "who does not say is believed"
    with pytest.raises(AnswerProblem, match=r"order \[1, 2\]") as caught:
        parse_answer({**label(), "pictures": [2, 1]}, RECEIPTS, pictures=2)
    assert caught.value.kind == "wrong_order"
