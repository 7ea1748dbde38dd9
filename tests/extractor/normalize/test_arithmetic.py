from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.arithmetic import choose_consistent, consistency


def amounts(**values: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in values.items()}


def codes(found: dict[str, Decimal], items: list[str]) -> set[str]:
    return {notice.code for notice in consistency(found, [Decimal(item) for item in items])}


@pytest.mark.parametrize(
    ("found", "items"),
    [
        (amounts(subtotal="10.00", tax="0.60", total="10.60"), ["4.00", "6.00"]),
        (amounts(subtotal="10.60", tax="0.60", total="10.60"), ["10.60"]),  # tax inside the prices
        (amounts(subtotal="10.00", tax="0.60", service_charge="1.00", rounding="0.02", total="11.62"), ["10.00"]),
        (amounts(subtotal="10.00", discount="2.00", total="8.00"), ["10.00"]),
        (amounts(subtotal="8.00", discount="2.00", total="8.00"), ["10.00"]),  # discount already off
        (amounts(subtotal="10.03", total="10.05"), []),  # rounded to 0.05 without saying so
        (amounts(total="10.00"), []),
        ({}, ["1.00"]),
    ],
)
def test_receipts_that_add_up_raise_no_warning(found: dict[str, Decimal], items: list[str]) -> None:
    assert codes(found, items) == set()


def test_what_does_not_add_up_is_named_in_a_sentence() -> None:
    found = amounts(subtotal="10.00", tax="6.00", total="61.00")
    notices = {notice.code: notice.message for notice in consistency(found, [Decimal("5.00")])}
    assert notices["total_mismatch"] == "The subtotal 10.00 with tax 6.00 does not lead to the total 61.00."
    assert "5.00" in notices["items_mismatch"]
    assert codes(amounts(tax="6.00", total="10.00"), []) == {"tax_rate_implausible"}


def test_the_candidates_that_add_up_beat_slightly_likelier_ones() -> None:
    candidates = {
        "subtotal": [(Decimal("10.00"), -0.1)],
        "tax": [(Decimal("0.60"), -0.3), (None, -1.5)],
        "total": [(Decimal("50.00"), -0.6), (Decimal("10.60"), -0.9), (Decimal("39.40"), -2.0)],  # cash, total, change
    }
    assert choose_consistent(candidates, [Decimal("10.00")]) == {"subtotal": 0, "tax": 0, "total": 1}


def test_a_sure_reading_stays_though_nothing_adds_up() -> None:
    candidates = {"subtotal": [(Decimal("9.00"), -0.1)], "total": [(Decimal("50.00"), -0.01), (Decimal("9.00"), -6.0)]}
    assert choose_consistent(candidates, [])["total"] == 0


def test_absent_is_an_answer_and_so_is_no_candidate() -> None:
    assert choose_consistent({"tax": [(None, -0.1), (Decimal("1.00"), -3.0)], "total": []}, []) == {
        "tax": None,
        "total": None,
    }


OPTIONS = st.lists(
    st.tuples(st.none() | st.decimals(0, 1000, places=2), st.floats(min_value=-9, max_value=0)), max_size=6
)


@given(candidates=st.dictionaries(st.sampled_from(["subtotal", "tax", "discount", "total"]), OPTIONS))
def test_nothing_outside_the_candidates_is_chosen(
    candidates: dict[str, list[tuple[Decimal | None, float]]],
) -> None:
    chosen = choose_consistent(candidates, [])
    assert chosen.keys() == candidates.keys()
    for name, place in chosen.items():
        if place is not None:
            assert candidates[name][place][0] is not None
        else:
            assert not candidates[name] or any(value is None for value, _ in candidates[name])
