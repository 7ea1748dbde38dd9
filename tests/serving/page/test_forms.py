"""Values of a review are checked: alike in the page's script (the patterns are handed to it) and in the service."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.task import RECEIPTS
from extractor.types import FIELD_NAMES
from serving.page.forms import AMOUNT, FieldForm, faults, forms

KNOWN = forms((), {})


def wrong(name: str, value: str) -> list[str]:
    return [fault.message for fault in faults(KNOWN, {name: value}, None, [])]


def test_without_a_model_the_fields_are_those_of_the_shipped_task_in_their_order() -> None:
    assert tuple(form.name for form in KNOWN) == FIELD_NAMES


def test_a_users_own_fields_stand_behind_with_their_type_and_a_column_of_their_own() -> None:
    found = forms(["room", "status", "total"], {"room": "amount"})
    assert [form.name for form in found] == ["total", "room", "status"]
    room, status = found[1:]
    assert room.pattern == AMOUNT
    assert (room.column, status.column) == ("room", "status (field)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", "80.90"),
        ("total", "-3"),
        ("discount", "5.00"),
        ("date", "2024-02-29"),
        ("time", "23:59"),
        ("card_last4", "4711"),
        ("currency", "MYR"),
        ("country", "DE"),
        ("language", "en"),
        ("document_type", "receipt"),
        ("merchant_name", "CAFÉ ÅÄÖ 喜茶"),
    ],
)
def test_what_is_written_as_it_should_be_is_taken(name: str, value: str) -> None:
    assert wrong(name, value) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("total", "80,90", "plain number"),
        ("total", "RM80.90", "plain number"),
        ("total", "1e9", "plain number"),
        ("total", "٣", "plain number"),
        ("discount", "-5.00", "without a sign"),
        ("date", "31.01.2026", "year-month-day"),
        ("date", "2026-02-29", "calendar"),
        ("date", "0000-01-01", "calendar"),
        ("time", "24:00", "24 hours"),
        ("card_last4", "47110", "four digits"),
        ("currency", "rm", "capital letters"),
        ("document_type", "letter", "receipt, invoice"),
        ("merchant_name", " ", "empty"),
        ("merchant_name", "a\nb", "can't be printed"),
        ("merchant_name", "x" * 3000, "longer"),
        ("nonsense", "1", "no field"),
    ],
)
def test_everything_else_is_refused_with_what_to_write(name: str, value: str, said: str) -> None:
    assert said in " ".join(wrong(name, value))


def test_numbers_of_line_items_are_plain_and_their_texts_free() -> None:
    places = [fault.place for fault in faults(KNOWN, {}, None, [["Tea, hot", "2", "3,5", None], ["", "x", None, None]])]
    assert places == [
        "body.line_items.0.unit_price",
        "body.line_items.1.description",
        "body.line_items.1.quantity",
    ]


def test_the_patterns_mean_the_same_in_both_languages() -> None:
    """Python's and JavaScript's expressions differ in classes of characters, named groups and flags: none is used."""
    for form in KNOWN:
        assert re.fullmatch(r"[-?\[\]0-9A-Za-z{},()|\\.:]*", form.pattern), form
        assert "\\d" not in form.pattern
        assert "\\w" not in form.pattern


@given(st.sampled_from(KNOWN), st.text(max_size=40))
def test_no_text_makes_the_check_fail(form: FieldForm, value: str) -> None:
    list(faults(KNOWN, {form.name: value}, value, [[value] * 4]))


def test_every_amount_of_the_task_has_a_pattern() -> None:
    assert all(form.pattern for form in KNOWN if form.name in RECEIPTS.amounts)
