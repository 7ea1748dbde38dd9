"""Values are found on a page in spite of spaces, marks and misreadings, and not where they are not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from labeling.critic.sheet import Sheet, squeezed
from tests.labeling.critic.documents import page, receipt


def test_a_printed_value_is_found_whole_with_its_place() -> None:
    sheet = Sheet(receipt())
    match = sheet.find("12, Jalan Mawar 3 43000 Kajang, Selangor")
    assert match is not None
    assert (match.alike, match.times) == (1.0, 1)
    assert (sheet.row_of[match.first], sheet.row_of[match.last]) == (1, 2)


def test_words_that_the_ocr_glued_together_are_found() -> None:
    match = Sheet([page(["BLUEDOORCAFE", "12 JALAN"])]).find("Blue Door Cafe")
    assert match is not None
    assert match.times == 1


def test_a_misread_value_is_found_as_similar_only() -> None:
    match = Sheet([page(["BLUE D0OR CAFE", "12 JALAN"])]).find("Blue Door Cafe")
    assert match is not None
    assert match.times == 0
    assert 0.8 < match.alike < 1.0


def test_a_short_value_counts_only_where_it_fills_words() -> None:
    sheet = Sheet([page(["Table 1234", "No 23"])])
    found = sheet.find("23")
    assert found is not None
    assert found.times == 1


def test_a_value_longer_than_the_page_is_not_found_by_a_part_of_it() -> None:
    match = Sheet([page(["CAFE"])]).find("The Blue Door Cafe at the corner of the long street")
    assert match is None or match.alike < 0.5


def test_an_empty_page_holds_nothing() -> None:
    sheet = Sheet([page([])])
    assert sheet.find("anything") is None
    assert sheet.amounts == {}
    assert sheet.dates == {}


def test_amounts_and_dates_are_known_with_their_rows() -> None:
    sheet = Sheet(receipt())
    assert sheet.amounts[Decimal("16.96")] == [11]
    assert sheet.dates[date(2018, 12, 25)] == [6]


def test_rows_of_plain_text_are_told_from_labelled_ones() -> None:
    sheet = Sheet([page(["BLUE DOOR CAFE", "Tel: 03-8736 1234", "Noodle soup 12.50", "1234"])])
    assert [sheet.free(row) for row in range(-1, 5)] == [False, True, False, False, False, False]


@given(st.text(max_size=40))
def test_squeezing_twice_changes_nothing(text: str) -> None:
    assert squeezed(squeezed(text)) == squeezed(text)
