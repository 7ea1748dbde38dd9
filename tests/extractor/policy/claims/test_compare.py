import datetime as dt
from decimal import Decimal

import pytest

from extractor.policy.cases import Case, Situation
from extractor.policy.claims.compare import ClaimExaminer, belonging_together
from extractor.policy.rates import Rates
from tests.extractor.policy.claims.making import claim, found, only, receipt

DAY = dt.date(2026, 3, 14)
RATES = Situation(DAY, rates=Rates({DAY: {"USD": Decimal("1.10"), "JPY": Decimal("160")}}))
PAGE = ("Rex", "Subtotal 42.00", "Tax 3.00", "TOTAL 45.00", "CASH 50.00", "CHANGE 5.00")


def test_a_claim_of_exactly_the_total_is_nothing_to_tell_of():
    assert found(claim(amount="45.00"), receipt(total="45.00", currency="EUR")) == {"c1": []}


def test_an_over_claim_is_told_with_the_exact_sum_and_its_place():
    told = only(found(claim(amount="50.01"), receipt(total="45.00", currency="EUR", lines=PAGE)))
    assert (told.rule, told.severity) == ("amount_over_claimed", "high")
    assert (told.at_stake, told.currency) == ("5.01", "EUR")
    assert told.confidence > 0.95
    assert told.places[0].box == [0.5, 0.5, 0.7, 0.55]
    assert "EUR 50.01 exceeds the total EUR 45.00 of a.jpg by EUR 5.01" in told.message


def test_the_cash_handed_over_is_named_as_what_it_is():
    told = only(found(claim(amount="50.00"), receipt(total="45.00", currency="EUR", lines=PAGE)))
    assert told.rule == "amount_over_claimed"
    assert "is what was handed over" in told.message
    assert told.places[1].box is not None


def test_a_claim_printed_beside_total_speaks_against_the_reading():
    page = ("Rex", "Item 35.20", "TOTAL 85.20")
    told = only(found(claim(amount="85.20"), receipt(total="35.20", currency="EUR", lines=page)))
    assert (told.rule, told.severity, told.at_stake) == ("amount_unclear", "medium", None)
    assert "the total may be misread" in told.message


def test_a_total_read_with_little_confidence_is_no_proof():
    sure = only(found(claim(), receipt(total="45.00", currency="EUR", lines=PAGE[:1])))
    unsure = only(found(claim(), receipt(total="45.00", currency="EUR", lines=PAGE[:1], sure=0.3)))
    assert sure.rule == "amount_over_claimed"
    assert unsure.rule == "amount_unclear"


def test_without_words_an_over_claim_is_less_sure():
    with_words = only(found(claim(), receipt(total="45.00", currency="EUR", lines=PAGE[:1], sure=0.95)))
    without = only(found(claim(), receipt(total="45.00", currency="EUR", sure=0.95)))
    assert with_words.confidence > without.confidence > 0.5


def test_the_rounding_of_cash_is_let_pass_only_where_the_page_shows_it():
    page = ("TOTAL 9.02", "Rounding -0.02", "9.00")
    assert found(claim(amount="9.02"), receipt(total="9.00", currency="EUR", lines=page)) == {"c1": []}
    told = only(found(claim(amount="9.03"), receipt(total="9.00", currency="EUR", lines=page)))
    assert (told.rule, told.severity, told.at_stake) == ("amount_over_claimed", "low", "0.03")


def test_an_under_claim_is_told_quietly():
    told = only(found(claim(amount="40.00"), receipt(total="45.00", currency="EUR")))
    assert (told.rule, told.severity, told.at_stake) == ("amount_under_claimed", "low", None)
    assert "EUR 5.00 below" in told.message


def test_a_total_that_was_not_read_leaves_the_claim_unchecked():
    told = only(found(claim(), receipt(currency="EUR", status="failed")))
    assert (told.rule, told.severity) == ("amount_unverified", "medium")
    seen = only(found(claim(amount="45.00"), receipt(currency="EUR", lines=PAGE)))
    assert (seen.rule, seen.severity) == ("amount_unverified", "low")


def test_several_receipts_add_up():
    parts = [receipt("a.jpg", total="20.00", currency="EUR"), receipt("b.jpg", total="25.00", currency="EUR")]
    assert found(claim(amount="45.00"), parts) == {"c1": []}
    assert only(found(claim(amount="47.50"), parts)).at_stake == "2.50"


