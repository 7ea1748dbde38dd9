"""Faults are put into labels in the number asked, the same ones each time, and of the kinds that teachers make."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from extractor.task import RECEIPTS
from tests.training.study.made_up import label
from training.study.noise import ITEMS, asked, changed, corrupt

LABELS = [label(number, f"r{number}") for number in range(150)]


def share_spoilt(after: list[dict[str, object]]) -> float:
    spoilt = sum(len(changed(one, other, RECEIPTS)) for one, other in zip(LABELS, after, strict=True))
    return spoilt / sum(len(asked(each, RECEIPTS)) for each in LABELS)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_as_many_fields_are_spoilt_as_asked(share: float) -> None:
    # Some fields have one value alone in all labels, and no fault can be made of "none" where nothing else is known.
    assert share_spoilt(corrupt(LABELS, share, 1, RECEIPTS)) == pytest.approx(share, rel=0.2)


def test_no_noise_changes_nothing_and_labels_given_stay_as_they_are() -> None:
    before = copy.deepcopy(LABELS)
    assert corrupt(LABELS, 0.0, 1, RECEIPTS) == before
    corrupt(LABELS, 1.0, 1, RECEIPTS)
    assert before == LABELS


def test_faults_depend_on_seed_and_document_alone() -> None:
    whole = corrupt(LABELS, 0.3, 1, RECEIPTS)
    assert whole == corrupt(LABELS, 0.3, 1, RECEIPTS)
    assert whole != corrupt(LABELS, 0.3, 2, RECEIPTS)
    turned = {each["id"]: each for each in corrupt(LABELS[::-1], 0.3, 1, RECEIPTS)}
    for before, one in zip(LABELS, whole, strict=True):
        assert set(changed(before, one, RECEIPTS)) == set(changed(before, turned[before["id"]], RECEIPTS))


def test_fewer_faults_are_among_more() -> None:
    few, many = (corrupt(LABELS, share, 1, RECEIPTS) for share in (0.1, 0.3))
    for before, one, other in zip(LABELS, few, many, strict=True):
        assert set(changed(before, one, RECEIPTS)) <= set(changed(before, other, RECEIPTS))
        for name in changed(before, one, RECEIPTS):
            assert one[name] == other[name]


def test_every_kind_of_fault_occurs() -> None:
    after = corrupt(LABELS, 1.0, 1, RECEIPTS)
    pairs = list(zip(LABELS, after, strict=True))
    totals = [(before, other["total"]) for before, other in pairs]
    assert any(total is None for _, total in totals), "left out"
    assert any(total in (before["subtotal"], before["tax"]) for before, total in totals), "the neighbour's"
    assert any(total and _slipped(before["total"], total) for before, total in totals), "a digit misread"
    assert any(other["discount"] for _, other in pairs), "invented"
    assert any(other["merchant_name"] == before["merchant_address"] for before, other in pairs), "the neighbour's text"
    assert all(other["total"] is None or Decimal(other["total"]) >= 0 for _, other in pairs)


def _slipped(before: str, after: str) -> bool:
    return len(before) == len(after) and sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_a_date_and_its_print_are_spoilt_together() -> None:
    for before, after in zip(LABELS, corrupt(LABELS, 1.0, 1, RECEIPTS), strict=True):
        assert after["date_text"] != before["date_text"]
        assert after["date_text"] is not None or after["date"] is None


def test_a_field_that_a_label_does_not_speak_of_stays_so() -> None:
    bare = [{name: each[name] for name in ("id", "total")} for each in LABELS]
    assert all(set(each) == {"id", "total"} for each in corrupt(bare, 1.0, 1, RECEIPTS))


def test_items_are_spoilt_as_one_field() -> None:
    after = corrupt(LABELS, 1.0, 1, RECEIPTS)
    assert all(one[ITEMS] != other[ITEMS] for one, other in zip(LABELS, after, strict=True))
    assert all(len(item) == 4 for each in after for item in each[ITEMS])
