import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.claims.matching import Matching, match
from tests.extractor.policy.claims.making import claim, receipt

DAY = dt.date(2026, 3, 14)


def paired(matching: Matching) -> dict[str, list[str]]:
    return {case.id: [each.name for each in case.receipts] for case in matching.cases if case.claim}


def notes(matching: Matching, case_id: str) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for found, each in matching.notes if found == case_id]


def slip(name: str, total: str, day: dt.date | None = DAY, merchant: str = "Cafe Rex") -> ReceiptEvidence:
    dated = {"date": day.isoformat()} if day else {}
    return receipt(name, total=total, currency="EUR", merchant_name=merchant, **dated)


def test_a_file_name_goes_before_everything_else():
    claims = [claim("1", "9.00", receipts=("B.JPG",)), claim("2", "9.00", receipts=("in\\a.jpg",))]
    found = match(claims, [slip("a.jpg", "1.00"), slip("b.jpg", "9.00")])
    assert paired(found) == {"1": ["b.jpg"], "2": ["a.jpg"]}
    assert not found.notes


def test_two_claims_may_name_one_receipt_and_one_claim_two():
    claims = [claim("1", receipts=("a.jpg", "b.jpg")), claim("2", receipts=("a.jpg",))]
    found = match(claims, [slip("a.jpg", "1.00"), slip("b.jpg", "9.00")])
    assert paired(found) == {"1": ["a.jpg", "b.jpg"], "2": ["a.jpg"]}


def test_a_name_that_leads_nowhere_is_told_and_the_receipt_is_sought():
    found = match([claim("1", "9.00", date=DAY, receipts=("z.jpg",))], [slip("a.jpg", "9.00")])
    assert paired(found) == {"1": ["a.jpg"]}
    assert ("receipt_not_found", "medium") in notes(found, "1")


@pytest.mark.parametrize("file", ["", ".", "/"])
def test_a_record_that_names_no_file_is_still_matched_and_told(file: str):
    bare = slip("a.jpg", "9.00")
    unnamed = ReceiptEvidence(bare.record.model_copy(update={"file": file}))
    assert paired(match([claim("1", "9.00", date=DAY)], [unnamed])) == {"1": ["(unnamed)"]}
    (free,) = match([], [unnamed]).cases
    assert free.id == "(unnamed)"


def test_a_name_in_two_folders_needs_its_folder():
    one, two = (
        ReceiptEvidence(slip("a.jpg", "9.00", None).record.model_copy(update={"sha256": folder}), Path(folder, "a.jpg"))
        for folder in ("x", "y")
    )
    assert len(match([claim("1", receipts=("y/a.jpg",))], [one, two]).cases[0].receipts) == 1
    unclear = match([claim("1", receipts=("a.jpg",))], [one, two])
    assert notes(unclear, "1") == [("receipt_not_found", "medium")]
    assert len({case.id for case in unclear.cases}) == 3


def test_the_assignment_is_the_best_of_all_not_of_each():
    # Alone, claim 1 fits a.jpg best; but then nothing would be left for claim 2.
    claims = [claim("1", "9.00", date=DAY), claim("2", "9.00", date=DAY - dt.timedelta(days=3))]
    receipts = [slip("a.jpg", "9.00", DAY - dt.timedelta(days=1)), slip("b.jpg", "9.00", DAY + dt.timedelta(days=2))]
    assert paired(match(claims, receipts)) == {"1": ["b.jpg"], "2": ["a.jpg"]}


def test_an_inflated_claim_still_finds_its_receipt_and_a_strange_one_none():
    inflated = claim("1", "12.00", date=DAY, merchant="Cafe Rex")
    strange = claim("2", "77.00", date=DAY, merchant="Hotel Adler")
    found = match([inflated, strange], [slip("a.jpg", "9.00"), slip("b.jpg", "5.00", dt.date(2026, 1, 1), "Shell")])
    assert paired(found) == {"1": ["a.jpg"], "2": []}
    assert [case.id for case in found.unclaimed] == ["b.jpg"]
    assert notes(found, "b.jpg") == [("receipt_unclaimed", "low")]


def test_a_pair_is_explained_and_one_of_two_likely_receipts_goes_to_a_person():
    claims = [claim("1", "9.00", date=DAY, merchant="Cafe Rex")]
    clear = match(claims, [slip("a.jpg", "9.00")])
    assert notes(clear, "1") == [("receipt_matched", "low")]
    assert "score 1.00: amount 1.00, day 1.00, merchant 1.00" in clear.notes[0][1].message
    torn = match(claims, [slip("a.jpg", "9.00"), slip("b.jpg", "9.00")])
    assert notes(torn, "1") == [("receipt_matched", "medium")]
    assert "b.jpg nearly as well" in torn.notes[0][1].message


def test_receipts_that_make_up_a_claim_are_put_together():
    claims = [claim("1", "30.00", date=DAY, merchant="Cafe Rex")]
    receipts = [slip("a.jpg", "10.00"), slip("b.jpg", "20.00"), slip("c.jpg", "7.00")]
    assert sorted(paired(match(claims, receipts))["1"]) == ["a.jpg", "b.jpg"]


def test_claims_that_share_a_bill_get_the_same_receipt():
    claims = [
        claim(number, amount, date=DAY, merchant="Cafe Rex") for number, amount in (("1", "20.00"), ("2", "25.00"))
    ]
    found = match(claims, [slip("a.jpg", "45.00")])
    assert paired(found) == {"1": ["a.jpg"], "2": ["a.jpg"]}


def test_parts_that_add_up_in_two_ways_are_not_guessed():
    claims = [claim("1", "30.00", date=DAY, receipts=("a.jpg",))]
    receipts = [slip("a.jpg", "10.00"), slip("b.jpg", "20.00"), slip("c.jpg", "20.00")]
    assert paired(match(claims, receipts)) == {"1": ["a.jpg"]}


def test_hundreds_of_claims_find_their_receipts_again():
    days = [DAY + dt.timedelta(days=number % 60) for number in range(400)]
    amounts = [f"{5 + number % 37}.{number % 10}0" for number in range(400)]
    claims = [claim(str(n), amounts[n], date=days[n], merchant=f"Shop {n % 90:02}") for n in range(400)]
    receipts = [slip(f"{n}.jpg", amounts[n], days[n], f"SHOP {n % 90:02} GMBH") for n in reversed(range(400))]
    found = paired(match(claims, receipts))
    # Some claims are alike in everything: any receipt of theirs is right.
    right = sum(
        names != []
        and amounts[int(names[0][:-4])] == amounts[int(number)]
        and days[int(names[0][:-4])] == days[int(number)]
        for number, names in found.items()
    )
    assert right == 400


def test_the_same_lists_give_the_same_cases_and_ids_are_unique():
    claims = [claim("1", "9.00", date=DAY), claim("2", "9.00", date=DAY)]
    receipts = [slip("a.jpg", "9.00"), slip("b.jpg", "9.00")]
    assert paired(match(claims, receipts)) == paired(match(claims, receipts))
    with pytest.raises(ValueError, match="ids of their own"):
        match([claim("1"), claim("1")], [])


def test_a_foreign_receipt_is_found_at_its_rate():
    from extractor.policy.rates import Rates

    rates = Rates({DAY: {"USD": Decimal("1.10")}})
    abroad = receipt("a.jpg", total="110.00", currency="USD", date=DAY.isoformat(), merchant_name="Diner")
    assert paired(match([claim("1", "100.00", date=DAY, merchant="Diner")], [abroad], rates)) == {"1": ["a.jpg"]}
