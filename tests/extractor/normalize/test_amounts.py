from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.amounts import (
    document_decimal_sign,
    find_amounts,
    format_amount,
    parse_amount,
    parse_quantity,
)

LOCALES = "en_US en_MY en_IN de_DE de_CH fr_FR fr_CH es_ES it_IT pt_BR nl_NL pl_PL cs_CZ sv_SE nb_NO da_DK fi_FI hu_HU tr_TR id_ID ms_MY th_TH ru_RU".split()  # noqa: E501, SIM905
PRICES = st.integers(min_value=1, max_value=999_999_999).map(lambda cents: Decimal(cents) / 100)


@given(value=PRICES, locale=st.sampled_from(LOCALES))
def test_a_decimal_printed_in_any_locale_is_read_back(value: Decimal, locale: str) -> None:
    printed = format_decimal(value, format="#,##0.00" if not locale.endswith("IN") else "#,##,##0.00", locale=locale)
    assert parse_amount(printed) == value


@given(value=PRICES, locale=st.sampled_from(LOCALES), currency=st.sampled_from(["EUR", "USD", "MYR", "GBP"]))
def test_a_currency_amount_printed_in_any_locale_is_read_back(value: Decimal, locale: str, currency: str) -> None:
    printed = format_currency(value, currency, locale=locale)
    found = find_amounts(printed)
    assert [match.value for match in found] == [value]
    assert found[0].marked


@given(value=PRICES)
def test_what_is_written_is_read_back(value: Decimal) -> None:
    assert parse_amount(format_amount(value), decimal_sign=".") == value


@given(text=st.text(max_size=60))
def test_any_text_is_survived_and_places_are_inside_it(text: str) -> None:
    for match in find_amounts(text):
        assert 0 <= match.start < match.end <= len(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1,23,456.00", "123456.00"),
        ("12.-", "12"),
        ("12,–", "12"),
        (".50", "0.50"),
        ("RM80.90", "80.90"),
        ("$12.61", "12.61"),
        ("12.61€", "12.61"),
        ("CHF54.50", "54.50"),
        ("TOTAL80.90", "80.90"),
        ("80. 90", "80.90"),
        ("1 ,234.00", "1234.00"),
        ("R1 234.56", "1234.56"),
        ("12 500 Ft", "12500"),
        ("１２３４円", "1234"),
        ("٣٤٫٥٠", "34.50"),
        ("1O.S0", "10.50"),
        ("8O.9O", "80.90"),
        ("l2.00", "12.00"),
        ("0,5l", "0.5"),
        ("-5.00", "-5.00"),
        ("5.00-", "-5.00"),
        ("-$5.00", "-5.00"),
        ("RM -2.00", "-2.00"),
        ("(12.00)", "-12.00"),
        ("5.00 CR", "-5.00"),
        ("TOTAL - 12.00", "12.00"),
        ("12.00 T", "12.00"),
        ("5 items 12.00", "12.00"),
        ("25 Dec 2018 12.00", "12.00"),
        ("10:27 12.00", "12.00"),
    ],
)
def test_tricky_amounts(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "6%",
        "GST 6.00%",
        "12/03/2018",
        "12.03.18",
        "10:27",
        "03-2163 2766",
        "(850) 516-0975",
        "033 853 67 16",
        "531760640123",
        "0469",
        "A296102",
        "15OCT18",
        "600ml",
        "SALE",
        "S.00",
        "#5",
        "",
    ],
)
def test_what_is_no_amount_is_left_out(text: str) -> None:
    assert find_amounts(text) == []


def test_a_place_covers_digits_and_sign_but_not_the_mark() -> None:
    text = "CASH RM 1,234.50 change -2.00"
    assert [text[m.start : m.end] for m in find_amounts(text)] == ["1,234.50", "-2.00"]


def test_thousands_or_three_decimals_are_both_offered_and_the_decimal_sign_decides() -> None:
    (match,) = find_amounts("5.000")
    assert (match.value, match.alternatives) == (5000, (5,))
    assert parse_amount("5.000", decimal_sign=".") == 5
    assert parse_amount("5.000", decimal_sign=",") == 5000
    assert parse_amount("1,234", decimal_sign=",") == Decimal("1.234")
    assert parse_amount("0.500") == Decimal("0.5")


def test_a_quantity_beside_a_price_is_not_joined_to_it() -> None:
    assert [m.value for m in find_amounts("Beer 2 450.00")] == [2, 450]
    assert [m.value for m in find_amounts("2x4.50")] == [2, Decimal("4.50")]


def test_a_quantity_keeps_its_decimals() -> None:
    assert parse_quantity("1.306kg") == "1.306"
    assert parse_quantity("13,439 l") == "13.439"
    assert parse_quantity("2 x") == "2"
    assert parse_quantity("none") is None


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("12.5", None, "12.50"),
        ("570000", "VND", "570000.00"),
        ("-2", "MYR", "-2.00"),
        ("-0.001", None, "0.00"),
        ("6.100", "OMR", "6.10"),
        ("2.574", "OMR", "2.574"),
        ("2.575", "USD", "2.58"),
        ("1E+3", None, "1000.00"),
    ],
)
def test_amounts_are_written_with_two_decimals_and_mills_only_where_they_are_money(
    value: str, currency: str | None, written: str
) -> None:
    assert format_amount(Decimal(value), currency) == written


def test_the_decimal_sign_of_a_document_is_that_of_most_unambiguous_numbers() -> None:
    assert document_decimal_sign(["12,50", "3,00", "1.306", "4.20"]) == ","
    assert document_decimal_sign(["RM 80.90", "1,234"]) == "."
    assert document_decimal_sign(["1.234.567", "36.820"]) == ","
    assert document_decimal_sign(["5.000", "12/03/2018"]) is None
