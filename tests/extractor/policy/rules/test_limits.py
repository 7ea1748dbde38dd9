"""Rules with an amount: caps, missing receipts, cash, tips, split purchases, round sums."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.policy.cases import Case, Claim
from extractor.policy.money import Money
from tests.extractor.policy.expenses import BOX, alone, claimed, found, only, policy, receipt

DAY = dt.date(2026, 3, 11)
MEAL = "rule: cap, name: meal, categories: [meals], amount: 75, per: attendee"


def dinner(amount: str, identifier: str = "c1", **claim):
    given = {"employee": "Ann", "date": DAY, "merchant": "Roma", "currency": "EUR", "category": "meals"}
    return Case(identifier, Claim(claim_id=identifier, amount=Decimal(amount), **{**given, **claim}))


def test_a_cap_names_amount_excess_and_limit_and_puts_the_excess_at_stake():
    told = only(found(policy(MEAL), dinner("95.50")))
    assert "EUR 95.50" in told.message
    assert "EUR 20.50 over the limit of EUR 75.00" in told.message
    assert (told.rule, told.severity, told.at_stake, told.currency) == ("meal", "medium", "20.50", "EUR")
    assert told.fields == ["claim.amount", "claim.category"]


def test_the_limit_itself_is_allowed():
    assert not found(policy(MEAL), dinner("75.00"))


def test_a_cap_per_attendee_holds_for_all_who_came():
    assert not found(policy(MEAL), dinner("300.00", attendees=4))
    assert only(found(policy(MEAL), dinner("300.00", attendees=3))).at_stake == "75.00"


def test_where_nobody_says_how_many_came_a_receipt_alone_is_only_pointed_out():
    read = receipt(total="95.50", currency="EUR", expense_category="meals")
    told = only(found(policy(MEAL), alone(read)))
    assert told.severity == "low"
    assert "attendees are not stated" in told.message


def test_a_finding_names_the_places_that_it_rests_on():
    read = receipt(total="95.50", currency="EUR", expense_category="meals")
    told = only(found(policy(MEAL), alone(read)))
    assert next((place.receipt, place.field, place.box) for place in told.places) == ("a.jpg", "total", BOX)
    assert told.fields == ["total", "currency", "expense_category"]


def test_confidence_is_the_rules_times_the_readings_and_an_unsure_finding_is_less_severe():
    rule = "rule: cap, name: big, amount: 75, reliability: 0.9, severity: high"
    sure = only(found(policy(rule), alone(receipt(total=("95.50", 0.9), currency=("EUR", 1.0)))))
    unsure = only(found(policy(rule), alone(receipt(total=("95.50", 0.5), currency=("EUR", 1.0)))))
    assert sure.confidence == pytest.approx(0.81)
    assert sure.severity == "high"
    assert unsure.confidence == pytest.approx(0.45)
    assert unsure.severity == "medium"


def test_nights_come_from_the_claim_or_from_the_trip():
    rule = policy("rule: cap, name: night, categories: [lodging], amount: 200, per: night")
    assert not found(rule, dinner("600.00", category="lodging", nights=3))
    trip = {"trip_start": DAY, "trip_end": DAY + dt.timedelta(days=3)}
    assert not found(rule, dinner("600.00", category="lodging", **trip))
    assert only(found(rule, dinner("600.00", category="lodging", nights=2))).at_stake == "200.00"


def test_a_day_is_added_up_per_person_and_the_expense_that_passes_the_limit_is_named():
    rule = policy("rule: cap, name: day, amount: 100, per: day")
    cases = [dinner("60.00", "a"), dinner("70.00", "b"), dinner("90.00", "c", employee="Bob")]
    ((case, told),) = found(rule, *cases)
    assert case == "b"
    assert told.at_stake == "30.00"
    assert told.related == ("a",)
    assert "EUR 130.00" in told.message


def test_parts_beyond_a_daily_limit_add_up_to_the_excess():
    rule = policy("rule: cap, name: day, amount: 100, per: day")
    pairs = found(rule, dinner("60.00", "a"), dinner("70.00", "b"), dinner("25.00", "c"))
    assert [told.at_stake for _, told in pairs] == ["30.00", "25.00"]


def test_a_trip_is_added_up_over_its_days():
    rule = policy("rule: cap, name: trip, amount: 100, per: trip")
    later = DAY + dt.timedelta(days=2)
    pairs = found(rule, dinner("60.00", "a", trip="Rome"), dinner("60.00", "b", trip="Rome", date=later))
    assert [case for case, _ in pairs] == ["b"]
    assert not found(rule, dinner("60.00", "a", trip="Rome"), dinner("60.00", "b", trip="Oslo"))


def test_caps_may_be_for_some_countries_and_some_people_only():
    abroad = policy("rule: cap, name: swiss, amount: 50, countries: [CH]")
    assert found(abroad, dinner("60.00", country="CH"))
    assert not found(abroad, dinner("60.00", country="DE"))
    hers = policy("rule: cap, name: hers, amount: 50, people: [ann]")
    assert found(hers, dinner("60.00"))
    assert not found(hers, dinner("60.00", employee="Bob"))


def test_norway_is_a_country():
    assert found(policy("rule: cap, name: north, amount: 50, countries: [NO]"), dinner("60.00", country="NO"))


def test_a_limit_is_converted_by_the_policys_rates():
    told = only(found(policy("rule: cap, name: any, amount: 100"), dinner("500.00", currency="MYR")))
    assert "EUR 100.00 (MYR 480.00)" in told.message
    assert (told.at_stake, told.currency) == ("20.00", "MYR")


class Dated:
    def convert(self, money, to, day):
        return Money(money.amount * 5, to) if (money.currency, to, day) == ("EUR", "MYR", DAY) else None


def test_dated_rates_go_before_the_policys():
    assert not found(policy("rule: cap, name: any, amount: 100"), dinner("500.00", currency="MYR"), rates=Dated())
    assert found(policy("rule: cap, name: any, amount: 100"), dinner("116.00", currency="USD"), rates=Dated())


def test_what_cannot_be_converted_is_said_once_and_never_passed_over():
    rules = policy("rule: cap, name: any, amount: 100", "rule: cap, name: other, amount: 5")
    told = only(found(rules, dinner("1.00", currency="BTN")))
    assert (told.rule, told.severity) == ("not_comparable", "low")
    assert "no exchange rate from EUR to BTN" in told.message
    unknown = only(found(rules, dinner("1.00", currency="XXX")))
    assert "currency was not read" in unknown.message


def test_what_is_far_over_a_cap_may_be_more_severe():
    rule = policy("rule: cap, name: any, amount: 100, high_from: 2, severity_high: high")
    assert only(found(rule, dinner("150.00"))).severity == "medium"
    assert only(found(rule, dinner("200.00"))).severity == "high"


@settings(deadline=None, max_examples=40)
@given(st.decimals(min_value="0.01", max_value="100000", places=2), st.integers(1, 12))
def test_what_is_at_stake_is_never_more_than_was_spent(amount, heads):
    for _, told in found(policy(MEAL), dinner(str(amount), attendees=heads)):
        assert Decimal(0) <= Decimal(told.at_stake or 0) <= amount


def test_a_missing_receipt_is_found_above_the_amount_only():
    rule = policy("rule: missing_receipt, amount: 25")
    assert not found(rule, dinner("25.00"))
    assert only(found(rule, dinner("25.01"))).at_stake == "25.01"
    assert not found(rule, alone(receipt(total="90.00", currency="EUR")))


def test_a_receipt_that_a_claim_names_and_nobody_has_is_missing():
    told = only(found(policy("rule: missing_receipt, amount: 25"), dinner("90.00", receipts=("lost.jpg",))))
    assert "lost.jpg" in told.message


def test_a_large_sum_in_cash_is_found_and_one_by_card_is_not():
    rule = policy("rule: cash, amount: 200")
    paid = {"total": "250.00", "currency": "EUR"}
    assert only(found(rule, alone(receipt(payment_method="cash", **paid)))).at_stake == "250.00"
    assert not found(rule, alone(receipt(payment_method="card", **paid)))
    assert not found(rule, alone(receipt(**paid)))


def test_a_tip_is_measured_against_the_bill_without_it():
    rule = policy("rule: tip, share: 0.2")
    assert not found(rule, alone(receipt(total="120.00", service_charge="20.00", currency="USD")))
    told = only(found(rule, alone(receipt(total="130.00", service_charge="30.00", currency="USD"))))
    assert "30 % of the bill of USD 100.00" in told.message
    assert told.at_stake == "10.00"


def test_a_large_sum_in_cash_of_which_less_is_claimed_was_rather_misread():
    rule = policy("rule: cash, amount: 200")
    slip = receipt(payment_method="cash", total="1679.00", currency="USD")
    asked = {"currency": "USD", "receipts": (slip,)}
    less = only(found(rule, claimed(amount=Decimal("16.79"), **asked)))
    all_of_it = only(found(rule, claimed(amount=Decimal("1679.00"), **asked)))
    assert (less.severity, all_of_it.severity) == ("low", "medium")


def test_a_tip_larger_than_any_is_rather_a_misreading():
    rule = policy("rule: tip, share: 0.2, severity: high")
    told = only(found(rule, alone(receipt(total="130.00", service_charge="100.00", currency="USD"))))
    assert told.severity == "medium"
    assert told.confidence < 0.5


SPLIT = "rule: split_purchase, amount: 300, days: 1"


def test_a_purchase_in_parts_is_found_on_every_part():
    parts = [dinner("200.00", "a", merchant="Media World"), dinner("180.00", "b", merchant="MEDIA WORLD.")]
    pairs = found(policy(SPLIT), *parts)
    assert [(case, told.related) for case, told in pairs] == [("a", ("b",)), ("b", ("a",))]
    assert "together EUR 380.00" in pairs[0][1].message


@pytest.mark.parametrize(
    "other",
    [
        {"merchant": "Saturn"},
        {"employee": "Bob"},
        {"date": DAY + dt.timedelta(days=4)},
        {"amount": "90.00"},
        {"amount": "310.00"},
    ],
    ids=["another merchant", "another person", "another week", "within the limit together", "over the limit by itself"],
)
def test_what_is_no_split_purchase(other):
    changed = dict(other)
    amount = changed.pop("amount", "180.00")
    first = dinner("200.00", "a", merchant="Media World")
    assert not found(policy(SPLIT), first, dinner(amount, "b", **{"merchant": "Media World", **changed}))


def test_small_daily_purchases_are_no_parts_of_one():
    coffees = [dinner("45.00", f"c{day}", date=DAY + dt.timedelta(days=day)) for day in range(9)]
    assert not found(policy(SPLIT), *coffees)


def test_round_sums_are_told_by_their_figures():
    rule = policy("rule: round_sum, amount: 100, digits: 1")
    assert found(rule, dinner("400.00"))
    assert not found(rule, dinner("450.00"))
    assert not found(rule, dinner("400.10"))
    assert not found(rule, dinner("50.00"))
