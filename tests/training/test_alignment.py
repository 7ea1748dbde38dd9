"""Where a teacher's answers stand among the words that the OCR read."""

from __future__ import annotations

import pytest

from extractor.student.values import join
from extractor.task import RECEIPTS
from tests.extractor.student.documents import ROWS, tokens
from tests.training.tiny import LABEL, TASK
from training.alignment import SpanTarget, align


def places(field: str, value: str | None, *rows: str, **more: str) -> list[str] | str:
    """The texts of the places found for a field's value; "absent" or "unknown" where there are none."""
    found = tokens(*rows)
    target = align(found, {field: value, **more}, RECEIPTS)[field]
    if not target.candidates:
        return "absent" if target.known else "unknown"
    assert target.known
    return [join(found[first : last + 1]) for first, last in target.candidates]


def test_every_field_of_a_receipt_is_found() -> None:
    found = tokens(*ROWS)
    targets = align(found, LABEL, TASK)
    read = {name: [join(found[a : b + 1]) for a, b in target.candidates] for name, target in targets.items()}
    assert read == {
        "merchant_name": ["Corner Bakery Ltd"],
        "date": ["25/12/2018"],
        "time": ["18:30"],
        "subtotal": ["9.00"],
        "tax": ["0.54"],
        "discount": [],
        "total": ["9.54"],
    }
    assert targets["discount"] == SpanTarget()


@pytest.mark.parametrize("printed", ["25/12/2018", "2018-12-25", "25 Dec 2018", "Dec 25, 2018", "25.12.18"])
def test_a_date_is_found_by_its_day(printed: str) -> None:
    row = f"Till 4 {printed} served"
    assert places("date", "2018-12-25", row) == [printed]


def test_a_date_may_be_read_either_way_round() -> None:
    assert places("date", "2018-04-03", "03/04/2018") == ["03/04/2018"]
    assert places("date", "2018-03-04", "03/04/2018") == ["03/04/2018"]


def test_a_date_misread_is_found_by_its_spelling() -> None:
    assert places("date", "2018-12-25", "On 25/12/2O18 at", date_text="25/12/2018") == ["25/12/2O18"]


def test_an_amount_that_stands_in_several_places_has_several_candidates() -> None:
    assert places("total", "9.54", "Total 9.54", "Visa RM9.54", "Change 0.00") == ["9.54", "RM9.54"]


@pytest.mark.parametrize("printed", ["1,234.50", "1.234,50", "$1234.50", "-1,234.50", "1 234,50"])
def test_an_amount_is_found_by_its_number_its_sign_aside(printed: str) -> None:
    assert places("total", "1234.50", f"Sum {printed}") == [printed]


def test_words_of_an_amount_stand_on_one_row() -> None:
    assert places("total", "1234.50", "1", "234,50") == "unknown"


def test_the_half_of_the_day_may_come_from_elsewhere() -> None:
    assert places("time", "18:30", "6:30 PM") == ["6:30 PM"]
    assert places("time", "18:30", "at 6:30") == ["6:30"]


def test_a_name_misread_in_a_few_letters_is_found() -> None:
    assert places("merchant_name", "Corner Bakery Ltd", "C0rner Bakary Lfd", "Open daily") == ["C0rner Bakary Lfd"]


def test_a_name_that_spans_rows_is_found() -> None:
    assert places("merchant_name", "Corner Bakery Limited", "Corner Bakery", "Limited", "x") == [
        "Corner Bakery Limited"
    ]


def test_a_value_glued_to_its_label_is_found_without_it() -> None:
    assert places("date", "2018-12-25", "Date:25/12/2018") == ["25/12/2018"]
    assert places("receipt_number", "A-4711", "Bill:A-4711") == ["A-4711"]


@pytest.mark.parametrize("value", [None, ""])
def test_what_the_teacher_leaves_out_is_absent(value: str | None) -> None:
    assert places("total", value, "Total 9.54") == "absent"


@pytest.mark.parametrize(
    ("field", "value"), [("total", "8.00"), ("merchant_name", "Harbour Grill"), ("time", "12:00"), ("total", "free")]
)
def test_what_the_teacher_saw_and_the_ocr_did_not_is_unknown(field: str, value: str) -> None:
    assert places(field, value, *ROWS) == "unknown"


def test_card_digits_are_found_at_the_end_of_a_masked_number() -> None:
    assert places("card_last4", "4321", "Visa ************4321", "Auth 994321x") == ["************4321"]


def test_a_document_without_words_has_nothing_to_point_at() -> None:
    targets = align((), LABEL, TASK)
    assert targets["total"] == targets["merchant_name"] == SpanTarget(known=False)
    assert targets["discount"] == SpanTarget()


def test_a_label_that_does_not_speak_of_a_field_teaches_nothing_of_it() -> None:
    targets = align(tokens(*ROWS), {"total": "9.54"}, TASK)
    assert targets["total"].candidates
    assert targets["tax"] == SpanTarget(known=False)
