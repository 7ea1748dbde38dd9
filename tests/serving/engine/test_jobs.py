"""The queue is bounded, first come first served, and says when to come again."""

from __future__ import annotations

import pytest

from serving.engine.base import Answer, Busy, ReadOptions, Upload
from serving.engine.jobs import LONGEST_RETRY, SHORTEST_RETRY, Job, JobQueue


def job() -> Job:
    def settle(outcome: Answer | Exception) -> None:
        raise AssertionError(outcome)

    return Job(Upload("a", b"a"), ReadOptions(), settle)


def test_documents_are_taken_in_the_order_they_came() -> None:
    queue = JobQueue(room=5, workers=1)
    jobs = [job() for _ in range(3)]
    for each in jobs:
        queue.put(each)
    assert [queue.take(0) for _ in range(4)] == [*jobs, None]


def test_a_full_queue_refuses_and_has_room_again_once_a_document_is_done() -> None:
    queue = JobQueue(room=1, workers=1)
    first, second, third = job(), job(), job()
    queue.put(first)
    queue.put(second)
    with pytest.raises(Busy) as refused:
        queue.put(third)
    assert refused.value.code == "busy"
    assert SHORTEST_RETRY <= refused.value.retry_after <= LONGEST_RETRY
    assert queue.take(0) is first
    with pytest.raises(Busy):
        queue.put(third)  # what is read still counts
    queue.done(first, 0.1)
    queue.put(third)
    assert queue.counts == (2, 0)


def test_when_to_come_again_follows_how_long_documents_took_lately() -> None:
    def refused(seconds: float) -> float:
        queue = JobQueue(room=40, workers=2)
        for _ in range(60):
            one = job()
            queue.put(one)
            queue.take(0)
            queue.done(one, seconds)
        for _ in range(42):
            queue.put(job())
        with pytest.raises(Busy) as busy:
            queue.put(job())
        return busy.value.retry_after

    assert refused(0.01) == SHORTEST_RETRY
    assert refused(2.0) == pytest.approx(2.0 * (42 / 4) / 2, rel=0.05)
    assert refused(1000.0) == LONGEST_RETRY


def test_a_waiting_document_can_be_dropped_and_a_running_one_cannot() -> None:
    queue = JobQueue(room=5, workers=1)
    first, second = job(), job()
    queue.put(first)
    queue.put(second)
    assert queue.take(0) is first
    assert queue.drop(second)
    assert not queue.drop(first)
    assert queue.counts == (0, 1)


def test_a_document_put_back_goes_first() -> None:
    queue = JobQueue(room=5, workers=1)
    first, second = job(), job()
    queue.put(first)
    queue.put(second)
    assert queue.take(0) is first
    queue.put_back(first)
    assert queue.counts == (2, 0)
    assert queue.take(0) is first


def test_a_closed_queue_takes_nothing_more_but_keeps_what_waits() -> None:
    queue = JobQueue(room=5, workers=1)
    first = job()
    queue.put(first)
    queue.close()
    with pytest.raises(Busy) as refused:
        queue.put(job())
    assert refused.value.code == "stopping"
    assert queue.drain() == [first]
    assert queue.counts == (0, 0)
