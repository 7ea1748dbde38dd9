from __future__ import annotations

import threading
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from labeling.run.budget import CALIBRATED_AFTER, LEAST, UNCALIBRATED, Budget

NO_STOP = threading.Event()


def test_before_costs_are_known_more_is_promised_than_estimated() -> None:
    budget = Budget(Decimal(10))
    assert budget.promise(Decimal(1), NO_STOP) == UNCALIBRATED
    for _ in range(CALIBRATED_AFTER):
        budget.saw(Decimal(1), Decimal(1))
    assert budget.promise(Decimal(1), NO_STOP) == LEAST


def test_dear_answers_raise_what_is_promised() -> None:
    budget = Budget(Decimal(1000))
    budget.saw(Decimal(1), Decimal(8))
    assert budget.promise(Decimal(1), NO_STOP) == Decimal(10)


def test_a_call_waits_for_what_another_may_give_back() -> None:
    budget = Budget(Decimal("3.5"))
    first = budget.promise(Decimal(1), NO_STOP)
    assert first is not None
    threading.Timer(0.02, lambda: budget.settle(first, Decimal("0.2"))).start()
    assert budget.promise(Decimal(1), NO_STOP) == 3
    assert budget.promise(Decimal(1), NO_STOP, wait=False) is None


def test_what_fits_is_counted_by_what_answers_cost() -> None:
    budget = Budget(Decimal(1), committed=Decimal("0.5"))
    assert budget.fits([Decimal("0.1")] * 10) == 3  # the last needs three times its estimate at hand
    assert budget.fits([Decimal(1)]) == 0
    assert Budget(None).fits([Decimal(10**9)] * 4) == 4


@given(
    st.lists(st.tuples(st.decimals("0.001", 2, places=3), st.decimals(0, "2.1", places=2)), max_size=60),
    st.decimals("0.5", 20, places=2),
)
def test_it_is_never_exceeded_where_answers_cost_no_more_than_was_promised(
    calls: list[tuple[Decimal, Decimal]], limit: Decimal
) -> None:
    budget, paid = Budget(limit), Decimal(0)
    for estimate, share in calls:
        promised = budget.promise(estimate, NO_STOP)
        if promised is None:
            continue
        cost = estimate * share
        assert cost <= promised
        budget.settle(promised, cost)
        budget.saw(estimate, cost)
        paid += cost
        assert paid <= limit
        assert budget.committed == paid
