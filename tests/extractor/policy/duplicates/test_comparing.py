"""Which receipts are one purchase, and which only look like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.policy.duplicates import Agreement, Comparison, Fingerprint, compare, fingerprint
from extractor.policy.duplicates.comparing import ENOUGH
from tests.extractor.policy.duplicates.receipts import CAFE, another_day, changed, evidence

TICKET = ("CITY PARKING", "Zone 4", "Tariff 2.50 per hour", "14/03/2025 09:12", "Paid 5.00", "Tel 0631 778 9000")


def compared(first, second) -> Comparison:
    found = compare(fingerprint(first), fingerprint(second))
    mirrored = compare(fingerprint(second), fingerprint(first))
    assert (mirrored.kind, mirrored.points) == (found.kind, found.points), "the order must make no difference"
    return found


def ticket(date: str, printed: str, time: str, name: str):
    lines = (*TICKET[:3], f"{printed} {time}", *TICKET[4:])
    values = {"receipt_number": "", "date": date, "time": time, "total": "5.00", "merchant_name": "City Parking"}
    return evidence(lines, name=name, **values)


def test_the_same_bytes_are_the_same_file():
    assert compared(evidence(), evidence(name="copy.jpg", content="receipt.jpg")).kind == "duplicate_file"


def test_another_picture_of_a_receipt_is_recognised_by_its_numbers():
    found = compared(evidence(), evidence(name="again.jpg"))
    assert found.kind == "duplicate_picture"
    assert found.confidence > 0.9


def test_misread_digits_and_a_cut_off_foot_do_not_hide_a_receipt():
    lines = changed(l2="Tel 0631 778 9Z14", l4="Receipt 0041B873", l6="2 Flat white 8.4O")[:-2]
    again = evidence(lines, name="again.jpg", receipt_number="0041B873", total="")
    assert compared(evidence(), again).kind == "duplicate_picture"


def test_a_digit_that_recognition_mistakes_is_close_and_not_different():
    again = evidence(changed(l4="Receipt 00418879", l0="CAFE"), name="again.jpg", receipt_number="00418878")
    found = compared(evidence(), again)
    assert found.fields["number"] is Agreement.CLOSE
    assert found.kind == "duplicate_picture"


def test_a_value_that_the_student_picked_elsewhere_still_agrees_where_it_is_printed():
    # The cash tendered was taken for the total on one of them; both amounts stand on both.
    lines = (*CAFE, "Cash 30.00")
    found = compared(evidence(lines), evidence(lines, name="again.jpg", total="30.00"))
    assert found.fields["total"] is Agreement.PRINTED


def test_a_number_that_stands_on_the_other_receipt_where_another_was_taken_for_it_speaks_neither_for_nor_against():
    again = evidence(changed(l12="Till 77120046"), name="again.jpg", receipt_number="77120046")
    found = compared(evidence(), again)
    assert found.fields["number"] is Agreement.ONE_SIDED
    assert "number" not in (*found.agreeing(), *found.differing())
    assert found.kind == "duplicate_picture"


def test_a_mistaken_digit_in_front_of_a_long_number_is_no_other_number_and_one_at_its_end_may_be():
    def with_number(number: str, name: str):
        return evidence(changed(l4=f"Receipt {number}"), name=name, receipt_number=number, time="")

    front = compared(with_number("3607010000763", "a.jpg"), with_number("3507010000763", "b.jpg"))
    assert front.fields["number"] is Agreement.PRINTED
    end = compared(with_number("3607010000763", "a.jpg"), with_number("3607010000768", "c.jpg"))
    assert end.fields["number"] is Agreement.CLOSE


def test_day_and_minute_outweigh_a_number_that_was_misread():
    again = evidence(changed(l4="Receipt 0O9I88?3"), name="again.jpg", receipt_number="009188", total="")
    found = compared(evidence(), again)
    assert found.fields["number"] is Agreement.DIFFERENT
    assert found.kind == "duplicate_picture"


def test_the_same_order_in_the_same_shop_on_another_day_is_another_purchase():
    assert compared(evidence(), another_day()).kind is None


def test_two_pictures_that_look_alike_are_two_purchases_where_number_and_date_are_others():
    first = replace(fingerprint(evidence()), picture=2**60 + 1)
    same_hour = changed(l5="03/11/2025 12:47", l4="Receipt 00993172")
    second = fingerprint(evidence(same_hour, name="other.jpg", receipt_number="00993172", date="2025-11-03"))
    found = compare(first, replace(second, picture=first.picture))
    assert {"number", "date"} <= set(found.differing())
    assert found.points >= ENOUGH
    assert found.kind is None


def test_two_receipts_of_one_shop_on_one_day_are_two():
    later = evidence(
        changed(l4="Receipt 00418991", l5="14/03/2025 16:20"),
        name="later.jpg",
        receipt_number="00418991",
        time="16:20",
    )
    assert compared(evidence(), later).kind is None


def test_the_next_number_of_the_same_till_is_another_purchase_even_at_the_same_price():
    following = evidence(changed(l4="Receipt 00418874"), name="next.jpg", receipt_number="00418874", time="")
    assert compared(evidence(time=""), following).kind is None


def test_identical_parking_tickets_on_two_days_are_two():
    first = ticket("2025-03-14", "14/03/2025", "09:12", "a.jpg")
    assert compared(first, ticket("2025-03-15", "15/03/2025", "09:40", "b.jpg")).kind is None
    assert compared(first, ticket("2025-03-14", "14/03/2025", "09:12", "c.jpg")).kind == "duplicate_picture"


def test_an_invoice_made_out_for_the_receipt_is_the_same_purchase():
    invoice = evidence(
        ("CAFE AURORA LTD", "INVOICE 00418873", "Net 23.00", "Sum 24.93", "Customer 77120", "IBAN 8812 7741 9921 0045"),
        name="invoice.pdf",
        merchant_name="Cafe Aurora Ltd",
        time="",
        document_type="invoice",
    )
    found = compared(evidence(), invoice)
    assert found.kind == "duplicate_purchase"
    assert set(found.agreeing()) >= {"merchant", "number", "date", "total"}


def test_one_bill_handed_in_at_two_amounts_is_one_purchase():
    altered = evidence(changed(l11="Total 84.93"), name="altered.jpg", total="84.93")
    found = compared(evidence(), altered)
    assert found.kind is not None
    assert "total" in found.differing()


@pytest.mark.parametrize(
    ("paid", "kind"), [("24.93", "card_slip_and_bill"), ("28.00", "card_slip_and_bill"), ("99.00", None)]
)
def test_a_card_slip_and_its_bill_are_one_purchase(paid, kind):
    slip = evidence(
        ("CAFE AURORA", "TERMINAL 7712", "14/03/2025 12:55", f"AMOUNT {paid}", "AUTH 009812", "XXXX 5521"),
        name="slip.jpg",
        receipt_number="009812",
        time="12:55",
        total=paid,
        document_type="card_slip",
    )
    assert compared(evidence(), slip).kind == kind


def test_a_card_slip_of_the_evening_does_not_pay_the_lunch():
    slip = evidence(
        ("CAFE AURORA", "14/03/2025 19:55", "AMOUNT 24.93"),
        name="slip.jpg",
        receipt_number="",
        time="19:55",
        document_type="card_slip",
    )
    assert compared(evidence(), slip).kind is None


def test_pictures_alone_do_not_make_one_of_two_tickets_whose_days_were_not_read():
    first, second = (Fingerprint(digest, picture=12345, numbers=runs) for digest, runs in (
        ("a", ("500", "250", "8813", "1234")), ("b", ("500", "250", "9944", "5678"))
    ))  # fmt: skip
    assert compare(first, second).kind is None


def saved_again(bits: int, **read: str) -> Comparison:
    """A receipt against a picture of it that differs in some bits of 256 and of which other things were read."""
    lines = changed(l5="14/08/2023 22:41", l4="Receipt", l0="CAEF")
    first, second = fingerprint(evidence()), fingerprint(evidence(lines, name="again.jpg", **read))
    return compare(replace(first, picture=2**200 - 1), replace(second, picture=(2**200 - 1) ^ (2**bits - 1)))


def test_one_picture_saved_again_is_one_whatever_was_misread_of_it():
    misread = {"receipt_number": "", "date": "2023-08-14", "time": "22:41"}
    assert {"date", "time"} <= set(saved_again(4, **misread).differing())
    assert saved_again(4, **misread).kind == "duplicate_picture"
    # Scans of one shop's receipts come nearly as near: there two facts that differ are believed.
    assert saved_again(11, **misread).kind is None
    assert saved_again(11, receipt_number="", date="", time="22:41").kind == "duplicate_picture"


def test_handwritten_receipts_without_numbers_are_told_by_their_pictures():
    assert compare(Fingerprint("a", picture=12345), Fingerprint("b", picture=12345)).kind == "duplicate_picture"


def without_facts(name: str, lines=CAFE[6:12], **read: str):
    """The middle of a receipt: neither number, date nor time is on the picture."""
    values = {"receipt_number": "", "date": "", "time": "", "merchant_name": "", **read}
    return evidence(lines, name=name, **values)


def test_a_receipt_without_number_date_and_time_is_told_by_all_that_it_prints():
    lines = (*CAFE[6:12], "1 Water 3.15", "1 Soup 6.80")
    first = without_facts("a.jpg", lines)
    assert compared(first, without_facts("b.jpg", lines)).kind == "duplicate_picture"
    other = (*CAFE[6:12], "1 Water 3.15", "1 Steak 26.80")
    assert compared(first, without_facts("c.jpg", other, total="44.93")).kind is None


def test_a_name_that_was_read_otherwise_does_not_hide_a_receipt_that_prints_all_the_same():
    lines = (*CAFE[6:12], "1 Water 3.15", "1 Soup 6.80")
    first, again = without_facts("a.jpg", lines), without_facts("b.jpg", lines, merchant_name="Thank you")
    assert compared(without_facts("a.jpg", lines, merchant_name="Cafe Aurora"), again).kind == "duplicate_picture"
    assert compared(first, without_facts("c.jpg", lines, total="23.00")).kind == "duplicate_picture"
    assert compared(first, without_facts("d.jpg", lines, total="61.20")).kind is None


def test_the_upper_half_of_a_receipt_is_no_proof_against_one_that_differs_in_number_and_date():
    assert compared(another_day(), without_facts("a.jpg")).kind is None


def test_a_fingerprint_survives_the_database():
    known = fingerprint(evidence())
    assert Fingerprint.unpacked(known.sha256, known.packed()) == known
