"""The examiner flags the later of two receipts of one purchase, says why, and says so once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
from PIL import Image

from extractor.policy.cases import Case, Examiner, Situation
from extractor.policy.duplicates import Duplicates, Index
from tests.extractor.policy.duplicates.receipts import another_day, case, changed, drawn, evidence

TODAY = Situation(today=dt.date(2025, 6, 1))


def examined(*cases: Case, index: Index | None = None):
    examiner: Examiner = Duplicates(index or Index.open())
    found = list(examiner.examine(cases, TODAY))
    assert all(one.rule in examiner.rules for _, one in found)
    return found


def test_honest_claims_are_left_alone():
    assert examined(case("c1", evidence()), case("c2", another_day())) == []


def test_the_later_of_two_claims_is_flagged_with_what_agrees_and_what_is_at_stake():
    first = case("c1", evidence(), employee="Kim")
    second = case("c2", evidence(name="again.jpg"), employee="Lee", amount=Decimal("24.90"), currency="EUR")
    ((flagged, found),) = examined(first, second)
    assert flagged == "c2"
    assert found.rule == "duplicate_picture"
    assert found.severity == "high"
    assert found.related == ("c1", "receipt.jpg")
    assert (found.at_stake, found.currency) == ("24.90", "EUR")
    assert found.message == (
        "This is another picture of the receipt receipt.jpg of claim c1 of Kim: receipt number, date, time, amount and "
        "merchant agree; 100 % of the printed numbers are on both."
    )
    assert {place.receipt for place in found.places} == {"again.jpg"}


def test_the_one_handed_in_later_is_flagged_whatever_the_order_given():
    early = case("early", evidence(), submitted=dt.date(2025, 4, 1))
    late = case("late", evidence(name="again.jpg"), submitted=dt.date(2025, 5, 1))
    assert [flagged for flagged, _ in examined(late, early)] == ["late"]


def test_an_audit_run_again_finds_the_same_and_does_not_flag_itself():
    index = Index.open()
    cases = case("c1", evidence()), case("c2", evidence(name="again.jpg"))
    assert examined(*cases, index=index) == examined(*cases, index=index)
    assert index.size == 2


def test_what_a_later_audit_brings_is_flagged_against_the_history():
    index = Index.open()
    examined(case("march-1", evidence()), index=index)
    ((flagged, found),) = examined(case("june-9", evidence(name="again.jpg")), index=index)
    assert (flagged, found.related[0]) == ("june-9", "march-1")
    assert examined(case("march-1", evidence()), index=index) == []


def test_the_amounts_of_a_bill_handed_in_twice_are_told():
    altered = evidence(changed(l11="Total 84.93"), name="altered.jpg", total="84.93")
    ((_, found),) = examined(case("c1", evidence()), case("c2", altered))
    assert "amount differs (84.93 here, 24.93 there" in found.message
    assert found.at_stake == "84.93"
    assert "total" in found.fields


def test_two_papers_of_one_purchase_in_one_claim_are_a_remark_without_money_at_stake():
    slip = evidence(
        ("CAFE AURORA", "TERMINAL 7712", "14/03/2025 12:55", "AMOUNT 24.93"),
        name="slip.jpg",
        receipt_number="",
        time="12:55",
        document_type="card_slip",
    )
    ((_, found),) = examined(case("c1", evidence(), slip))
    assert (found.rule, found.severity, found.at_stake) == ("card_slip_and_bill", "low", None)
    ((_, found),) = examined(case("c1", evidence()), case("c2", slip))
    assert (found.rule, found.severity, found.at_stake) == ("card_slip_and_bill", "medium", "24.93")
    assert "card slip and the bill of one purchase" in found.message


def test_a_bill_claimed_in_parts_is_a_remark_as_long_as_the_parts_do_not_exceed_it():
    def parts(*amounts: str):
        return [
            case(f"c{n}", evidence(), employee="Kim", amount=Decimal(amount), currency="EUR")
            for n, amount in enumerate(amounts)
        ]

    ((_, found),) = examined(*parts("20.00", "4.93"))
    assert (found.rule, found.severity, found.at_stake) == ("duplicate_file", "low", None)
    assert "together come to no more than its total" in found.message
    ((_, found),) = examined(*parts("20.00", "4.94"))
    assert (found.severity, found.at_stake) == ("high", "4.94")


def test_receipts_without_claims_that_happen_to_have_one_name_are_told_apart():
    first = Case("IMG_1.jpg", receipts=(evidence(name="IMG_1.jpg", content="one"),))
    second = Case("IMG_1.jpg", receipts=(evidence(name="IMG_1.jpg", content="two"),))
    index = Index.open()
    assert examined(first, index=index) == []
    ((_, found),) = examined(second, index=index)
    assert found.severity == "high"
    assert "an earlier submission" in found.message


def test_three_claims_of_one_receipt_flag_two():
    cases = [case(f"c{n}", evidence(name=f"{n}.jpg")) for n in range(3)]
    assert [flagged for flagged, _ in examined(*cases)] == ["c1", "c2"]


def test_a_file_of_which_nothing_was_read_is_still_known_by_its_bytes():
    unread = dict.fromkeys(("merchant_name", "receipt_number", "date", "time", "total"), "")
    copies = [case(name, evidence((), name=f"{name}.jpg", content="blank", **unread)) for name in ("c1", "c2")]
    ((_, found),) = examined(*copies)
    assert found.rule == "duplicate_file"
    assert found.message == "This file is the same, byte for byte, as c1.jpg of claim c1."


def test_pictures_are_compared_where_the_files_are_there(tmp_path):
    unread = dict.fromkeys(("merchant_name", "receipt_number", "date", "time", "total"), "")
    Image.fromarray(drawn()).save(tmp_path / "a.png")
    Image.fromarray(np.clip(drawn() * 0.9, 0, 255).astype(np.uint8)).save(tmp_path / "b.jpg", quality=50)
    cases = [case(name, evidence((), path=tmp_path / name, name=name, **unread)) for name in ("a.png", "b.jpg")]
    ((_, found),) = examined(*cases)
    assert found.rule == "duplicate_picture"
    assert "the pictures look alike" in found.message


def test_a_file_that_can_not_be_opened_does_not_stop_the_audit(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    broken = evidence(path=tmp_path / "broken.jpg", name="broken.jpg")
    assert examined(case("c1", broken)) == []


def test_four_examples_of_the_project_are_four_purchases(examples):
    names = ("cafe-france.jpg", "fuel-uk.jpg", "mart-japan.jpg", "restaurant-us.jpg")
    unread = dict.fromkeys(("merchant_name", "receipt_number", "date", "time", "total"), "")
    cases = [case(name, evidence((), path=examples / name, name=name, **unread)) for name in names]
    assert examined(*cases) == []
