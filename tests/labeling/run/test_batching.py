from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.pool import digest
from extractor.task import RECEIPTS
from labeling.base import TeacherBusy, TeacherDown, TeacherError
from labeling.labels import read_labels
from labeling.run import RunSettings, Session
from labeling.teachers import build_teacher
from tests.labeling.run.fakes import PRICE, FakeProvider, FakeTeacher, pictures, session
from tests.labeling.server import Faults, FaultServer


class Killed(BaseException):
    pass


class FakeBatches(FakeTeacher):
    """Batches live with the provider, whatever becomes of the process; `dies` says where it does."""

    def __init__(self, provider: FakeProvider, dies: str = "") -> None:
        super().__init__(provider)
        self.batches: dict[str, list[tuple[str, str]]] = {}
        self.dies = dies
        self.errors: dict[str, TeacherError] = {}
        self.refuses: TeacherError | None = None

    def label_batch(self, documents, task, *, resume=(), started=None) -> Iterator:
        named: Sequence[str] = list(resume)
        if not named:
            if self.refuses:
                raise self.refuses
            batch = f"batch-{len(self.batches)}"
            self.batches[batch] = [(each.id, each.sha256) for each in documents]
            if self.dies == "before":
                raise Killed
            started(batch, [each.id for each in documents])
            if self.dies == "after":
                raise Killed
            named = [batch]
        for batch in named:
            for number, (id, sha256) in enumerate(reversed(self.batches[batch])):
                if self.dies == "amid" and number == 2:
                    raise Killed
                key = f"{batch}-{sha256}"
                yield id, self.errors.pop(id, None) or self._answer(sha256, key)

    def _answer(self, sha256: str, key: str):
        class Document:
            pass

        document = Document()
        document.sha256 = sha256
        return self.label_once(document, None, key)


@pytest.fixture
def provider() -> FakeProvider:
    # Within a batch an answer is kept by the provider; a new batch is paid anew.
    return FakeProvider()


def live(tmp_path: Path, teacher: FakeBatches, count: int = 5, **more):
    documents = pictures(tmp_path / "in", count)
    given = {"batch": True, "idempotent": False, **more}
    with session(documents, tmp_path / "labels.jsonl", teacher.provider, teacher=teacher, **given) as opened:
        return opened.run(threading.Event(), quiet=True)


def test_everything_goes_in_one_batch_and_comes_back_in_the_order_of_the_documents(
    tmp_path: Path, provider: FakeProvider
) -> None:
    teacher = FakeBatches(provider)
    assert live(tmp_path, teacher).complete
    assert len(teacher.batches) == 1
    assert list(read_labels(tmp_path / "labels.jsonl")) == ["0000", "0001", "0002", "0003", "0004"]


@pytest.mark.parametrize("dies", ["after", "amid"])
def test_a_batch_that_was_made_is_fetched_by_the_next_run_and_paid_once(
    tmp_path: Path, provider: FakeProvider, dies: str
) -> None:
    teacher = FakeBatches(provider, dies)
    with pytest.raises(Killed):
        live(tmp_path, teacher)
    teacher.dies = ""
    report = live(tmp_path, teacher)
    assert report.complete
    assert len(teacher.batches) == 1
    assert set(provider.paid.values()) == {1}
    assert (report.spent.paid, report.spent.unsure) == (5 * PRICE, 0)


def test_a_batch_that_the_books_never_heard_of_counts_as_perhaps_paid(tmp_path: Path, provider: FakeProvider) -> None:
    teacher = FakeBatches(provider, "before")
    with pytest.raises(Killed):
        live(tmp_path, teacher)
    teacher.dies = ""
    report = live(tmp_path, teacher)
    assert report.complete
    assert len(teacher.batches) == 2
    assert (report.spent.paid, report.spent.unsure) == (5 * PRICE, 5 * PRICE)


def test_what_failed_in_a_batch_is_asked_by_the_next_run(tmp_path: Path, provider: FakeProvider) -> None:
    teacher = FakeBatches(provider)
    teacher.errors["0002"] = TeacherDown("It expired.")
    assert live(tmp_path, teacher).written.failed == 1
    assert live(tmp_path, teacher).complete
    assert [len(each) for each in teacher.batches.values()] == [5, 1]


