"""A receipt goes to Label Studio and comes back; what a person changes there is understood."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor.task import RECEIPTS
from extractor.types import Field, LineItem, Receipt
from labeling.review.convert import predicted_receipt, results_of, reviewed_receipt
from labeling.review.regions import Result
from tests.labeling.review.receipts import SIZES, any_receipts, random_receipt

TOTAL = Field(value="80.90", text="RM80.90", confidence=0.6, page=0, box=[0.5, 0.5, 0.75, 0.55])


def placed(text: str, page: int = 0, **more: Any) -> Field:
    return Field(**{"value": text, "text": text, "confidence": 0.5, "page": page, "box": [0.1, 0.2, 0.3, 0.25], **more})


def shown(receipt: Receipt) -> list[Result]:
    """The results as they come back from a server."""
    return json.loads(json.dumps(results_of(receipt, RECEIPTS, SIZES)))


def of(results: list[Result], identity: str, control: str) -> Result:
    return next(each for each in results if (each["id"], each["from_name"]) == (identity, control))


def drawn(label: str, x: float, y: float, text: str | None = None, **more: Any) -> list[Result]:
    """What Label Studio stores when a person draws a rectangle of 10 by 4 percent and maybe writes into it."""
    shape = {"x": x, "y": y, "width": 10, "height": 4, "rotation": 0}
    common = {"id": f"new{x}{y}", "to_name": "_page", "original_width": 400, "original_height": 600, **more}
    results = [
        {**common, "from_name": "_box", "type": "rectanglelabels", "value": {**shape, "rectanglelabels": [label]}}
    ]
    if text is not None:
        results.append({**common, "from_name": "_text", "type": "textarea", "value": {**shape, "text": [text]}})
    return results


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(any_receipts)
def test_any_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert predicted_receipt(shown(receipt), RECEIPTS) == receipt


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(any_receipts)
def test_a_receipt_that_a_person_accepts_comes_back_as_it_was(receipt: Receipt) -> None:
    results = shown(receipt)
    assert reviewed_receipt(results, RECEIPTS, results) == (receipt, ())


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(-0.0012, 0.0012), st.booleans())
def test_a_browser_may_round_and_forget_scores(seed: int, shift: float, forget: bool) -> None:
    receipt = random_receipt(random.Random(seed), pages=2)
    results = shown(receipt)
    annotated = deepcopy(results)
    for result in annotated:
        if forget:
            result.pop("score", None)
        for edge in ("x", "y"):
            if edge in result["value"]:
                result["value"][edge] += 100 * shift / 1.5  # of a page of 500 pixels: under half a pixel
    assert reviewed_receipt(annotated, RECEIPTS, results)[0] == receipt


def test_rectangles_are_in_percent_of_their_page_with_the_confidence_as_score() -> None:
    found = shown(Receipt(fields={"total": TOTAL.model_copy(update={"page": 1})}))
    assert of(found, "total", "_box") == {
        "id": "total",
        "from_name": "_box",
        "to_name": "_page",
        "type": "rectanglelabels",
        "item_index": 1,
        "original_width": 300,
        "original_height": 500,
        "image_rotation": 0,
        "score": 0.6,
        "value": {
            "x": 50.0,
            "y": 50.0,
            "width": 25.0,
            "height": pytest.approx(5.0),
            "rotation": 0,
            "rectanglelabels": ["total"],
        },
    }
    assert of(found, "total", "_text")["value"]["text"] == ["RM80.90"]
    assert of(found, "total", "_value")["value"]["text"] == ["80.90"]


def test_a_text_that_is_its_own_value_is_written_once() -> None:
    found = shown(Receipt(fields={"merchant_name": placed("Kafe")}))
    assert [each["from_name"] for each in found] == ["_box", "_text"]


def test_values_without_a_place_go_to_the_form() -> None:
    sure = {"confidence": 0.8}
    found = shown(
        Receipt(
            fields={
                "document_type": Field(value="receipt", text="receipt", **sure),
                "country": Field(value="MY", text="MY", **sure),
                "merchant_name": Field(value="Kafe", text="Kafe", **sure),
                "date": Field(value="2018-12-25", text="25/12/2018", **sure),
            },
            line_items=[LineItem(description=Field(value="A|B", text="A|B", **sure))],
        )
    )
    assert {each["from_name"]: each["value"].get("choices", each["value"].get("text")) for each in found} == {
        "document_type": ["receipt"],
        "country": ["MY"],
        "merchant_name": ["Kafe"],
        "date": ["2018-12-25"],
        "_text_date": ["25/12/2018"],
        "_items": [r"1 | A\|B |  |  | "],
    }


def test_a_choice_outside_the_list_is_kept_as_json() -> None:
    found = shown(Receipt(fields={"document_type": Field(value="menu", text="menu", confidence=1)}))
    assert [each["from_name"] for each in found] == ["_more"]
    assert json.loads(found[0]["value"]["text"][0])["value"] == "menu"


def test_a_corrected_text_is_read_anew_and_sure() -> None:
    before = shown(Receipt(fields={"total": TOTAL}))
    after = deepcopy(before)
    of(after, "total", "_text")["value"]["text"] = ["RM1,081.90"]
    total = reviewed_receipt(after, RECEIPTS, before)[0].fields["total"]
    assert (total.value, total.text, total.confidence, total.box) == ("1081.90", "RM1,081.90", 1.0, TOTAL.box)


def test_a_value_that_a_person_wrote_stands_whatever_the_text() -> None:
    before = shown(Receipt(fields={"total": TOTAL}))
    after = deepcopy(before)
    of(after, "total", "_text")["value"]["text"] = ["RM81.9O"]
    of(after, "total", "_value")["value"]["text"] = ["81.90"]
    assert reviewed_receipt(after, RECEIPTS, before)[0].value("total") == "81.90"


def test_a_new_rectangle_with_a_text_is_read_by_its_type() -> None:
    country = Field(value="US", text="US", confidence=0.9)
    before = shown(Receipt(fields={"country": country}))
    date = reviewed_receipt([*before, *drawn("date", 10, 10, "03/04/2019")], RECEIPTS, before)[0].fields["date"]
    assert (date.value, date.text, date.confidence, date.page) == ("2019-03-04", "03/04/2019", 1.0, 0)


def test_an_empty_rectangle_gives_a_place_to_the_value_in_the_form() -> None:
    before = shown(Receipt(fields={"merchant_name": Field(value="Kafe", text="Kafe", confidence=1.0)}))
    name = reviewed_receipt([*before, *drawn("merchant_name", 10, 10)], RECEIPTS, before)[0].fields["merchant_name"]
    assert (name.value, name.page, name.box) == ("Kafe", 0, [0.1, 0.1, 0.2, 0.14])


def test_an_empty_rectangle_alone_says_nothing() -> None:
    assert reviewed_receipt(drawn("merchant_name", 10, 10), RECEIPTS)[0] == Receipt()


def test_two_rectangles_of_a_field_are_joined_in_reading_order() -> None:
    results = drawn("merchant_address", 10, 14, "Johor") + drawn("merchant_address", 10, 10, "Jalan 3,")
    address = reviewed_receipt(results, RECEIPTS)[0].fields["merchant_address"]
    assert (address.text, address.box) == ("Jalan 3, Johor", [0.1, 0.1, 0.2, 0.18])


def test_a_turned_rectangle_is_surrounded() -> None:
    results = drawn("total", 50, 50, "1.00")
    for each in results:
        each["value"]["rotation"] = 90  # clockwise about its corner: 40 by 24 pixels become 24 by 40
    box = reviewed_receipt(results, RECEIPTS)[0].fields["total"].box
    assert box == pytest.approx([0.5 - 24 / 400, 0.5, 0.5, 0.5 + 40 / 600])


def test_a_deleted_value_is_gone() -> None:
    before = shown(Receipt(fields={"total": TOTAL, "tax": placed("1.00")}))
    assert list(reviewed_receipt([e for e in before if e["id"] != "tax"], RECEIPTS, before)[0].fields) == ["total"]


def test_items_come_in_the_order_of_their_numbers() -> None:
    items = [LineItem(description=placed(name)) for name in ("first", "second")]
    before = shown(Receipt(line_items=items))
    between = drawn("item description", 10, 90, "between")
    number = {**between[0], "from_name": "_row", "type": "number", "value": {**between[0]["value"], "number": 1.5}}
    found = reviewed_receipt([*before, *between, number], RECEIPTS, before)[0].line_items
    assert [item.description.value for item in found if item.description] == ["first", "between", "second"]
    assert [found[0], found[2]] == items


def test_a_part_without_number_joins_the_item_beside_it_or_begins_one() -> None:
    row = {"box": [0.1, 0.5, 0.3, 0.54]}
    before = shown(Receipt(line_items=[LineItem(description=placed("Tea", **row))]))
    beside = drawn("item amount", 80, 50, "2.50")
    below = drawn("item description", 10, 60, "Cake") + drawn("item amount", 80, 60.5, "4.00")
    found = reviewed_receipt([*before, *beside, *below], RECEIPTS, before)[0].line_items
    values = [(item.description and item.description.value, item.amount and item.amount.value) for item in found]
    assert values == [("Tea", "2.50"), ("Cake", "4.00")]


def test_what_cannot_be_understood_is_told_and_harms_nothing_else() -> None:
    results = [
        {"id": "m", "from_name": "_more", "type": "textarea", "value": {"text": ["{oops", '{"field": "tax"}']}},
        {"id": "i", "from_name": "_items", "type": "textarea", "value": {"text": ["Tea | 1 | 2"]}},
        *drawn("total", 50, 50, "1.00"),
    ]
    receipt, problems = reviewed_receipt(results, RECEIPTS)
    assert receipt.value("total") == "1.00"
    assert len(problems) == 3


def test_lines_of_items_without_number_follow_each_other() -> None:
    results = [
        {"id": "i", "from_name": "_items", "type": "textarea", "value": {"text": ["| Tea | 2 || 5.00", "| Cake"]}}
    ]
    found = reviewed_receipt(results, RECEIPTS)[0].line_items
    assert [
        [getattr(item, part) and getattr(item, part).value for part in ("description", "amount")] for item in found
    ] == [
        ["Tea", "5.00"],
        ["Cake", None],
    ]
