from __future__ import annotations

from decimal import Decimal

import pytest

from extractor.policy.cases import Claim
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.sums import Sums, one_digit_apart
from extractor.types import Box, Document, Page, Word
from tests.extractor.policy.tampering.making import evidence


def traces(*lines: str, confidence: float = 0.99, claimed: bool = True, **values):
    made = evidence(confidence=confidence, **values)
    claim = Claim(claim_id="1", amount=Decimal(values["total"])) if claimed else None
    words = tuple(
        Word(text, Box(0, 0, 1, 1), 0.99, number) for number, line in enumerate(lines) for text in line.split()
    )
    document = Document("receipt.jpg", "0", (Page(0, 100, 100, words),))
    return Sums().traces(Specimen(type(made)(made.record, None, document), claim))


def test_amounts_that_add_up_say_nothing():
    assert traces(subtotal="10.00", tax="0.60", total="10.60", items=["4.00", "6.00"]) == {}


def test_a_total_that_its_parts_do_not_lead_to_is_told():
    found = traces(subtotal="10.00", tax="0.60", total="17.45")
    assert set(found) == {"total_mismatch"}
    assert "does not lead to the total 17.45" in found["total_mismatch"].sentence
    assert set(found["total_mismatch"].fields) == {"subtotal", "tax", "total"}


def test_a_total_one_digit_away_from_the_sum_weighs_more():
    found = traces(subtotal="10.00", tax="0.60", total="70.60")
    assert found["one_digit"].value > 0.8
    assert found["one_digit"].sentence == "The total is 70.60, but its parts lead to 10.60, which is one digit away."


def test_two_ways_to_the_same_other_amount_weigh_most():
    parts = {"subtotal": "10.00", "tax": "0.60", "total": "70.60"}
    found = traces("TOTAL 70.60", "CASH 20.00", "CHANGE 9.40", **parts)
    assert set(found) == {"one_digit_twice"}
    assert found["one_digit_twice"].value == 1
    assert "its parts lead to and cash less change is 10.60" in found["one_digit_twice"].sentence
    assert set(traces("TOTAL 70.60", "VISA 10.60", **parts)) == {"one_digit_twice"}
    assert set(traces("TOTAL 70.60", "VISA 10.60", total="70.60")) == {"paid_one_digit"}


def test_a_total_to_which_its_parts_lead_is_right_whatever_was_paid():
    assert traces("TOTAL 10.60", "VISA 70.60", subtotal="10.00", tax="0.60", total="10.60") == {}


def test_without_a_claim_the_total_may_as_well_be_misread():
    assert set(traces(subtotal="10.00", tax="0.60", total="70.60", claimed=False)) == {"one_digit, no claim"}


def test_a_part_of_nothing_takes_no_part():
    doubtful = evidence(subtotal="10.00", total="70.00", tax="0.00")
    fields = doubtful.record.receipt.fields
    fields["tax"] = fields["tax"].model_copy(update={"confidence": 0.3})
    assert set(Sums().traces(Specimen(doubtful))) == {"one_digit, no claim"}


def test_a_total_that_the_page_bears_out_is_rather_not_what_was_misread():
    parts = {"subtotal": "7.74", "tax": "0.40", "total": "8.20"}
    again = traces("TOTAL 8.20", "VISA 8.20", **parts)
    paid = traces("TOTAL 8.20", "CASH 10.00", "CHANGE 1.80", **parts)
    once = traces("TOTAL 8.20", "VISA 8.14", **parts)
    assert again["total_mismatch"].value < 0.5 > paid["total_mismatch"].value
    assert once["total_mismatch"].value > 0.5


def test_a_total_that_the_claim_does_not_know_was_misread_and_not_changed():
    made = evidence(subtotal="10.00", tax="0.60", total="70.60")
    asked = [Claim(claim_id="1", amount=Decimal(amount)) for amount in ("10.60", "70.60")]
    honest, forged = (Sums().traces(Specimen(made, claim)) for claim in asked)
    assert honest == {}
    assert set(forged) == {"one_digit"}


def test_a_claimed_total_is_looked_at_where_the_student_went_by_all_else_on_the_page():
    made = evidence(subtotal="10.00", tax="0.60", total="10.60")
    words = tuple(Word(text, Box(0, 0, 1, 1), 0.99, 0) for text in ("TOTAL", "70.60"))
    seen = type(made)(made.record, None, Document("receipt.jpg", "0", (Page(0, 100, 100, words),)))
    asked = [Claim(claim_id="1", amount=Decimal(amount)) for amount in ("70.60", "90.60")]
    printed, invented = (Sums().traces(Specimen(seen, claim)) for claim in asked)
    assert "The total is 70.60, but its parts lead to 10.60" in printed["one_digit"].sentence
    assert invented == {}


def test_items_that_lead_nowhere_are_told():
    assert set(traces(total="31.87", items=["4.00", "6.00"])) == {"items_mismatch"}


@pytest.mark.parametrize("confidence", [0.3, 0.79])
def test_values_that_were_not_surely_read_prove_nothing(confidence):
    assert traces(subtotal="10.00", tax="0.60", total="70.60", confidence=confidence) == {}


def test_cash_less_change_must_be_the_total():
    assert traces("TOTAL 80.90", "CASH 100.00", "CHANGE 19.10", total="80.90") == {}
    found = traces("TOTAL 90.90", "CASH 100.00", "CHANGE 19.10", total="90.90")
    assert "but cash less change is 80.90, which is one digit away" in found["change_one_digit"].sentence


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("10.60", "70.60", True), ("10.60", "10.60", False), ("10.60", "71.60", False), ("9.00", "19.00", False)],
)
def test_one_digit_apart(one, other, apart):
    assert one_digit_apart(Decimal(one), Decimal(other)) is apart
