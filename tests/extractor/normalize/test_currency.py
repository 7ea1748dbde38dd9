from datetime import date

import pytest

from extractor.normalize.currency import currency_from_text, currency_of_country, settle_place


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


def test_a_country_has_the_tender_of_the_day() -> None:
    assert currency_of_country("MY") == "MYR"
    assert currency_of_country("HR", date(2012, 1, 1)) == "HRK"
    assert currency_of_country(None) is None


def test_the_country_settles_a_shared_mark_and_a_clear_mark_overrules_the_model() -> None:
    country, currency = settle_place({"CA": 0.9, "US": 0.1}, {"USD": 0.6, "CAD": 0.4}, "Total $12")
    assert (country and country[0], currency and currency[0]) == ("CA", "CAD")
    country, currency = settle_place({"US": 0.6, "SG": 0.4}, {"USD": 0.9, "SGD": 0.05}, "S$12.00")
    assert (country and country[0], currency and currency[0]) == ("SG", "SGD")
    assert currency is not None
    assert 0.5 < currency[1] <= 1


def test_the_country_follows_a_currency_that_is_printed() -> None:
    country, currency = settle_place({"FR": 0.7, "GB": 0.3}, {"EUR": 0.7, "GBP": 0.3}, "TOTAL £ 189.50 VAT £ 28.00")
    assert (country and country[0], currency and currency[0]) == ("GB", "GBP")


def test_where_nothing_speaks_nothing_is_said() -> None:
    assert settle_place({}, {}, "no mark") == (None, None)
