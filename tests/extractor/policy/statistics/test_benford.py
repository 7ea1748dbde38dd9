from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.policy.cases import Situation
from extractor.policy.statistics import Statistics, StatisticsSettings
from extractor.policy.statistics.benford import EXPECTED, chi_square_tail, first_digit
from tests.extractor.policy.statistics.making import case

ONLY = StatisticsSettings(kinds=("benford",))


def told(amounts):
    cases = [case(f"c{index}", f"{amount:.2f}", employee="Ada") for index, amount in enumerate(amounts)]
    return list(Statistics(ONLY).examine(cases, Situation()))


def natural(count: int) -> list[float]:
    """Amounts spread evenly over three powers of ten, which follow the law exactly."""
    return [10 ** (3 * (index + 0.5) / count) for index in range(count)]


def test_amounts_that_follow_the_law_are_left_alone():
    assert told(natural(600)) == []


def test_invented_amounts_that_shun_the_one_are_told_with_the_digit_in_excess():
    invented = [amount if index % 3 else 700 + index / 10 for index, amount in enumerate(natural(600))]
    ((case_id, observation),) = told(invented)
    assert observation.rule == "benford"
    assert observation.severity == "low"
    assert "begin with 7; 6% would be expected" in observation.message
    assert case_id not in observation.related
    assert len(observation.related) > 200


def test_too_few_amounts_are_not_tested():
    assert told([700 + index for index in range(299)]) == []


def test_amounts_of_one_magnitude_are_not_tested():
    assert told([40 + index / 10 for index in range(400)]) == []


@pytest.mark.parametrize(("amount", "digit"), [("12.30", 1), ("0.07", 7), ("905", 9), ("0.50", 5), ("1E+3", 1)])
def test_the_first_digit_is_the_first_that_is_not_zero(amount, digit):
    assert first_digit(Decimal(amount)) == digit


def test_the_tail_of_chi_square_is_that_of_the_tables():
    # Critical values of eight degrees of freedom.
    assert chi_square_tail(15.507) == pytest.approx(0.05, abs=1e-4)
    assert chi_square_tail(26.124) == pytest.approx(0.001, abs=1e-5)


def test_the_expected_shares_add_up():
    assert sum(EXPECTED.values()) == pytest.approx(1)


@given(st.decimals(min_value="0.01", max_value="99999999", places=2))
def test_every_amount_has_a_first_digit(amount):
    assert 1 <= first_digit(amount) <= 9
