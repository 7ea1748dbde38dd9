"""From the student's probabilities to a receipt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.student.decoder import decode
from extractor.student.encoder import Token
from extractor.student.values import join
from extractor.types import FIELD_NAMES, Box
from tests.extractor.student.documents import ROWS, answers, manifest, texts, tokens

TOKENS = tokens(*ROWS)
AT = {text: at for at, text in enumerate(texts(TOKENS))}
"""Each word of the receipt → its (last) place."""


def test_places_that_carry_the_same_value_add_up() -> None:
    twice = tokens("Total 9.54", "Cash 10.00", "Total 9.54")
    receipt, _ = decode(twice, answers(6, [[(3, 3, 0.4), (1, 1, 0.3), (5, 5, 0.25)]]), manifest("total"))
    total = receipt.fields["total"]
    assert (total.value, total.confidence) == ("9.54", 0.55)
    assert total.box is not None
    assert total.box[1] == pytest.approx(twice[1].box.y0, abs=1e-4), "the likeliest of its places is shown"


def test_a_users_own_task_may_mean_something_else_by_the_name_of_an_amount() -> None:
    at = AT["Tax"]
    made = manifest("tax", "room", types={"tax": "text", "room": "number"}, inferred={"total": ("", "paid")})
    given_ = answers(len(TOKENS), [[(at, at, 0.9)], [(0, 0, 0.9)]])
    given_.inferred["total"] = np.array([0.1, 0.9], np.float32)
    receipt, warnings = decode(TOKENS, given_, made)
    assert list(receipt.fields) == ["tax", "total", "room"], "the names of receipts first"
    assert (receipt.value("tax"), receipt.value("total")) == ("Tax", "paid")
    assert not warnings


def test_spans_without_a_value_of_the_kind_drop_out() -> None:
    given_ = answers(len(TOKENS), [[(0, 2, 0.8), (AT["25/12/2018"], AT["25/12/2018"], 0.15)]])
    receipt, _ = decode(TOKENS, given_, manifest("date"))
    assert receipt.value("date") == "2018-12-25"
    assert receipt.fields["date"].text == "25/12/2018"
    only_words = answers(len(TOKENS), [[(0, 2, 0.9)]])
    assert "date" not in decode(TOKENS, only_words, manifest("date"))[0].fields


@pytest.mark.parametrize(("absent", "answered"), [(0.45, True), (0.55, False)])
def test_a_field_is_answered_where_it_is_likelier_there_than_absent(absent: float, answered: bool) -> None:
    at = AT["9.54"]
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [[(at, at, 0.4)]], absent=[absent]), manifest("total"))
    assert ("total" in receipt.fields) == answered


@pytest.mark.parametrize(("least", "answered"), [(0.5, True), (0.6, False)])
def test_a_threshold_of_the_manifest_stands_in_for_absence(least: float, answered: bool) -> None:
    at = AT["9.54"]
    made = manifest("total", answer_above={"total": least})
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [[(at, at, 0.4)]], absent=[0.45]), made)
    assert ("total" in receipt.fields) == answered


def test_amounts_are_chosen_so_that_they_add_up() -> None:
    count, cash, total = len(TOKENS), AT["10.00"], AT["9.54"]
    found = [
        [(AT["9.00"], AT["9.00"], 0.95)],
        [(AT["0.54"], AT["0.54"], 0.95)],
        [(cash, cash, 0.5), (total, total, 0.4)],
    ]
    receipt, remarks = decode(TOKENS, answers(count, found), manifest("subtotal", "tax", "total"))
    assert receipt.value("total") == "9.54"
    assert receipt.fields["total"].confidence == pytest.approx(0.4, abs=1e-4)
    assert remarks == []


def test_amounts_that_cannot_add_up_are_kept_and_warned_of() -> None:
    found = [
        [(AT["9.00"], AT["9.00"], 0.95)],
        [(AT["0.54"], AT["0.54"], 0.95)],
        [(AT["10.00"], AT["10.00"], 0.9)],
    ]
    receipt, remarks = decode(TOKENS, answers(len(TOKENS), found), manifest("subtotal", "tax", "total"))
    assert receipt.value("total") == "10.00"
    assert [remark.code for remark in remarks] == ["total_mismatch"]


def test_arithmetic_brings_back_no_field_that_the_student_holds_absent() -> None:
    found = [[(AT["9.00"], AT["9.00"], 0.95)], [(AT["0.54"], AT["0.54"], 0.3)], [(AT["9.54"], AT["9.54"], 0.95)]]
    given_ = answers(len(TOKENS), found, absent=[0.0, 0.6, 0.0])
    receipt, _ = decode(TOKENS, given_, manifest("subtotal", "tax", "total"))
    assert set(receipt.fields) == {"subtotal", "total"}


def test_confidence_is_calibrated_and_decisions_are_not() -> None:
    at = AT["9.54"]
    made = manifest("total", calibration={"total": {"slope": 1.0, "intercept": -4.0}})
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [[(at, at, 0.5)]], absent=[0.4]), made)
    assert receipt.fields["total"].confidence == pytest.approx(1 / (1 + np.e**4), abs=1e-4)


def test_an_inferred_field_has_no_box_and_none_is_no_answer() -> None:
    nowhere = tokens("Total 9.54")
    receipt, _ = decode(nowhere, answers(2, [], country=(0.1, 0.7, 0.2)), manifest())
    country = receipt.fields["country"]
    assert (country.value, country.page, country.box) == ("MY", None, None)
    assert 0.4 < country.confidence <= 0.7
    assert decode(nowhere, answers(2, [], country=(0.5, 0.3, 0.2)), manifest())[0].fields == {}


def test_what_is_printed_of_a_place_overrules_the_student() -> None:
    printed = tokens("Kuala Lumpur", "Example Sdn Bhd", "Total 9.54")
    receipt, _ = decode(printed, answers(len(printed), [], country=(0.1, 0.2, 0.7)), manifest())
    assert receipt.value("country") == "MY"


@pytest.mark.parametrize(("country", "date"), [((0.0, 1.0, 0.0), "2018-04-03"), ((0.0, 0.0, 1.0), "2018-03-04")])
def test_the_inferred_country_orders_the_date(country: tuple[float, ...], date: str) -> None:
    printed = tokens("03/04/2018")
    receipt, _ = decode(printed, answers(1, [[(0, 0, 0.9)]], country=country), manifest("date"))
    assert receipt.value("date") == date


def test_fields_come_in_the_order_of_the_record() -> None:
    found = [[(AT["9.54"], AT["9.54"], 0.9)], [(0, 2, 0.9)], [(AT["25/12/2018"], AT["25/12/2018"], 0.9)]]
    given_ = answers(len(TOKENS), found, country=(0.0, 1.0, 0.0))
    receipt, _ = decode(TOKENS, given_, manifest("total", "merchant_name", "date"))
    assert list(receipt.fields) == ["merchant_name", "country", "date", "total"]


def test_the_box_surrounds_the_words_of_one_page() -> None:
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [[(0, 2, 0.9)]]), manifest("merchant_name"))
    name = receipt.fields["merchant_name"]
    assert (name.text, name.page) == ("Corner Bakery Ltd", 0)
    assert name.box == pytest.approx(Box.around(token.box for token in TOKENS[:3]).as_list(), abs=1e-4)


spans = st.lists(
    st.tuples(st.integers(0, len(TOKENS) - 1), st.integers(0, 5), st.floats(0.0, 1.0)).map(
        lambda span: (span[0], min(span[0] + span[1], len(TOKENS) - 1), span[2])
    ),
    max_size=4,
)
FIELDS = ("merchant_name", "date", "time", "subtotal", "tax", "discount", "total", "card_last4")


@given(st.lists(spans, min_size=len(FIELDS), max_size=len(FIELDS)), st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_nothing_is_ever_answered_that_no_span_carries(
    found: list[list[tuple[int, int, float]]], absent: list[float]
) -> None:
    receipt, _ = decode(TOKENS, answers(len(TOKENS), found, absent=absent), manifest(*FIELDS))
    assert [name for name in FIELD_NAMES if name in receipt.fields] == list(receipt.fields)
    for name, field in receipt.fields.items():
        printed = [join(TOKENS[first : last + 1]) for first, last, _ in found[FIELDS.index(name)]]
        assert any(field.text in text for text in printed)
        assert 0.0 <= field.confidence <= 1.0
        assert field.page == 0


def test_line_items_are_grouped_by_where_they_begin() -> None:
    rye, oat = AT["Rye"], AT["Oat"]
    tags = dict.fromkeys((rye, rye + 1, oat, oat + 1), "description")
    tags |= {AT["2"]: "quantity", AT["3.40"]: "unit_price", AT["6.80"]: "amount", AT["2.20"]: "amount"}
    receipt, remarks = decode(TOKENS, answers(len(TOKENS), [], tags=tags, begins=[rye, oat]), manifest())
    read = [[part and part.value for _, part in item] for item in receipt.line_items]
    assert read == [["Rye loaf", "2", "3.40", "6.80"], ["Oat biscuits", None, None, "2.20"]]
    assert remarks == []
    loaf = receipt.line_items[0].description
    assert loaf is not None
    assert loaf.box == pytest.approx(Box.around(TOKENS[at].box for at in (rye, rye + 1)).as_list(), abs=1e-4)
    assert loaf.confidence == pytest.approx(0.9, abs=1e-3)


def test_a_second_amount_on_another_row_begins_an_item_by_itself() -> None:
    tags = {AT["Rye"]: "description", AT["6.80"]: "amount", AT["2.20"]: "amount"}
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [], tags=tags, begins=[AT["Rye"]]), manifest())
    assert [item.amount.value for item in receipt.line_items if item.amount] == ["6.80", "2.20"]


def items_of(document: Sequence[Token], parts: dict[int, str], begins: list[int]) -> list[list[str | None]]:
    receipt, _ = decode(document, answers(len(document), [], tags=parts, begins=begins), manifest())
    return [[part and part.value for _, part in item] for item in receipt.line_items]


def test_the_words_of_a_row_that_has_its_own_amount_begin_an_item_by_themselves() -> None:
    crates = tokens("Crate 1 5.00", "of glass", "Staff 2 8.00")
    parts = {0: "description", 2: "amount", 3: "description", 4: "description", 5: "description", 7: "amount"}
    assert items_of(crates, parts, [0]) == [["Crate of glass", None, None, "5.00"], ["Staff", None, None, "8.00"]]


def test_an_item_that_the_student_began_once_too_often_is_one() -> None:
    paper = tokens("A4 copy paper 130.00")
    parts = {0: "description", 1: "description", 2: "description", 3: "amount"}
    assert items_of(paper, parts, [0, 1]) == [["A4 copy paper", None, None, "130.00"]]
    fuel = tokens("UNLEADED", "38.52 56.20", "WASH 4.99")
    parts = {0: "description", 1: "quantity", 2: "amount", 3: "description", 4: "amount"}
    assert items_of(fuel, parts, [0, 1, 3]) == [["UNLEADED", "38.52", None, "56.20"], ["WASH", None, None, "4.99"]]


def test_a_line_that_is_only_described_stays_apart_from_the_next_item() -> None:
    burger = tokens("NO ONIONS", "2 COFFEE 5.00")
    parts = {0: "description", 1: "description", 2: "quantity", 3: "description", 4: "amount"}
    assert items_of(burger, parts, [0, 2]) == [["NO ONIONS", None, None, None], ["COFFEE", "2", None, "5.00"]]


def test_an_item_of_a_quantity_alone_is_dropped() -> None:
    receipt, _ = decode(TOKENS, answers(len(TOKENS), [], tags={AT["2"]: "quantity"}, begins=[AT["2"]]), manifest())
    assert receipt.line_items == []


def test_of_two_runs_tagged_as_one_number_the_more_certain_is_taken() -> None:
    split = tokens("Rye 3.40 x 6.80")
    places = {0: "description", 1: "amount", 3: "amount"}
    given_ = answers(4, [], tags=places, begins=[0])
    given_.tags[1, 4] = 0.6
    receipt, _ = decode(split, given_, manifest())
    assert [item.amount.value for item in receipt.line_items if item.amount] == ["6.80"]


def test_items_that_do_not_fit_the_total_are_warned_of() -> None:
    at = AT["9.54"]
    tags = {AT["Oat"]: "description", AT["2.20"]: "amount"}
    given_ = answers(len(TOKENS), [[(at, at, 0.9)]], tags=tags, begins=[AT["Oat"]])
    _, remarks = decode(TOKENS, given_, manifest("total"))
    assert [remark.code for remark in remarks] == ["items_mismatch"]


def test_a_name_under_bill_to_is_the_customers_and_not_the_merchants() -> None:
    invoice = tokens("HOTEL BAY", "1 Quay", "Guest: Person", "Person Ltd", "Total 9.54")
    at = {text: place for place, text in enumerate(texts(invoice))}
    likelier = [(at["Ltd"] - 1, at["Ltd"], 0.6), (at["HOTEL"], at["BAY"], 0.3)]
    receipt, _ = decode(invoice, answers(len(invoice), [likelier]), manifest("merchant_name"))
    name = receipt.fields["merchant_name"]
    assert (name.value, name.confidence) == ("HOTEL BAY", 0.3)
    alone = answers(len(invoice), [likelier[:1]])
    assert decode(invoice, alone, manifest("merchant_name"))[0].fields["merchant_name"].confidence == 0.06
