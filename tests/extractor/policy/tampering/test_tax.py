from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from babel import Locale

from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.tax import Tax, rates
from tests.extractor.policy.tampering.making import evidence


def traces(confidence: float = 0.99, **values):
    given = {"country": "DE", "currency": "EUR", "date": "2024-05-02", **values}
    return Tax().traces(Specimen(evidence(confidence=confidence, **given)))


def test_tax_up_to_the_highest_rate_is_possible():
    assert traces(tax="19.00", total="119.00") == {}
    assert traces(tax="3.10", total="119.00") == {}


def test_tax_above_every_rate_is_told_with_the_rates():
    found = traces(tax="30.00", total="119.00")["above_every_rate"]
    assert "33.7% of what it leaves of the total 119.00" in found.sentence
    assert "DE on 2024-05-02 knew rates of 7 % or 19 %" in found.sentence
    assert found.fields == ("tax", "total")


def test_the_rates_are_those_of_the_receipts_day():
    japan = {"country": "JP", "currency": "JPY", "tax": "1000", "total": "11000"}
    assert "at most 8.0% in all" in traces(**japan, date="2016-08-01")["above_every_rate"].sentence
    assert traces(**japan, date="2020-08-01") == {}


def test_rounding_of_small_sums_passes():
    assert traces(tax="0.18", total="1.10") == {}


def test_what_the_table_does_not_know_is_left_alone():
    assert traces(tax="60.00", total="119.00", country="QQ") == {}
    assert traces(tax="60.00", total="119.00", date="2199-01-01") == {}


def test_values_that_were_not_surely_read_prove_nothing():
    assert traces(0.7, tax="60.00", total="119.00") == {}


def test_a_tax_as_high_as_the_total_is_told():
    assert "no less than all" in traces(tax="119.00", total="119.00")["above_every_rate"].sentence


@pytest.mark.parametrize("code", sorted(rates().countries))
def test_each_country_of_the_table_is_one_and_its_periods_follow_each_other(code):
    assert code in Locale("en").territories
    periods = rates().countries[code].periods
    ends = [period.until for period in periods]
    assert ends[-1] is None
    assert None not in ends[:-1]
    assert ends[:-1] == sorted(ends[:-1])
    assert all(Decimal(0) < rate <= Decimal(28) for period in periods for rate in period.rates)
    assert rates().as_of > dt.date(2025, 1, 1)
