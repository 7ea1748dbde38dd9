"""The ceiling that the words set for any student."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.extractor.student.documents import tokens
from training.benchmark.reach import Reach

ROWS = (
    "Corner Bakery Ltd",
    "12 Mill Lane, Springfield",
    "Date:25/12/2018     6:05 PM",
    "Rye loaf   2   3.40   6.80",
    "Total   RM 1,009.54",
    "VISA XXXX XXXX XXXX 4821",
)


@pytest.fixture
def reach() -> Reach:
    return Reach(tokens(*ROWS), "MY")


@pytest.mark.parametrize(
    ("field", "truth", "ceiling"),
    [
        ("total", "1009.54", 1.0),
        ("total", "1009.59", 1 - 1 / 7),  # the OCR misread a digit
        ("date", "25/12/2018", 1.0),
        ("time", "18:05", 1.0),
        ("card_last4", "4821", 1.0),
        ("merchant_name", "Corner Bakery Ltd", 1.0),
        ("merchant_name", "Corner Bakery Ltd.", 1 - 1 / 18),
        ("merchant_address", "12 Mill Lane, Springfield", 1.0),
        ("merchant_phone", "03-9999 8888 7777", 0.0),
    ],
)
def test_the_best_run_of_words_is_read_as_an_answer_would_be(reach, field, truth, ceiling):
    assert reach.best(field, truth) == pytest.approx(ceiling)


def test_what_is_printed_but_not_read_as_a_value_is_told_apart():
    reach = Reach(tokens("Date: 25/12/2xx8", "Total 9.00"))
    assert reach.best("date", "25/12/2018") < 0.5
    assert reach.printed("date", "25/12/2018") == pytest.approx(0.8)


def test_an_amount_is_printed_with_or_without_decimals_and_thousands_apart():
    reach = Reach(tokens("Celkem 18 930 Kč", "Sleva 4 500"))
    assert reach.printed("total", "18930.00") == 1.0
    assert reach.printed("total", "18931.00") == 0.0


def test_line_items_are_put_together_from_their_best_runs(reach):
    (item,) = reach.items([{"description": "Rye loaf", "quantity": "2", "unit_price": "3.40", "amount": "6.80"}])
    assert item == {"description": "Rye loaf", "quantity": "2", "unit_price": "3.40", "amount": "6.80"}
    assert reach.items([{"description": "Quite another thing"}]) == []


def test_a_document_without_words_reaches_nothing():
    empty = Reach(())
    assert (empty.best("total", "9.00"), empty.printed("total", "9.00"), empty.best("date", "1/2/2020")) == (0, 0, 0)
    assert empty.items([{"amount": "9.00"}]) == []


@given(st.lists(st.sampled_from(["12.50", "Total", "25/12/2018", "Shop", "a:b", "€", "6:05"]), min_size=1, max_size=8))
def test_a_ceiling_is_a_share_and_never_below_a_whole_row(words):
    found = Reach(tokens(" ".join(words)))
    for field in ("merchant_address", "total", "date"):
        assert 0.0 <= found.best(field, "12.50") <= 1.0
    assert found.printed("merchant_address", " ".join(words)) == 1.0
