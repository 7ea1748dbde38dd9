"""Confidences in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from extractor.sureness import LEAST, sureness, told


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (1.0, "sure 100 %"),
        (0.9, "sure 90 %"),
        (0.8999, "check 89 %"),
        (0.6, "check 60 %"),
        (0.58, "doubtful 58 %"),
        (0.0, "doubtful 0 %"),
    ],
)
def test_a_confidence_is_told_in_a_word_and_a_percentage_that_never_contradict(confidence, said):
    assert told(confidence) == said


@given(some.integers(0, 10_000).map(lambda ticks: ticks / 10_000))
def test_a_shown_percentage_always_has_the_word_of_its_confidence(confidence):
    word, percent, _ = told(confidence).split()
    assert word == sureness(confidence) == sureness(int(percent) / 100)


def test_the_surest_word_comes_first():
    assert list(LEAST.values()) == sorted(LEAST.values(), reverse=True)
