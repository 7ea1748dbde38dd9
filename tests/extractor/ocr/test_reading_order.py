"""Rows: labels beside their amounts, whatever the order of detection and the skew of the page."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.ocr.reading_order import arrange
from extractor.types import Box, Word
from tests.extractor.ocr.drawing import page_of, rows

TILL = page_of(
    ("Corner Bakery Limited", 0.30, 0.05),
    ("12 Station Road", 0.33, 0.09),
    ("Wholemeal bread", 0.10, 0.15),
    ("3.40", 0.80, 0.152),
    ("Blueberry muffin large", 0.10, 0.19),
    ("2.25", 0.80, 0.188),
    ("Total amount due", 0.10, 0.23),
    ("5.65", 0.80, 0.231),
    ("Thank you for your visit", 0.25, 0.30),
)
TILL_ROWS = [
    "Corner Bakery Limited",
    "12 Station Road",
    "Wholemeal bread 3.40",
    "Blueberry muffin large 2.25",
    "Total amount due 5.65",
    "Thank you for your visit",
]

boxes = st.builds(
    lambda x, y, w, h: Box.clipped(x, y, x + w, y + h),
    st.floats(0, 0.95),
    st.floats(0, 0.95),
    st.floats(0.005, 0.3),
    st.floats(0.005, 0.05),
)
some_words = st.lists(st.builds(Word, st.text(min_size=1, max_size=5), boxes, st.just(0.9), st.integers(0, 12)))


def skewed(words: list[Word], degrees: float, aspect: float) -> list[Word]:
    """The words of the page turned by a few degrees about its middle; `aspect` is height over width."""
    angle = math.radians(degrees)
    turned = []
    for word in words:
        x, y = word.box.center[0] - 0.5, (word.box.center[1] - 0.5) * aspect
        new_x = x * math.cos(angle) - y * math.sin(angle) + 0.5
        new_y = (x * math.sin(angle) + y * math.cos(angle)) / aspect + 0.5
        half_width, half_height = word.box.width / 2, word.box.height / 2
        box = Box.clipped(new_x - half_width, new_y - half_height, new_x + half_width, new_y + half_height)
        turned.append(Word(word.text, box, word.confidence, word.line))
    return turned


def test_a_label_and_its_amount_share_a_row() -> None:
    assert rows(arrange(TILL, 2.0)) == TILL_ROWS


def test_no_words_make_no_rows() -> None:
    assert arrange(()) == ()


@given(st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_detection_makes_no_difference(chance: random.Random) -> None:
    shuffled = list(TILL)
    chance.shuffle(shuffled)
    assert arrange(shuffled, 2.0) == arrange(TILL, 2.0)


@given(st.floats(-5, 5), st.sampled_from([1.0, 1.5, 2.5]))
@settings(deadline=None)
def test_a_skewed_page_keeps_its_rows(degrees: float, aspect: float) -> None:
    assert rows(arrange(skewed(TILL, degrees, aspect), aspect)) == TILL_ROWS


@given(some_words, st.floats(0.3, 3))
@settings(deadline=None)
def test_every_word_is_kept_once_and_rows_are_counted_from_nought(words: list[Word], aspect: float) -> None:
    arranged = arrange(words, aspect)
    assert sorted((w.text, w.box.as_list()) for w in arranged) == sorted((w.text, w.box.as_list()) for w in words)
    numbers = [word.line for word in arranged]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(len(set(numbers))))


@given(some_words)
@settings(deadline=None)
def test_a_row_runs_from_left_to_right(words: list[Word]) -> None:
    latin = [Word("word", word.box, word.confidence, word.line) for word in words]
    arranged = arrange(latin)
    assert all(a.box.x0 <= b.box.x0 for a, b in pairwise(arranged) if a.line == b.line)


def test_a_hebrew_row_runs_from_right_to_left() -> None:
    words = page_of(("לחם", 0.8, 0.1), ("אחיד", 0.7, 0.1), ("7.50", 0.1, 0.1))
    assert rows(arrange(words)) == ["לחם אחיד 7.50"]


def test_text_on_the_same_spot_is_never_glued_into_one_row() -> None:
    words = page_of(("Total amount", 0.1, 0.10), ("Cash given", 0.1, 0.109))
    assert rows(arrange(words)) == ["Total amount", "Cash given"]


def test_an_address_beside_the_facts_of_an_invoice_is_read_on_its_own() -> None:
    words = page_of(
        ("Invoice from all of us", 0.3, 0.02),
        ("Harbour Tools Limited", 0.05, 0.10),
        ("Invoice number 2231", 0.60, 0.10),
        ("4 Canal Street", 0.05, 0.13),
        ("Date of issue 3 May", 0.60, 0.13),
        ("Leeds West Yorkshire", 0.05, 0.16),
        ("Payment within 30 days", 0.60, 0.16),
        ("Claw hammer", 0.05, 0.22),
        ("18.00", 0.85, 0.22),
    )
    assert rows(arrange(words)) == [
        "Invoice from all of us",
        "Harbour Tools Limited",
        "4 Canal Street",
        "Leeds West Yorkshire",
        "Invoice number 2231",
        "Date of issue 3 May",
        "Payment within 30 days",
        "Claw hammer 18.00",
    ]


def test_facts_beside_an_address_may_stand_between_its_lines_and_end_where_the_table_begins() -> None:
    words = page_of(
        ("Harbour Tools Limited", 0.05, 0.10),
        ("TAX INVOICE", 0.75, 0.10),
        ("4 Canal Street", 0.05, 0.125),
        ("Invoice", 0.60, 0.135),
        ("H-2231", 0.85, 0.135),
        ("Leeds West Yorkshire", 0.05, 0.15),
        ("Date", 0.60, 0.16),
        ("03/05/2024", 0.85, 0.16),
        ("Phone: 0113 555 0100", 0.05, 0.175),
        ("Description", 0.05, 0.22),
        ("Qty", 0.50, 0.22),
        ("Price", 0.68, 0.22),
        ("Amount", 0.85, 0.22),
        ("Claw hammer large", 0.05, 0.25),
        ("1", 0.50, 0.25),
        ("18.00", 0.68, 0.25),
        ("18.00", 0.85, 0.25),
    )
    assert rows(arrange(words)) == [
        "Harbour Tools Limited",
        "4 Canal Street",
        "Leeds West Yorkshire",
        "TAX INVOICE",
        "Invoice H-2231",
        "Date 03/05/2024",
        "Phone: 0113 555 0100",
        "Description Qty Price Amount",
        "Claw hammer large 1 18.00 18.00",
    ]


def test_labels_that_await_a_value_stay_beside_it() -> None:
    words = page_of(
        ("Served by :", 0.05, 0.10),
        ("Maria from Lisbon", 0.60, 0.10),
        ("Paid with :", 0.05, 0.13),
        ("credit card machine", 0.60, 0.13),
        ("Sent to :", 0.05, 0.16),
        ("the front desk", 0.60, 0.16),
    )
    assert rows(arrange(words)) == [
        "Served by : Maria from Lisbon",
        "Paid with : credit card machine",
        "Sent to : the front desk",
    ]


def test_items_with_prices_stay_rows_however_wide_the_gap() -> None:
    names = ("Fresh orange juice", "Toasted rye bread", "Scrambled duck eggs", "Strong black coffee")
    words = page_of(
        *((name, 0.05, 0.1 + 0.03 * n) for n, name in enumerate(names)),
        *((f"{n}.50 EUR", 0.8, 0.1 + 0.03 * n) for n in range(4)),
    )
    assert rows(arrange(words)) == [f"{name} {n}.50 EUR" for n, name in enumerate(names)]


def test_words_before_a_price_are_no_facts_where_each_row_has_the_same() -> None:
    names = ("Fresh orange juice", "Toasted rye bread", "Scrambled duck eggs", "Strong black coffee")
    words = page_of(
        *((name, 0.05, 0.1 + 0.03 * n) for n, name in enumerate(names)),
        *((f"each EUR {n}.50", 0.75, 0.1 + 0.03 * n) for n in range(4)),
    )
    assert rows(arrange(words)) == [f"{name} each EUR {n}.50" for n, name in enumerate(names)]


def test_two_columns_of_facts_stay_rows() -> None:
    words = page_of(
        ("Server: Waiter Two", 0.05, 0.10),
        ("Station: Bar Eight", 0.60, 0.10),
        ("Order No: 41309 A", 0.05, 0.13),
        ("Dine In Today", 0.60, 0.13),
        ("Table: Window One", 0.05, 0.16),
        ("Guests: Two Adults", 0.60, 0.16),
    )
    assert rows(arrange(words))[0] == "Server: Waiter Two Station: Bar Eight"
