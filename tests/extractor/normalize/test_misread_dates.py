"""Dates with a misread sign, where a date is known to stand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.misread_dates import find_misread_date


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("31/0 8/2016", date(2016, 8, 31)),
        ("06/2A/2014", date(2014, 6, 24)),
        ("04/2172012", date(2012, 4, 21)),
        ("23 Ju1 2014", date(2014, 7, 23)),
        ("0173172017", date(2017, 1, 31)),
        ("01/23/2C10", date(2010, 1, 23)),
        ("21\\Feb|2012", date(2012, 2, 21)),
        ("Aug21°16", date(2016, 8, 21)),
        ("O5/l2/2O18", date(2018, 12, 5)),
        ("12_11_2015", date(2015, 11, 12)),
    ],
)
def test_a_sign_that_was_misread_is_put_up_with(text: str, meant: date) -> None:
    found = find_misread_date(text)
    assert found is not None
    assert meant in found.readings
    assert found.text == text


@pytest.mark.parametrize("text", ["", "Total", "12.50", "Table 12", "0123456789", "99/99/9999", "Feb", "Order #4711"])
def test_what_is_no_date_stays_none(text: str) -> None:
    assert find_misread_date(text) is None


@given(st.text(max_size=40))
def test_any_text_is_answered(text: str) -> None:
    found = find_misread_date(text)
    assert found is None or found.readings
