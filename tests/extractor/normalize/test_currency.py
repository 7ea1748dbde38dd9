from datetime import date

import pytest

from extractor.normalize.currency import currency_from_text, currency_of_country, currency_weights


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TOTAL RM80.90", "MYR"),
        ("$12.61", "USD"),
        ("S$12.00", "SGD"),
        ("12,50 €", "EUR"),
        ("£3.20", "GBP"),
        ("Rs. 500.00", "INR"),
        ("Rp 36.820", "IDR"),
        ("120,00 zł", "PLN"),
        ("99 Kč", "CZK"),
        ("฿120", "THB"),
        ("50.000đ", "VND"),
        ("USD total", "USD"),
        ("CHF 12.50", "CHF"),
        ("ringgit Malaysia", "MYR"),
        ("￥100", "JPY"),
    ],
)
def test_a_mark_speaks_first_for_its_usual_currency(text: str, code: str) -> None:
    evidence = currency_from_text(text)
    assert max(evidence, key=lambda each: evidence[each]) == code
    assert sum(evidence.values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["ALL 5 items", "12.00 R", "Total 12.00", ""])
def test_words_that_only_look_like_codes_say_nothing(text: str) -> None:
    assert currency_from_text(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "BLUE DOOR CAFE SDN BHD",
        "BLUE DOOR CAFE SDN. BHD. 12.50",
        "KAJANG FOODS (M) BHD 126926-H",
        "PASAR BHD 12, JALAN MAWAR",
        "SON BHD",
    ],
)
def test_the_form_of_a_malaysian_company_is_no_dinar(text: str) -> None:
    assert currency_from_text(text) == {}
    assert currency_from_text(f"{text} TOTAL RM 9.00") == {"MYR": 1.0}


@pytest.mark.parametrize("text", ["Total BHD 1.250", "1.250 BHD", "Net BHD: -0.500", "Amount (BHD)", "BHD1,250.500"])
def test_beside_an_amount_or_over_a_column_it_is_one(text: str) -> None:
    assert currency_from_text(text) == {"BHD": 1.0}


def test_a_country_has_the_tender_of_the_day() -> None:
    assert currency_of_country("MY") == "MYR"
    assert currency_of_country("HR", date(2012, 1, 1)) == "HRK"
    assert currency_of_country(None) is None


def test_a_dozen_marks_weigh_more_than_one() -> None:
    assert currency_weights("£1.00 £2.00 £3.00")["GBP"] > currency_weights("£1.00")["GBP"]


def test_a_dollar_read_as_an_s_behind_its_country_is_a_dollar() -> None:
    assert set(currency_from_text("Naan ECS10.00")) == {"XCD"}


def test_an_abbreviation_counts_before_three_decimals_too() -> None:
    assert set(currency_from_text("TOTAL JD: 35.264")) == {"JOD"}
