from __future__ import annotations

import datetime as dt
import sys

import pytest

from extractor.errors import MissingExtra
from extractor.policy.cases import Situation
from extractor.policy.statistics import Statistics, StatisticsSettings
from extractor.policy.statistics.expenses import expenses
from extractor.policy.statistics.features import FEATURES, roundness, said, table
from tests.extractor.policy.statistics.making import case, lunches

ONLY = StatisticsSettings(kinds=("forest",), forest_share=0.02)


def odd_one():
    """A large round sum at an unknown place on a Sunday night."""
    return case(
        "odd",
        "2000.00",
        employee="Ada",
        merchant="Gold & Silver",
        category="meals",
        date=dt.date(2025, 3, 9),
        time="23:40",
    )


def year():
    return [*lunches(60, time="12:30"), *lunches(60, "Ben", seed=2, time="13:10")]


@pytest.fixture
def told():
    pytest.importorskip("sklearn", reason="needs the extra audit")
    return lambda cases, settings=ONLY: list(Statistics(settings).examine(cases, Situation()))


def test_the_odd_expense_is_found_and_its_reasons_are_named(told):
    ((case_id, observation), *_) = told([*year(), odd_one()])
    assert case_id == "odd"
    assert observation.rule == "unusual_expense"
    assert observation.severity == "low"
    assert "131 times the median of its claimant" in observation.message
    assert "ends in 5 zeros (usual: 0)" in observation.message
    assert "What sets it apart:" in observation.message


def test_the_same_expenses_give_the_same_findings(told):
    assert told([*year(), odd_one()]) == told([*year(), odd_one()])


def test_few_expenses_are_no_forest(told):
    assert told([*lunches(30), odd_one()]) == []


def test_it_names_no_more_than_its_share(told):
    odd = [odd_one() for _ in range(1)]
    assert len(told([*year(), *odd], StatisticsSettings(kinds=("forest",), forest_share=0.009))) <= 1


def test_without_scikit_learn_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingExtra, match="pip install 'tailor\\[audit\\]'"):
        list(Statistics(ONLY).examine([*year(), odd_one()], Situation()))


def test_values_that_are_not_known_are_neither_high_nor_low():
    made = table(expenses([case("a", "10.00"), case("b", "10.00", date=dt.date(2025, 3, 9)), case("c", "12.00")], 0.9))
    weekend = FEATURES.index("weekend")
    assert made.known[:, weekend].tolist() == [False, True, False]
    assert made.values[:, weekend].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("amount", "zeros"), [("50.00", 3), ("12.30", 1), ("12.34", 0), ("1000.00", 5)])
def test_roundness_counts_zeros_from_the_minor_unit(amount, zeros):
    assert roundness(expenses([case("a", amount)], 0.9)[0]) == zeros


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_words(feature):
    assert said(feature, 1.0, 0.0)
