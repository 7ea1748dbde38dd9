from __future__ import annotations

import datetime as dt

import pytest
from scipy import stats

from extractor.policy.cases import Situation
from extractor.policy.statistics import Statistics, StatisticsSettings
from extractor.policy.statistics.testing import at_least_binomial, fisher_above, rank_test
from tests.extractor.policy.statistics.making import case, lunches

ONLY = StatisticsSettings(kinds=("habits",))


def told(cases):
    return [each for _, each in Statistics(ONLY).examine(cases, Situation())]


def before(count: int = 60):
    """Steady habits: a lunch at half past twelve, every third day or so, at two places."""
    return lunches(count, time="12:30")


def lately(count: int, **values):
    """Expenses after those before, one every third day."""
    last = max(each.claim.date for each in before())
    given = {"employee": "Ada", "merchant": "Roma", "category": "meals", "time": "12:40", "amount": "15.00"}
    given.update(values)
    amount = given.pop("amount")
    shift = given.pop("step", 3)
    return [
        case(f"new-{index}", amount, date=last + dt.timedelta(days=1 + index * shift), **given)
        for index in range(count)
    ]


def test_steady_habits_say_nothing():
    assert told([*before(), *lately(18)]) == []


def test_a_new_level_of_amounts_is_told_with_both_medians():
    (observation,) = told([*before(), *lately(18, amount="45.00")])
    assert observation.rule == "habit_changed"
    assert "Ada's amounts changed: the median is EUR 45.00 in the last" in observation.message
    assert observation.severity == "low"


def test_claiming_more_often_is_told_with_both_rates():
    messages = [each.message for each in told([*before(), *lately(55, step=1)])]
    assert any("Ada claims more often" in message for message in messages)


def test_new_merchants_are_told_with_counts():
    fresh = [
        case(f"f{index}", "15.00", employee="Ada", merchant=f"Place {index}", category="meals", date=each.claim.date)
        for index, each in enumerate(lately(18))
    ]
    (observation,) = told([*before(), *fresh])
    assert "Ada spends at new merchants: 18 of the last 21 expenses; before, 0 of 29" in observation.message
    assert len(observation.related) == 17


def test_weekends_are_told():
    last = max(each.claim.date for each in before())
    days = [last + dt.timedelta(days=index) for index in range(1, 60)]
    ends = [day for day in days if day.weekday() >= 5][:14]
    cases = [
        case(f"e{index}", "15.00", employee="Ada", merchant="Roma", category="meals", date=day)
        for index, day in enumerate(ends)
    ]
    assert any("spends on weekends" in each.message for each in told([*before(), *cases]))


def test_other_hours_are_told_and_the_night_belongs_to_the_evening_before():
    (observation,) = told([*before(), *lately(18, time="00:30")])
    assert "mostly about 00:30" in observation.message
    assert "about 12:30" in observation.message


def test_a_person_with_little_history_is_left_alone():
    assert told([*before(8), *lately(18, amount="45.00")]) == []


def test_the_rank_test_agrees_with_scipy():
    one, other = [1.0, 2, 2, 3, 5, 8, 9, 11], [2.0, 4, 6, 6, 9, 12, 14, 15, 15]
    expected = stats.mannwhitneyu(one, other, method="asymptotic").pvalue
    assert rank_test(one, other) == pytest.approx(expected)
    assert rank_test([3.0] * 6, [3.0] * 6) == 1.0


@pytest.mark.parametrize(("hits", "trials", "chance"), [(3, 10, 0.2), (0, 5, 0.5), (30, 40, 0.25)])
def test_the_binomial_tail_agrees_with_scipy(hits, trials, chance):
    assert at_least_binomial(hits, trials, chance) == pytest.approx(stats.binom.sf(hits - 1, trials, chance))


@pytest.mark.parametrize(("hits", "trials", "usual", "count"), [(8, 10, 3, 30), (0, 10, 0, 10), (5, 5, 0, 20)])
def test_fishers_test_agrees_with_scipy(hits, trials, usual, count):
    expected = stats.fisher_exact([[hits, trials - hits], [usual, count - usual]], alternative="greater").pvalue
    assert fisher_above(hits, trials, usual, count) == pytest.approx(expected)
