"""Money is exact wherever policies and audits handle it."""

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.policy.claims.telling import plain
from extractor.policy.money import Money
from tests.conftest import ROOT

AMOUNTS = st.decimals(-(10**9), 10**9, places=3)
MONEYED = re.compile(r"amount|total|excess|money|at_stake|overpayment|asked|claimed|price|sum\b", re.IGNORECASE)
RANKS = {"near_amounts"}
"""Functions that only rank: what they give is no money."""


@given(st.lists(AMOUNTS, min_size=1))
def test_a_sum_is_the_same_in_any_order_and_leaves_nothing_over(amounts):
    def added(values):
        total = Money(Decimal(0), "OMR")
        for value in values:
            total += Money(value, "OMR")
        return total

    total = added(amounts)
    assert total == added(reversed(amounts))
    for amount in amounts:
        total -= Money(amount, "OMR")
    assert total.amount == 0


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1234"), ("EUR", "1234.00"), ("OMR", "1234.000")])
def test_amounts_are_written_in_the_minor_units_of_their_currency(currency, shown):
    assert plain(Money.of("1234", currency)) == shown


def test_an_amount_finer_than_its_currency_is_not_rounded_away():
    assert plain(Money.of("0.125", "EUR")) == "0.125"


def _sources() -> list[Path]:
    """Where claims are compared and decided; statistics and plots take amounts as numbers."""
    room = ROOT / "extractor" / "policy"
    return sorted([*(room / "claims").glob("*.py"), *(room / name for name in ("money.py", "rates.py", "audit.py"))])


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.name)
def test_no_amount_is_turned_into_a_binary_fraction(path):
    """`float(…)` of something that is called like money, outside of what only ranks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in RANKS:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float":
                assert not MONEYED.search(ast.unparse(node)), f"{path.name}: {ast.unparse(node)}"
