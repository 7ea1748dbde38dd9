"""The value of a field inside the words that the student pointed at."""

from __future__ import annotations

import pytest

from extractor.student.values import Reader, Value, join
from tests.extractor.student.documents import tokens


@pytest.mark.parametrize(
    ("field", "printed", "value"),
    [
        ("total", "RM 1,234.50", "1234.50"),
        ("total", "Total", None),
        ("rounding", "-0.02", "-0.02"),
        ("discount", "-5.00", "5.00"),
        ("date", "25 Dec 2018", "2018-12-25"),
        ("date", "no date", None),
        ("time", "6:30 PM", "18:30"),
        ("time", "soon", None),
        ("card_last4", "**** **** **** 4321", "4321"),
        ("card_last4", "432", None),
        ("merchant_name", "Corner Bakery Ltd", "Corner Bakery Ltd"),
        ("merchant_phone", "Tel: 555-0134", "555-0134"),
        ("merchant_name", "***", None),
    ],
)
def test_words_are_read_as_the_kind_of_the_field(field: str, printed: str, value: str | None) -> None:
    found = Reader().value(field, tokens(printed))
    assert (found.value if found else None) == value


def test_the_text_is_as_printed_and_of_a_date_the_date_alone() -> None:
    assert Reader().value("total", tokens("RM 12.50")) == Value("12.50", "RM 12.50")
    assert Reader().value("date", tokens("Date: 25/12/2018")) == Value("2018-12-25", "25/12/2018")


def test_the_country_orders_the_date() -> None:
    printed = tokens("03/04/2018")
    assert Reader(country="US").value("date", printed) == Value("2018-03-04", "03/04/2018")
    assert Reader(country="MY").value("date", printed) == Value("2018-04-03", "03/04/2018")


def test_the_decimal_sign_of_the_document_orders_amounts() -> None:
    printed = tokens("5.000")
    assert Reader(decimal_sign=",").value("total", printed) == Value("5000.00", "5.000")
    assert Reader(decimal_sign=".").value("total", printed) == Value("5.00", "5.000")


def test_glued_words_are_joined_as_printed() -> None:
    assert join(tokens("Date:25/12/2018 Time:18:30")) == "Date:25/12/2018 Time:18:30"
    assert join(tokens("Date:25/12/2018")[1:]) == "25/12/2018"