def test_claims_that_share_a_receipt_may_not_exceed_it_together():
    shared = receipt(total="45.00", currency="EUR", lines=PAGE)
    assert not any(found([claim("c1", "20.00"), claim("c2", "25.00")], shared).values())
    told = found(
        [claim("c1", "30.00", submitted=dt.date(2026, 4, 2)), claim("c2", "20.00", submitted=dt.date(2026, 4, 1))],
        shared,
    )
    assert (told["c2"][0].rule, told["c2"][0].at_stake) == ("receipt_over_claimed", None)
    # c2 was handed in first, so that 25 were left for c1.
    assert (told["c1"][0].at_stake, told["c1"][0].severity, told["c1"][0].related) == ("5.00", "high", ("c2",))


def test_amounts_of_yen_and_rial_keep_their_places():
    assert only(found(claim(amount="1500", currency="JPY"), receipt(total="1200", currency="JPY"))).at_stake == "300"
    told = only(found(claim(amount="1.500", currency="OMR"), receipt(total="1.250", currency="OMR")))
    assert told.at_stake == "0.250"


def test_another_currency_is_compared_at_the_rate_of_the_receipts_day():
    abroad = receipt(total="110.00", currency="USD", date="2026-03-14", lines=("TOTAL USD 110.00",))
    assert found(claim(amount="101.00", date=DAY), abroad, RATES) == {"c1": []}  # a card's rate differs a little
    told = only(found(claim(amount="108.00", date=DAY), abroad, RATES))
    assert (told.rule, told.at_stake) == ("amount_over_claimed", "8.00")
    assert "EUR 100.00 at the rate for 2026-03-14" in told.message


def test_the_figures_of_another_currency_are_not_ones_own():
    abroad = receipt(total="110.00", currency="USD", date="2026-03-14", lines=("TOTAL USD 110.00",))
    told = only(found(claim(amount="110.00", date=DAY), abroad, RATES))
    assert (told.rule, told.severity, told.at_stake) == ("currency_differs", "high", "10.00")
    without = only(found(claim(amount="110.00", date=DAY), abroad))
    assert (without.rule, without.at_stake) == ("currency_differs", None)


def test_without_a_rate_amounts_are_not_compared():
    told = only(found(claim(amount="100.00"), receipt(total="110.00", currency="USD", lines=("TOTAL USD 110.00",))))
    assert (told.rule, told.severity) == ("rate_missing", "medium")
    assert "--rates" in told.message


def test_receipts_of_two_currencies_are_never_added_as_they_stand():
    parts = [receipt("a.jpg", total="20.00", currency="EUR"), receipt("b.jpg", total="25.00", currency="USD")]
    assert only(found(claim(amount="45.00", currency="XXX"), parts)).rule == "rate_missing"
    page = ("TOTAL USD 25.00",)
    parts = [parts[0], receipt("b.jpg", total="25.00", currency="USD", lines=page)]
    assert only(found(claim(amount="45.00"), parts)).rule == "rate_missing"


def test_a_currency_that_was_only_guessed_contradicts_nothing():
    bare = receipt(total="45.00", currency="USD", lines=PAGE, sure=0.8)
    assert found(claim(amount="45.00"), bare) == {"c1": []}
    assert found(claim(amount="45.00", currency="XXX"), receipt(total="45.00", currency="USD")) == {"c1": []}


@pytest.mark.parametrize(
    ("claimed", "severity"), [("2026-03-16", None), ("2026-03-25", "low"), ("2026-06-01", "medium")]
)
def test_days_may_differ_a_little(claimed, severity):
    told = found(claim(date=dt.date.fromisoformat(claimed)), receipt(total="50.00", currency="EUR", date="2026-03-14"))[
        "c1"
    ]
    assert [each.severity for each in told] == ([severity] if severity else [])
    assert all(each.rule == "date_differs" for each in told)


def test_a_day_that_the_receipt_may_mean_is_no_difference():
    printed = receipt(total="50.00", currency="EUR", date="2026-04-03", lines=("Date 03/04/2026", "TOTAL 50.00"))
    assert found(claim(date=dt.date(2026, 3, 4)), printed) == {"c1": []}


