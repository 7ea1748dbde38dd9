"""Rules about days: old receipts, dates ahead, trips, days off."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.extractor.policy.expenses import TODAY, alone, claimed, found, only, policy, receipt


def test_a_receipt_is_too_old_after_so_many_days():
    rule = policy("rule: old_receipt, days: 90")
    assert not found(rule, alone(receipt(date=str(TODAY - dt.timedelta(days=90)))))
    told = only(found(rule, alone(receipt(date=str(TODAY - dt.timedelta(days=91)), total="8.00", currency="EUR"))))
    assert "91 days old" in told.message
    assert told.at_stake == "8.00"


def test_a_receipt_that_is_old_in_one_reading_only_accuses_less():
    rule, claim = policy("rule: old_receipt, days: 90"), {"submitted": dt.date(2012, 10, 30)}
    read = receipt(date="2012-05-10")
    printed = read.record.receipt.fields["date"].model_copy(update={"text": "10/05/2012"})
    fields = read.record.receipt.model_copy(update={"fields": {"date": printed}})
    either = type(read)(read.record.model_copy(update={"receipt": fields}))
    told = only(found(rule, claimed(receipts=(either,), **claim)))
    assert (told.severity, only(found(rule, claimed(receipts=(read,), **claim))).severity) == ("low", "medium")
    assert "unless 2012-10-05 is meant" in told.message


def test_age_counts_to_the_day_on_which_the_claim_was_handed_in():
    rule = policy("rule: old_receipt, days: 90")
    old = receipt(date="2025-06-01")
    assert not found(rule, claimed(receipts=(old,), submitted=dt.date(2025, 6, 20)))


def test_a_date_ahead_is_found_beyond_the_tolerance():
    rule = policy("rule: future_date, severity: high, tolerance_days: 1")
    assert not found(rule, alone(receipt(date=str(TODAY + dt.timedelta(days=1)))))
    assert only(found(rule, alone(receipt(date="2026-03-14")))).severity == "high"


def test_a_date_that_is_ahead_in_one_reading_only_is_less_sure():
    rule = policy("rule: future_date, severity: high")
    told = only(found(rule, alone(receipt(date="2026-11-03"))))
    assert told.severity == "high"  # 2026-11-03 as printed has its year first
    read = receipt(date="2026-11-03")
    printed = read.record.receipt.fields["date"].model_copy(update={"text": "03/11/2026"})
    other = read.record.receipt.model_copy(update={"fields": {"date": printed}})
    unsure = type(read)(read.record.model_copy(update={"receipt": other}))
    told = only(found(rule, alone(unsure)))
    assert told.severity == "medium"
    assert "2026-03-11 is meant" in told.message


def test_a_claim_outside_its_trip_is_found_with_a_margin():
    rule = policy("rule: outside_trip, days_before: 1, days_after: 2")
    trip = {"trip_start": dt.date(2026, 3, 5), "trip_end": dt.date(2026, 3, 8), "amount": Decimal(9), "currency": "EUR"}

    def told(day: int):
        return found(rule, claimed(date=dt.date(2026, 3, day), **trip))

    assert [day for day in range(1, 13) if told(day)] == [1, 2, 3, 11, 12]
    assert "3 days after the trip ended" in only(told(11)).message


def test_a_receipt_outside_the_trip_counts_whatever_the_claim_says():
    rule = policy("rule: outside_trip")
    trip = {"trip_start": dt.date(2026, 3, 5), "trip_end": dt.date(2026, 3, 8)}
    case = claimed(date=dt.date(2026, 3, 6), receipts=(receipt(date="2026-02-20"),), **trip)
    assert "date" in only(found(rule, case)).fields


@pytest.mark.parametrize("rule", ["rule: old_receipt, days: 90", "rule: outside_trip"])
def test_a_day_that_is_the_one_claimed_but_for_a_digit_often_misread_accuses_less(rule):
    trip = {"date": dt.date(2018, 3, 14), "submitted": dt.date(2018, 3, 20), "trip_start": dt.date(2018, 3, 13)}

    def told(read: str):
        return only(found(policy(rule), claimed(receipts=(receipt(date=read),), **trip)))

    misread, old = told("2013-03-14"), told("2017-03-14")
    assert (misread.severity, old.severity) == ("low", "medium")
    assert "unless 2018-03-14, as claimed, was misread" in misread.message


@pytest.mark.parametrize(
    ("day", "country", "why"),
    [
        ("2026-03-14", "FR", "Saturday"),
        ("2026-07-14", "FR", "National Day"),
        ("2026-03-13", "EG", "Friday"),
        ("2026-03-13", "FR", ""),
        ("2026-03-15", "EG", ""),
    ],
)
def test_days_off_are_those_of_the_country(day, country, why):
    told = found(policy("rule: day_off"), alone(receipt(date=day, country=country)), today=dt.date(2026, 8, 1))
    assert bool(told) == bool(why)
    if told:
        assert why in told[0][1].message


def test_a_country_nobody_knows_has_weekends():
    assert found(policy("rule: day_off"), alone(receipt(date="2026-03-14", country="XX")))
    assert not found(policy("rule: day_off, weekends: false"), alone(receipt(date="2026-03-14", country="XX")))


def test_a_date_that_is_none_is_no_date():
    rules = policy("rule: old_receipt, days: 1", "rule: future_date", "rule: day_off")
    assert not found(rules, alone(receipt(date="2026-13-40")))
