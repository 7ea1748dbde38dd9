"""What lowers and raises trust in a value, with the critic that ships."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from extractor.types import Field, Receipt
from labeling.critic import Critic, Merchants, StudentView
from labeling.critic.family import judged
from tests.labeling.critic.documents import HEAD, label, receipt

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def critic() -> Critic:
    return Critic.load()


def trust(critic: Critic, told: dict[str, Any], **known: Any) -> dict[str, float]:
    return critic.trust(known.pop("pages", receipt()), told, today=TODAY, **known)


def test_every_field_and_the_items_get_a_trust_between_0_and_1(critic: Critic) -> None:
    found = trust(critic, label())
    assert set(found) == set(judged(RECEIPTS))
    assert all(0.0 <= each <= 1.0 for each in found.values())


def test_a_right_label_is_trusted(critic: Critic) -> None:
    found = trust(critic, label())
    for field in ("merchant_name", "merchant_address", "date", "time", "total", "subtotal", "merchant_phone"):
        assert found[field] > 0.85, field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("merchant_name", "GREEN GARDEN HARDWARE"),
        ("merchant_address", "LOT 7, JALAN BUNGA RAYA, 50480 KUALA LUMPUR"),
        ("merchant_phone", "07-5551 9090"),
        ("merchant_tax_id", "009876543211"),
        ("receipt_number", "A-77120"),
        ("total", "57.31"),
        ("time", "07:44"),
        ("tax", "4.44"),
    ],
)
def test_a_value_that_is_not_on_the_page_is_trusted_less(critic: Critic, field: str, value: str) -> None:
    right, changed = trust(critic, label())[field], trust(critic, label(**{field: value}))[field]
    assert changed < min(0.7, right - 0.2)


def test_a_date_that_is_not_on_the_page_is_not_trusted(critic: Critic) -> None:
    assert trust(critic, label(date="2018-12-26", date_text="26/12/2018"))["date"] < 0.5


def test_day_and_month_exchanged_are_noticed_by_text_and_day_in_disagreement(critic: Critic) -> None:
    body = ["Date: 05/03/2018 18:05", "Total 16.96"]
    told = label(date_text="05/03/2018", date="2018-03-05")
    right = trust(critic, told, pages=receipt(body=body))["date"]
    assert trust(critic, {**told, "date": "2018-05-03"}, pages=receipt(body=body))["date"] < right


def test_sums_that_do_not_add_up_lower_the_trust_in_their_amounts(critic: Critic) -> None:
    right = trust(critic, label())
    broken = trust(critic, label(tax="3.50"))
    assert broken["subtotal"] < right["subtotal"]
    assert broken["total"] < right["total"]
    assert broken["tax"] < right["tax"]


def test_a_lost_item_lowers_the_trust_in_the_items(critic: Critic) -> None:
    short = label(line_items=label()["line_items"][:1])
    assert trust(critic, short)["line_items"] < trust(critic, label())["line_items"]


def test_an_owner_in_the_small_print_is_a_doubtful_name(critic: Critic) -> None:
    pages = receipt(head=["BLUE DOOR CAFE", *HEAD[1:], "Owned by:", "KAJANG FOODS SDN BHD"])
    named = trust(critic, label(merchant_name="BLUE DOOR CAFE"), pages=pages)["merchant_name"]
    assert trust(critic, label(merchant_name="KAJANG FOODS SDN BHD"), pages=pages)["merchant_name"] < named


def test_a_name_that_the_shops_other_receipts_do_not_bear_is_doubted(critic: Critic) -> None:
    others = [label(id=str(number)) for number in range(2, 8)]
    pages = receipt(head=["BLUE DOOR CAFE SDN BHD", "KAJANG BRANCH", *HEAD[1:]])
    told = label(merchant_name="KAJANG BRANCH")
    alone = trust(critic, told, pages=pages)["merchant_name"]
    assert trust(critic, told, pages=pages, merchants=Merchants([told, *others]))["merchant_name"] < alone
    own = label()
    assert trust(critic, own, pages=pages, merchants=Merchants([own, *others]))["merchant_name"] > alone


def test_a_document_does_not_testify_for_itself() -> None:
    told = label()
    assert Merchants([told]).same_shop(told, without="merchant_name") == []


def test_a_currency_that_is_not_the_countrys_is_doubted(critic: Critic) -> None:
    assert trust(critic, label(currency="SEK"))["currency"] < trust(critic, label())["currency"]


def test_other_answers_that_agree_raise_trust_and_those_that_differ_lower_it(critic: Critic) -> None:
    alone = trust(critic, label())["total"]
    assert trust(critic, label(), others=[label(), label()])["total"] >= alone
    assert trust(critic, label(), others=[label(total="96.16"), label(total="1.00")])["total"] < alone
    assert trust(critic, label(), others=[label(discount="1.00")])["discount"] < trust(critic, label())["discount"]


def test_a_student_that_reads_something_else_lowers_trust_and_one_that_agrees_raises_it(critic: Critic) -> None:
    def seen(value: str) -> StudentView:
        field = Field(value=value, text=value, confidence=0.95)
        return StudentView(Receipt(fields={"total": field}), {"total": {value: 0.95}}, {"total": 0.01})

    agreeing = trust(critic, label(), student=seen("16.96"))["total"]
    assert trust(critic, label(), student=seen("20.00"))["total"] < agreeing


def test_the_same_label_gets_the_same_trust(critic: Critic) -> None:
    assert trust(critic, label()) == trust(critic, label())


def test_a_page_without_words_is_no_obstacle(critic: Critic) -> None:
    from extractor.types import Page

    found = trust(critic, label(), pages=[Page(0, 10, 10)])
    assert found["merchant_name"] < 0.5


def test_a_critic_survives_being_saved(critic: Critic, tmp_path: Path) -> None:
    critic.save(tmp_path / "critic.json")
    assert Critic.load(tmp_path / "critic.json") == critic


@pytest.mark.parametrize("content", ["", "{}", '{"plain": {}, "student": {}}'])
def test_a_file_that_is_no_critic_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "critic.json"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        Critic.load(path)
    assert caught.value.code == "bad_critic"