def test_a_batch_takes_no_more_than_the_budget_pays_for(tmp_path: Path, provider: FakeProvider) -> None:
    report = live(tmp_path, FakeBatches(provider), 20, budget=Decimal("0.15"))
    assert report.written.labelled == 5  # three times the estimate is promised for each
    assert report.outcome.over_budget == 15
    assert provider.spent <= Decimal("0.15")


@pytest.mark.parametrize(("error", "perhaps"), [(TeacherBusy("Busy."), 0), (TeacherDown("No answer."), 5 * PRICE)])
def test_a_batch_that_cannot_be_made_ends_the_run(
    tmp_path: Path, provider: FakeProvider, error: TeacherError, perhaps: Decimal
) -> None:
    teacher = FakeBatches(provider)
    teacher.refuses = error
    report = live(tmp_path, teacher)
    assert report.outcome.reason is error
    assert report.outcome.open == 5
    assert report.spent.unsure == perhaps
    teacher.refuses = None
    assert live(tmp_path, teacher).complete


def test_samples_go_in_batches_of_their_own(tmp_path: Path, provider: FakeProvider) -> None:
    teacher = FakeBatches(provider)
    assert live(tmp_path, teacher, samples=2).complete
    assert [len(each) for each in teacher.batches.values()] == [5, 5]


def test_a_teacher_without_batches_says_so(tmp_path: Path, provider: FakeProvider) -> None:
    with pytest.raises(UsageError) as raised:
        session(pictures(tmp_path / "in", 1), tmp_path / "labels.jsonl", provider, batch=True)
    assert raised.value.code == "no_batches"


def test_a_stop_leaves_the_batch_with_the_provider(tmp_path: Path, provider: FakeProvider) -> None:
    stop, waiting = threading.Event(), threading.Event()

    class Endless(FakeBatches):
        def label_batch(self, documents, task, *, resume=(), started=None) -> Iterator:
            started("batch-0", [each.id for each in documents])
            self.batches["batch-0"] = [(each.id, each.sha256) for each in documents]
            stop.set()
            waiting.wait(5)
            yield from ()

    teacher = Endless(provider)
    documents, output = pictures(tmp_path / "in", 3), tmp_path / "labels.jsonl"
    with session(documents, output, provider, teacher=teacher, batch=True) as opened:
        report = opened.run(stop, quiet=True)
        assert report.outcome.open == 3
        waiting.set()
    other = FakeBatches(provider)
    other.batches = teacher.batches
    assert live(tmp_path, other, 3).complete
    assert len(other.batches) == 1


def test_a_repair_under_way_when_the_process_died_is_fetched_with_its_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("anthropic")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    documents, output = pictures(tmp_path / "in", 4), tmp_path / "labels.jsonl"
    labels = {path.stem: dict.fromkeys(RECEIPTS.names) | {"total": "2.50", "line_items": []} for path in documents}
    with FaultServer(labels, faults=Faults(script=("truncated",))) as server:
        for path in documents:
            server.register(digest(path), path.stem)
        teacher = build_teacher("anthropic:claude-sonnet-4-6", base_url=server.url, batch=True)
        teacher.poll_seconds = 0.01
        given = (documents, output, teacher, RECEIPTS, RunSettings(batch=True))
        make = teacher.label_batch

        def mortal(documents, task, *, resume=(), started=None):
            def told(batch, ids):
                started(batch, ids)
                if len(server.batches) == 2:
                    raise Killed

            return make(documents, task, resume=resume, started=told)

        teacher.label_batch = mortal
        with pytest.raises(Killed), Session(*given) as opened:
            opened.run(threading.Event(), quiet=True)
        teacher.label_batch = make
        with Session(*given) as opened:
            report = opened.run(threading.Event(), quiet=True)
        assert report.complete
        assert len(server.batches) == 2
        assert report.spent.paid == server.total
        assert len(read_labels(output)) == 4
