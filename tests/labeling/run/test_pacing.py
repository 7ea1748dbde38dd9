from __future__ import annotations

import threading

from labeling.run.limits import Breaker
from labeling.run.pacing import Pace
from tests.labeling.run.fakes import FakeClock


def calls(pace: Pace, count: int, tokens: int = 100) -> None:
    for _ in range(count):
        with pace.call(tokens, threading.Event()) as call:
            assert call
            call.succeeded()


def test_requests_keep_their_rate() -> None:
    clock = FakeClock()
    calls(Pace(clock, requests_per_minute=60), 70)
    assert 59 <= clock.now() - 1000 <= 61  # the first ten at once


def test_tokens_keep_their_rate() -> None:
    clock = FakeClock()
    calls(Pace(clock, tokens_per_minute=60_000), 30, tokens=1000)
    assert 19 <= clock.now() - 1000 <= 21


def test_all_calls_wait_for_as_long_as_the_provider_asks() -> None:
    clock = FakeClock()
    pace = Pace(clock, concurrency=8)
    with pace.call(1, threading.Event()) as call:
        call.busy(30.0)
    calls(pace, 1)
    assert clock.now() == 1030
    assert pace.limit == 2  # it began with four


def test_a_stop_is_heard_while_it_waits() -> None:
    stop, clock = threading.Event(), FakeClock()
    pace = Pace(clock)
    with pace.call(1, stop) as call:
        call.busy(1e9)
    stop.set()
    assert not pace.call(1, stop)


def test_while_a_trial_is_under_way_the_others_wait() -> None:
    clock = FakeClock()
    pace = Pace(clock, breaker=Breaker(failures=1, seconds=10))
    with pace.call(1, threading.Event()) as call:
        call.down()
    trial = pace.call(1, threading.Event())
    assert clock.now() == 1010
    passed = threading.Event()
    other = threading.Thread(target=lambda: (calls(pace, 1), passed.set()), daemon=True)
    other.start()
    assert not passed.wait(0.05)
    with trial:
        trial.succeeded()
    assert passed.wait(5)
