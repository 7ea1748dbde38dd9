"""Which words are which part of which line item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.student.encoder import Token
from extractor.types import ITEM_PARTS
from tests.extractor.student.documents import ROWS, tokens
from tests.training.tiny import LABEL
from training.items import UNKNOWN, ItemTarget, align_items

Listed = Sequence[Sequence[str | None]]


def grouped(found: Sequence[Token], target: ItemTarget) -> list[dict[str, str]]:
    """The items as the tags and beginnings tell them, as a decoder would read them."""
    items: list[dict[str, str]] = []
    for at, tag in enumerate(target.tags.tolist()):
        if target.begins[at]:
            items.append({})
        if tag > 0:
            part = ITEM_PARTS[tag - 1]
            items[-1][part] = f"{items[-1].get(part, '')} {found[at].text}".strip()
    return items


def read(items: Listed, *rows: str) -> list[dict[str, str]]:
    found = tokens(*rows)
    target = align_items(found, {"line_items": items})
    assert target.known
    return grouped(found, target)


def test_parts_of_items_are_tagged_and_their_beginnings_marked() -> None:
    assert read(LABEL["line_items"], *ROWS) == [
        {"description": "Rye loaf", "quantity": "2", "unit_price": "3.40", "amount": "6.80"},
        {"description": "Oat biscuits", "amount": "2.20"},
    ]


def test_a_number_may_stand_before_the_description() -> None:
    rows = ("2 x Rye loaf  6.80", "1 x Oat biscuits  2.20", "Total 9.00")
    assert read([["Rye loaf", "2", None, "6.80"], ["Oat biscuits", "1", None, "2.20"]], *rows) == [
        {"quantity": "2", "description": "Rye loaf", "amount": "6.80"},
        {"quantity": "1", "description": "Oat biscuits", "amount": "2.20"},
    ]


def test_an_item_may_take_two_rows() -> None:
    rows = ("Rye loaf large", "  2   3.40   6.80", "Oat biscuits", "  1   2.20   2.20", "Total 9.00")
    assert read([["Rye loaf large", "2", "3.40", "6.80"], ["Oat biscuits", "1", "2.20", "2.20"]], *rows) == [
        {"description": "Rye loaf large", "quantity": "2", "unit_price": "3.40", "amount": "6.80"},
        {"description": "Oat biscuits", "quantity": "1", "unit_price": "2.20", "amount": "2.20"},
    ]


def test_a_price_that_is_the_amount_too_is_the_amount_where_it_stands_once() -> None:
    assert read([["Tea", "1", "2.20", "2.20"]], "Tea  1  2.20") == [
        {"description": "Tea", "quantity": "1", "amount": "2.20"}
    ]


def test_numbers_may_stand_a_row_above_the_description_where_all_do() -> None:
    rows = ("955701  5  1.32  6.60", "Double sided tape", "955702  5  2.08  10.38", "Correction pen", "Total 16.98")
    assert read([["Double sided tape", "5", "1.32", "6.60"], ["Correction pen", "5", "2.08", "10.38"]], *rows) == [
        {"quantity": "5", "unit_price": "1.32", "amount": "6.60", "description": "Double sided tape"},
        {"quantity": "5", "unit_price": "2.08", "amount": "10.38", "description": "Correction pen"},
    ]


def test_numbers_are_looked_for_where_the_other_items_have_theirs() -> None:
    rows = ("Tea", "1  2.20", "Cake", "1  2.20", "Subtotal 4.40")
    assert read([["Tea", "1", None, "2.20"], ["Cake", "1", None, "2.20"]], *rows) == [
        {"description": "Tea", "quantity": "1", "amount": "2.20"},
        {"description": "Cake", "quantity": "1", "amount": "2.20"},
    ]


def test_of_a_number_that_was_misread_nothing_is_known() -> None:
    found = tokens("Rye loaf  2  3.10  5.80", "Oat biscuits  2.20", "Total 9.00")
    target = align_items(
        found, {"line_items": [["Rye loaf", "2", "3.40", "6.80"], ["Oat biscuits", None, None, "2.20"]]}
    )
    tags = {token.text: int(tag) for token, tag in zip(found, target.tags, strict=True)}
    assert (tags["2"], tags["3.10"], tags["5.80"]) == (2, UNKNOWN, UNKNOWN)
    assert (tags["2.20"], tags["Total"], tags["9.00"]) == (4, 0, 0)


def test_a_one_that_was_read_as_a_letter_is_a_quantity() -> None:
    assert read([["CA Roll", "1", None, "3.80"]], "I  CA Roll  3.80") == [
        {"quantity": "I", "description": "CA Roll", "amount": "3.80"}
    ]


def test_the_same_item_twice_is_two_items() -> None:
    assert read([["Tea", None, None, "2.20"], ["Tea", None, None, "2.20"]], "Tea 2.20", "Tea 2.20") == [
        {"description": "Tea", "amount": "2.20"},
        {"description": "Tea", "amount": "2.20"},
    ]


def test_an_amount_is_not_taken_from_the_next_item() -> None:
    rows = ("Tea", "Cake 2.20")
    assert read([["Tea", None, None, "2.20"], ["Cake", None, None, "2.20"]], *rows) == [
        {"description": "Tea"},
        {"description": "Cake", "amount": "2.20"},
    ]


def test_an_item_without_description_is_found_by_its_amount() -> None:
    assert read([["Tea", None, None, "2.20"], [None, None, None, "7.00"]], "Tea 2.20", "7.00") == [
        {"description": "Tea", "amount": "2.20"},
        {"amount": "7.00"},
    ]


def test_a_misread_description_is_found() -> None:
    assert read([["Oat biscuits", None, None, "2.20"]], "0at biscult5 2.20") == [
        {"description": "0at biscult5", "amount": "2.20"}
    ]


def test_nothing_is_learnt_where_too_few_items_are_found() -> None:
    items = [["Rye loaf", None, None, "6.80"], ["Anchovies", None, None, "5.10"]]
    assert not align_items(tokens(*ROWS), {"line_items": items}).known


def test_a_document_without_items_says_so_and_a_teacher_who_does_not_tell_says_nothing() -> None:
    empty = align_items(tokens(*ROWS), {"line_items": []})
    assert empty.known
    assert not empty.tags.any()
    assert not align_items(tokens(*ROWS), {"line_items": None}).known
    assert not align_items(tokens(*ROWS), {}).known


def test_targets_have_the_length_of_the_document() -> None:
    found = tokens(*ROWS)
    target = align_items(found, LABEL)
    assert (target.tags.shape, target.begins.shape) == ((len(found),), (len(found),))
    assert (target.tags.dtype, target.begins.dtype) == (np.int64, np.float32)