def test_a_year_of_which_one_digit_may_be_misread_is_for_a_person_to_look_at():
    def told(read: str):
        return only(found(claim(date=dt.date(2018, 3, 14)), receipt(total="50.00", currency="EUR", date=read)))

    assert (told("2013-03-14").rule, told("2013-03-14").severity) == ("date_unclear", "medium")
    assert "may be misread" in told("2013-03-14").message
    assert told("2013-03-13").rule == "date_unclear"  # claims are often a day late
    assert (told("2017-03-14").rule, told("2017-03-14").severity) == ("date_differs", "medium")


def test_a_hotels_nights_stretch_the_day():
    stay = receipt(total="50.00", currency="EUR", date="2026-03-14")
    assert found(claim(date=dt.date(2026, 3, 8), nights=5), stay) == {"c1": []}
    assert only(found(claim(date=dt.date(2026, 3, 8)), stay)).rule == "date_differs"


def test_another_merchant_is_told_unless_it_is_printed():
    shop = receipt(total="50.00", currency="EUR", merchant_name="URBAN IDEA SDN BHD", lines=("Subway 42210",))
    assert found(claim(merchant="Subway"), shop) == {"c1": []}
    assert found(claim(merchant="Urban Idea"), shop) == {"c1": []}
    told = only(found(claim(merchant="Hotel Adler"), shop))
    assert (told.rule, told.severity) == ("merchant_differs", "medium")
    unseen = receipt(total="50.00", currency="EUR", merchant_name="URBAN IDEA SDN BHD")
    assert only(found(claim(merchant="Hotel Adler"), unseen)).severity == "low"  # it may stand in the logo


def test_tax_is_not_reclaimed_above_what_is_printed():
    shop = receipt(total="50.00", currency="EUR", tax="3.00", lines=("Tax 3.00", "TOTAL 50.00"))
    assert found(claim(tax="3.00"), shop) == {"c1": []}
    told = only(found(claim(tax="9.50"), shop))
    assert (told.rule, told.at_stake) == ("tax_over_claimed", "6.50")
    assert only(found(claim(tax="9.50"), receipt(total="50.00", currency="EUR"))).rule == "tax_unverified"


def test_a_tax_that_leads_from_subtotal_to_total_was_misread_and_not_over_claimed():
    shop = receipt(total="8.20", currency="EUR", subtotal="7.74", tax="0.40", lines=("Tax 0.40", "TOTAL 8.20"))
    assert found(claim(amount="8.20", tax="0.46"), shop) == {"c1": []}
    assert only(found(claim(amount="8.20", tax="0.56"), shop)).rule == "tax_over_claimed"


def test_a_tax_read_with_little_confidence_accuses_nobody():
    shop = receipt(total="50.00", currency="EUR", tax="7.00", sure=0.6, lines=("TOTAL 50.00",))
    assert only(found(claim(tax="7.56"), shop)).rule == "tax_unverified"


def test_a_tip_beside_the_bill_explains_a_total_that_was_cut_off():
    slip = receipt(
        total="36.00", currency="EUR", service_charge="6.00", sure=0.97, lines=("CHECK: 30.79", "TIP: 6", "TOTAL: 36")
    )
    assert only(found(claim(amount="36.79"), slip)).rule == "amount_unclear"
    assert only(found(claim(amount="42.00"), slip)).rule == "amount_over_claimed"  # the tip once more


def test_that_a_converted_amount_is_not_printed_speaks_for_nobody():
    def told(sure: float):
        page = ("TOTAL USD 44.00",)
        shop = receipt(total="44.00", currency="USD", date="2026-03-14", sure=sure, lines=page)
        return only(found(claim(amount="48.00", date=DAY), shop, RATES))

    assert told(0.99).rule == "amount_over_claimed"
    assert told(0.75).rule == "amount_unclear"


def test_receipts_join_the_claims_that_share_them():
    a, b, c = (receipt(name, total="1.00") for name in ("a.jpg", "b.jpg", "c.jpg"))
    cases = [
        Case("1", claim("1"), (a,)),
        Case("2", claim("2"), (c,)),
        Case("3", claim("3"), (a, b)),
        Case("4", claim("4")),
        Case("d.jpg", None, (b,)),
    ]
    assert [[case.id for case in group.cases] for group in belonging_together(cases)] == [["1", "3"], ["2"]]


def test_it_reports_under_the_rules_that_it_names():
    examiner = ClaimExaminer()
    told = found(claim(amount="60.00", date=DAY, tax="9.00"), receipt(total="45.00", currency="EUR", date="2025-01-01"))
    assert {each.rule for each in told["c1"]} <= set(examiner.rules)
    assert len(told["c1"]) == 3
