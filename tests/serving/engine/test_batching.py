"""Documents are put to the student together where that helps, and never wait for nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers
from serving.engine.batching import Asked, Batcher
from serving.engine.observer import Unobserved
from tests.serving.engine.fake_readers import FakeStudent, document

Make = Callable[..., Batcher]


class Gated(FakeStudent):
    """A student that answers its first batch only when told."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.go = threading.Event()

    def run(self, documents: Sequence[Encoded]) -> list[Answers]:
        self.began.set()
        assert self.go.wait(10)
        return super().run(documents)


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Batcher] = []

    def build(student: Any, **changes: Any) -> Batcher:
        settings: dict[str, Any] = {"size": 4, "wait": 0.0, "lengths": (64, 128), "lanes": 1} | changes
        made.append(Batcher(student, **settings))
        return made[-1]

    yield build
    for batcher in made:
        batcher.close()


def words(future: Future[Asked]) -> int:
    return int(future.result(10).answers.absent[0])


def test_each_document_gets_its_own_answer(make: Make) -> None:
    batcher = make(FakeStudent(0.01))
    futures = [batcher.ask(document(length)) for length in (3, 90, 5, 200, 4)]
    assert [words(future) for future in futures] == [3, 90, 5, 200, 4]


def test_a_document_alone_does_not_wait_for_others(make: Make) -> None:
    batcher = make(FakeStudent(), wait=30.0)
    begun = time.monotonic()
    assert words(batcher.ask(document(7))) == 7
    assert time.monotonic() - begun < 10


def test_what_gathers_while_a_batch_runs_is_run_together_up_to_the_size(make: Make) -> None:
    student = Gated()
    batcher = make(student, size=3)
    futures = [batcher.ask(document(1))]
    assert student.began.wait(10)
    futures += [batcher.ask(document(length)) for length in (2, 3, 4, 5)]
    student.go.set()
    assert [words(future) for future in futures] == [1, 2, 3, 4, 5]
    assert student.batches == [[1], [2, 3, 4], [5]]


def test_a_long_document_does_not_make_short_ones_long(make: Make) -> None:
    student = Gated()
    batcher = make(student)
    first = batcher.ask(document(1))
    assert student.began.wait(10)
    futures = [batcher.ask(document(length)) for length in (10, 120, 20, 500)]
    student.go.set()
    assert [words(future) for future in [first, *futures]] == [1, 10, 120, 20, 500]
    assert student.batches == [[1], [10, 20], [120], [500]]


def test_with_others_under_way_a_batch_waits_to_fill_up(make: Make) -> None:
    student = Gated()
    batcher = make(student, size=2, wait=30.0, lanes=2)
    first = batcher.ask(document(1))
    assert student.began.wait(10)
    second = batcher.ask(document(2))  # the other lane holds it back: a batch is under way
    time.sleep(0.1)
    third = batcher.ask(document(3))  # and now it is full
    student.go.set()
    assert [words(each) for each in (first, second, third)] == [1, 2, 3]
    assert sorted(student.batches) == [[1], [2, 3]]


def test_a_document_that_the_student_cannot_take_spoils_no_other(make: Make) -> None:
    student = Gated()
    batcher = make(student)
    first = batcher.ask(document(1))
    assert student.began.wait(10)
    bad, good = batcher.ask(document(13)), batcher.ask(document(14))
    student.go.set()
    assert words(first) == 1
    assert words(good) == 14
    with pytest.raises(ValueError, match="thirteen"):
        bad.result(10)


def test_closing_runs_what_waits_and_takes_nothing_more(make: Make) -> None:
    batcher = make(FakeStudent(0.05))
    futures = [batcher.ask(document(length)) for length in (1, 2, 3)]
    batcher.close()
    assert [words(future) for future in futures] == [1, 2, 3]
    with pytest.raises(RuntimeError, match="stopped"):
        batcher.ask(document(1))


def test_the_observer_hears_of_sizes_and_padding(make: Make) -> None:
    heard: list[tuple[int, int, int]] = []

    class Ears(Unobserved):
        def on_batch(self, size: int, tokens: int, padded: int) -> None:
            heard.append((size, tokens, padded))

    student = Gated()
    batcher = make(student, observer=Ears())
    first = batcher.ask(document(1))
    assert student.began.wait(10)
    others = [batcher.ask(document(length)) for length in (10, 60)]
    student.go.set()
    assert [words(each) for each in [first, *others]] == [1, 10, 60]
    assert heard == [(1, 1, 1), (2, 70, 120)]
