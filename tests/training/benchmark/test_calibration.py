import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.evaluation import calibration_error
from training.benchmark.calibration import Claim, cross_error, figures, fit_platt, logit, sigmoid


def claims_of(count: int, bend: float, seed: int = 1) -> list[Claim]:
    """Claims whose true chance is the sigmoid of `bend` × the logit of what they say."""
    random = np.random.default_rng(seed)
    said = random.uniform(0.05, 0.999, count)
    right = random.uniform(size=count) < sigmoid(bend * logit(said))
    return [Claim(f"{5 * i:04d}", "total", float(s), bool(r)) for i, (s, r) in enumerate(zip(said, right, strict=True))]


def test_the_fit_finds_the_bend_and_shift_that_made_the_answers():
    random = np.random.default_rng(0)
    scores = random.normal(0, 2, 20_000)
    correct = random.uniform(size=scores.size) < sigmoid(0.5 * scores + 1.0)
    a, b = fit_platt(scores, correct)
    assert a == pytest.approx(0.5, abs=0.05)
    assert b == pytest.approx(1.0, abs=0.05)


def test_confidences_that_say_too_much_are_mended_by_the_other_half():
    claims = claims_of(4000, 0.3)
    shipped = calibration_error([claim.confidence for claim in claims], [claim.correct for claim in claims])
    crossed = cross_error(claims, calibration_error)
    assert shipped > 0.1
    assert crossed is not None
    assert crossed < 0.04


def test_what_was_shipped_calibrated_on_all_of_dev_does_not_leak_into_the_figure():
    claims = claims_of(400, 0.3)
    recalibrated = [
        Claim(c.id, c.field, float(sigmoid(2.0 * logit(np.array([c.confidence])) - 0.5)[0]), c.correct) for c in claims
    ]
    before, after = cross_error(claims, calibration_error), cross_error(recalibrated, calibration_error)
    assert after == pytest.approx(before, abs=0.01)


def test_a_half_without_values_has_no_figure():
    claims = [Claim("0000", "total", 0.9, True), Claim("0010", "total", 0.9, True)]
    assert cross_error(claims, calibration_error) is None
    assert figures(claims, calibration_error)[0].verdict == "below"


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_the_fit_is_finite_whatever_was_read(answers):
    scores = logit(np.array([said for said, _ in answers]))
    a, b = fit_platt(scores, np.array([right for _, right in answers]))
    assert np.isfinite([a, b]).all()


def test_only_the_total_has_a_bound_and_it_comes_first():
    claims = [*claims_of(40, 1.0), *(Claim(f"{5 * i}", "date", 0.9, True) for i in range(10))]
    made = figures(claims, calibration_error)
    assert "total" in made[0].name
    assert [figure.asked for figure in made] == [0.05, None, None, None]
    assert made[0].n == 40
