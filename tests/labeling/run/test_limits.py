from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.run.limits import Backoff, Breaker, Concurrency, TokenBucket


def test_a_bucket_lets_a_burst_through_and_then_keeps_the_rate() -> None:
    bucket = TokenBucket(60, now=0.0)
    for _ in range(10):
        assert bucket.delay(1, 0.0) == 0
        bucket.take(1, 0.0)
    assert bucket.delay(1, 0.0) == pytest.approx(1.0)
    assert bucket.delay(1, 1.0) == 0


def test_a_piece_larger_than_the_bucket_is_let_through_when_it_is_full_and_paid_off_after() -> None:
    bucket = TokenBucket(60, now=0.0, burst=5)
    assert bucket.delay(30, 0.0) == 0
    bucket.take(30, 0.0)
    assert bucket.delay(1, 0.0) == pytest.approx(26.0)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=60))
def test_no_more_comes_through_than_the_rate_and_one_burst(amounts: list[int]) -> None:
    bucket, now, taken = TokenBucket(120, now=0.0, burst=20), 0.0, 0
    for amount in amounts:
        now += bucket.delay(amount, now)
        bucket.take(amount, now)
        taken += amount
        assert taken <= 20 + now * 2 + 1e-6


def test_concurrency_is_halved_once_for_one_moment_and_grows_slowly() -> None:
    concurrency = Concurrency(16)
    for _ in range(5):
        concurrency.busy(began=1.0, now=2.0)
    assert concurrency.limit == 8
    for _ in range(8):
        concurrency.succeeded()
    assert concurrency.limit == 8
    concurrency.succeeded()
    assert concurrency.limit == 9
    concurrency.busy(began=3.0, now=4.0)
    assert concurrency.limit == 4


def test_concurrency_stays_between_one_and_the_most() -> None:
    concurrency = Concurrency(3)
    for moment in range(10):
        concurrency.busy(began=moment, now=moment)
    assert concurrency.limit == 1
    for _ in range(100):
        concurrency.succeeded()
    assert concurrency.limit == 3


def test_the_breaker_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(failures=3, seconds=10)
    for _ in range(5):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert breaker.delay(0.0) == 0
    for _ in range(3):
        breaker.failed(0.0)
    assert breaker.delay(4.0) == 6


def test_an_open_breaker_lets_one_trial_through_and_waits_for_its_outcome() -> None:
    breaker = Breaker(failures=1, seconds=10, longest=30)
    breaker.failed(0.0)
    assert breaker.delay(10.0) == 0
    breaker.enter()
    assert breaker.delay(10.0) is None
    breaker.failed(11.0)
    assert breaker.delay(11.0) == 20  # twice as long
    breaker.enter()
    breaker.failed(31.0)
    assert breaker.delay(31.0) == 30  # the longest
    assert breaker.trials == 2
    breaker.enter()
    breaker.succeeded()
    assert breaker.delay(61.0) == 0
    assert breaker.trials == 0


def test_a_trial_that_told_nothing_lets_the_next_one_through() -> None:
    breaker = Breaker(failures=1, seconds=10)
    breaker.failed(0.0)
    breaker.enter()
    breaker.abandoned()
    assert breaker.delay(10.0) == 0


@given(st.integers(1, 2000), st.integers(0, 2**32))
def test_back_off_is_anything_up_to_a_bound_that_doubles(tries: int, seed: int) -> None:
    waited = Backoff(base=0.5, longest=20).seconds(tries, random.Random(seed))
    assert 0 <= waited <= min(20, 0.5 * 2 ** min(tries - 1, 10))
