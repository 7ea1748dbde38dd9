import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.policy.money import Money
from extractor.policy.rates import Rates

CSV = """Date,USD,JPY,GBP,OMR,CYP,
2026-03-13,1.0900,163.20,0.8400,0.4190,N/A,
2026-03-12,1.1000,160.00,0.8500,0.4235,N/A,
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time="2026-03-13"><Cube currency="USD" rate="1.0900"/><Cube currency="GBP" rate="0.8400"/></Cube>
    <Cube time="2026-03-12"><Cube currency="USD" rate="1.1000"/></Cube>
  </Cube>
</gesmes:Envelope>"""
FRIDAY = dt.date(2026, 3, 13)


@pytest.fixture
def rates(tmp_path):
    def read(text: str, window: int = 7, name: str = "rates.csv") -> Rates:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return Rates.read(path, window)

    return read


def test_an_amount_is_converted_by_the_rate_of_its_day(rates):
    held = rates(CSV)
    assert held.convert(Money.of("100", "EUR"), "USD", FRIDAY) == Money.of("109.00", "USD")
    assert held.convert(Money.of("110", "USD"), "EUR", dt.date(2026, 3, 12)) == Money.of("100.00", "EUR")


def test_two_currencies_are_crossed_through_the_euro_and_rounded_once(rates):
    held = rates(CSV)
    assert held.convert(Money.of("50", "USD"), "GBP", FRIDAY) == Money.of("38.53", "GBP")
    # 1.30 / 1.09 · 163.2 is 194.64; by way of 1.19 euros it would be 194.
    assert held.convert(Money.of("1.30", "USD"), "JPY", FRIDAY) == Money.of("195", "JPY")


def test_each_currency_gets_its_own_places(rates):
    held = rates(CSV)
    assert str(held.convert(Money.of("10", "EUR"), "OMR", FRIDAY)) == "OMR 4.190"
    assert str(held.convert(Money.of("10", "EUR"), "JPY", FRIDAY)) == "JPY 1632"


def test_on_a_day_without_rates_the_latest_before_it_holds_but_not_for_ever(rates):
    held = rates(CSV, window=3)
    sunday, later = FRIDAY + dt.timedelta(days=2), FRIDAY + dt.timedelta(days=4)
    assert held.convert(Money.of("100", "EUR"), "USD", sunday) == Money.of("109.00", "USD")
    assert held.quote("EUR", "USD", sunday).day == FRIDAY
    assert held.convert(Money.of("100", "EUR"), "USD", later) is None
    assert held.convert(Money.of("100", "EUR"), "USD", dt.date(2026, 3, 11)) is None


def test_a_currency_that_was_not_quoted_has_no_rate(rates):
    assert rates(CSV).convert(Money.of("1", "EUR"), "CYP", FRIDAY) is None
    assert rates(CSV).convert(Money.of("1", "XXX"), "EUR", FRIDAY) is None


def test_the_xml_form_says_the_same(rates):
    held = rates(XML, name="rates.xml")
    assert held.convert(Money.of("100", "EUR"), "USD", FRIDAY) == Money.of("109.00", "USD")
    # On the later day both stand; pounds were not quoted the day before.
    assert held.convert(Money.of("1", "GBP"), "USD", dt.date(2026, 3, 12)) is None


def test_the_file_of_a_single_day_is_read_too(rates):
    held = rates("Date, USD, JPY, \n13 March 2026, 1.09, 163.2, \n")
    assert held.days == (FRIDAY,)
    assert held.convert(Money.of("1", "EUR"), "USD", FRIDAY) == Money.of("1.09", "USD")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first column is not named Date"),
        ("Day,USD\n", "its first column is not named Date"),
        ("Date,USD\n", "it holds no rate"),
        ("Date,USD\n13.03.2026,1.09\n", "row 2 starts with '13.03.2026', which is no date"),
        ("Date,USD\n2026-03-13,x\n", "row 2, column USD: 'x' is no rate"),
        ("Date,USD\n2026-03-13,0\n", "must be above zero"),
        ("<Envelope><Cube", "its XML is broken"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "it declares entities"),
    ],
)
def test_a_file_that_holds_no_rates_is_refused_with_the_reason(rates, text, said):
    with pytest.raises(UsageError) as error:
        rates(text)
    assert error.value.code == "rates_unreadable"
    assert said in error.value.message


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        Rates.read(tmp_path / "none.csv")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(UsageError, match="unpacked"):
        Rates.read(tmp_path / "a.zip")


@given(st.decimals(0, 10_000_000, places=2), st.decimals("0.0001", 5000, places=4))
def test_a_conversion_is_exact_to_half_a_minor_unit(amount, rate):
    held = Rates({FRIDAY: {"USD": rate}})
    converted = held.convert(Money(amount, "EUR"), "USD", FRIDAY)
    assert abs(converted.amount - amount * rate) <= Decimal("0.005")
    assert converted.amount == round(converted.amount, 2)
