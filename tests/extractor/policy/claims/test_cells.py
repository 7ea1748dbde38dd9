import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.policy.claims.cells import Unclear, amount_readings, count_of, currency_of, day_of, names_of, settled


def values(cell: object) -> dict[str, str]:
    return {sign: str(value) for sign, value in amount_readings(cell)[0].items()}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12.50", {".": "12.50"}),
        ("12,50", {",": "12.50"}),
        ("1,234.56", {".": "1234.56"}),
        ("1.234,56", {",": "1234.56"}),
        ("1 234,56", {",": "1234.56"}),
        ("1'234.50", {".": "1234.50"}),
        ("12,34,567.00", {".": "1234567.00"}),
        ("1.234.567", {",": "1234567"}),
        ("1234", {".": "1234", ",": "1234"}),
        ("1.234", {".": "1.234", ",": "1234"}),
        ("1,234", {".": "1234", ",": "1.234"}),
        ("0.125", {".": "0.125"}),
        ("(5.00)", {".": "-5.00"}),
        ("5.00-", {".": "-5.00"}),
        ("-7,10", {",": "-7.10"}),
        ("RM 80.90", {".": "80.90"}),
        ("80,90 €", {",": "80.90"}),
        ("-€5.00", {".": "-5.00"}),
        (".50", {".": "0.50"}),
    ],
)
def test_an_amount_has_one_value_for_each_decimal_sign_that_it_allows(cell, expected):
    assert values(cell) == expected


@pytest.mark.parametrize("cell", ["", "abc", "12.5.0", "1,23,4", "12 50", "1..2", "--", True, "NaN", float("inf")])
def test_what_is_no_amount_is_not_guessed_at(cell):
    with pytest.raises(Unclear, match="is no amount"):
        amount_readings(cell)


def test_a_spreadsheets_number_is_taken_as_it_was_shown():
    assert values(0.1 + 0.2) == {".": "0.3", ",": "0.3"}
    assert values(80.9) == {".": "80.9", ",": "80.9"}
    assert values(Decimal("12.340")) == {".": "12.340", ",": "12.340"}


@given(st.decimals(-(10**9), 10**9, places=2))
def test_what_a_program_writes_is_read_back_exactly(amount):
    point, _ = amount_readings(f"{amount:,.2f}")
    swapped, _ = amount_readings(f"{amount:,.2f}".translate(str.maketrans(",.", ".,")))
    assert point["."] == swapped[","] == amount


def test_only_a_stated_sign_settles_two_readings():
    readings, _ = amount_readings("1.234")
    assert settled(readings, None) is None
    assert settled(readings, ",") == 1234
    assert settled(readings, ".") == Decimal("1.234")
    assert settled(amount_readings("12.50")[0], ",") is None


def test_days_are_iso_or_of_the_stated_form_or_a_spreadsheets():
    day = dt.date(2026, 3, 14)
    assert day_of("2026-03-14", None) == day
    assert day_of("2026-03-14T09:30:00", None) == day
    assert day_of("14.03.2026", "%d.%m.%Y") == day
    assert day_of(dt.datetime(2026, 3, 14, 9, 30), None) == day
    assert day_of(46095, None) == day
    assert day_of(20260314, None) == day


@pytest.mark.parametrize(("cell", "form"), [("03/04/2026", None), ("2026-13-01", None), ("x", "%d.%m.%Y"), (12, None)])
def test_a_day_that_is_not_clear_is_refused(cell, form):
    with pytest.raises(Unclear):
        day_of(cell, form)


def test_currencies_are_codes_or_marks_of_one_currency():
    assert currency_of("eur") == "EUR"
    assert currency_of("€") == "EUR"
    assert currency_of("RM") == "MYR"
    with pytest.raises(Unclear, match="may be USD, CAD, AUD"):
        currency_of("$")
    with pytest.raises(Unclear, match="no currency code"):
        currency_of("Taler")


def test_counts_are_whole_numbers_or_lists_of_names():
    assert count_of("3") == count_of(3.0) == count_of("Ann; Bob; Cem") == count_of(["a", "b", "c"]) == 3
    for cell in ("2.5", "-1", "many"):
        with pytest.raises(Unclear):
            count_of(cell)


def test_names_lose_blanks_and_doubles():
    assert names_of(" a.jpg ; b.pdf;;a.jpg") == ("a.jpg", "b.pdf")
    assert names_of(["a.jpg", "b.pdf"]) == ("a.jpg", "b.pdf")
