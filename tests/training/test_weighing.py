"""Sources where the student lags are drawn more often, and the same again after a break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.config import Reweight
from training.weighing import Weighing, evenly, reweighed

SIZES = {"a": 10, "b": 40}
BASE = {"a": 1.0, "b": 0.5}


def test_a_source_with_the_greater_gap_gains_and_an_epoch_stays_as_long() -> None:
    new = reweighed(BASE, {"a": 0.9, "b": 0.1}, SIZES, Reweight())
    assert new["a"] > 1.0
    assert new["b"] < 0.5
    assert 10 * new["a"] + 40 * new["b"] == pytest.approx(30)
    colder = reweighed(BASE, {"a": 0.9, "b": 0.1}, SIZES, Reweight(temperature=0.2))
    assert colder["a"] > new["a"]


@given(
    st.dictionaries(st.sampled_from("abcd"), st.floats(0, 50), min_size=1),
    st.floats(0.01, 10),
)
def test_equal_or_not_gaps_never_change_how_much_is_drawn(gaps: dict[str, float], temperature: float) -> None:
    sizes = dict.fromkeys(gaps, 7)
    base = {name: 1.0 + at for at, name in enumerate(gaps)}
    new = reweighed(base, gaps, sizes, Reweight(temperature=temperature))
    assert sum(7 * weight for weight in new.values()) == pytest.approx(sum(7 * weight for weight in base.values()))
    assert all(weight >= 0 for weight in new.values())
    level = reweighed(base, dict.fromkeys(gaps, 1.5), sizes, Reweight(temperature=temperature))
    assert level == pytest.approx(base)


def test_weights_change_smoothly_and_hold_from_the_next_epoch_on() -> None:
    rule = Reweight(smoothing=0.75, every=2)
    weighing = Weighing(rule, BASE, SIZES)
    assert [weighing.due(epoch) for epoch in range(4)] == [False, True, False, True]
    goal = reweighed(BASE, {"a": 2.0, "b": 0.0}, SIZES, rule)
    first = weighing.change(1, {"a": 2.0, "b": 0.0})
    assert first["a"] == pytest.approx(0.75 * 1.0 + 0.25 * goal["a"])
    second = weighing.change(3, {"a": 2.0, "b": 0.0})
    assert second["a"] == pytest.approx(0.75 * first["a"] + 0.25 * goal["a"])
    assert [weighing.at(epoch) for epoch in (0, 1, 2, 3, 4, 9)] == [BASE, BASE, first, first, second, second]


def test_without_a_teacher_a_source_lags_behind_its_own_best() -> None:
    weighing = Weighing(Reweight(), BASE, SIZES)
    assert weighing.gaps({"a": 2.0, "b": 1.0}, None) == {"a": 0.0, "b": 0.0}
    assert weighing.gaps({"a": 1.0, "b": 1.5}, None) == {"a": 0.0, "b": 0.5}
    assert weighing.gaps({"a": 1.25, "b": 0.5}, None) == {"a": 0.25, "b": 0.0}


def test_with_a_teacher_it_lags_behind_the_teacher_and_never_less_than_nothing() -> None:
    weighing = Weighing(Reweight(), BASE, SIZES)
    assert weighing.gaps({"a": 2.0, "b": 1.0}, {"a": 0.5, "b": 1.5}) == {"a": 1.5, "b": 0.0}


def test_by_dev_a_source_lags_behind_one_and_others_keep_their_weight() -> None:
    weighing = Weighing(Reweight(by="dev", smoothing=0.0), BASE, SIZES)
    weighing.saw({"a.mean": 0.7, "a.total": 0.1, "mean": 0.7, "elsewhere.mean": 0.2})
    gaps = weighing.gaps({}, None)
    assert gaps == {"a": pytest.approx(0.3)}
    assert weighing.change(0, gaps) == pytest.approx(BASE), "there is nothing to set a single source against"
    assert weighing.change(1, {}) == pytest.approx(BASE)


def test_a_sample_is_spread_evenly_and_always_the_same() -> None:
    assert list(evenly(3, 5)) == [0, 1, 2]
    assert list(evenly(100, 4)) == [0, 25, 50, 75]
