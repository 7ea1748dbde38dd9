from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.errors import UsageError
from labeling.base import TeacherAnswer, Tokens
from labeling.run.ledger import Ledger
from labeling.run.schema import Failure, Identity, Job, from_pico, pico
from labeling.run.sources import Source

IDENTITY = Identity("fake:one", "p1", "receipts")
AT = datetime(2026, 1, 31, tzinfo=UTC)
JOB = Job("aa", 0)
ONE, TWO = Decimal("0.01"), Decimal("0.02")
ANSWER = TeacherAnswer("raw", {"total": "1.00"}, "fake:one", "p1", Tokens(5, 1), ONE)


def source(id: str, sha256: str) -> Source:
    return Source(id, Path(f"{id}.png"), f"{id}.png", f"/in/{id}.png", sha256)


@pytest.fixture
def reopen(tmp_path: Path) -> Callable[..., Ledger]:
    """Opens the ledger, as each process does."""

    def opened(*, idempotent: bool = True, samples: int = 1, retry_failed: bool = False) -> Ledger:
        ledger = Ledger(tmp_path / "x.ledger", IDENTITY, idempotent=idempotent)
        ledger.register([source("a", "aa")], samples, retry_failed=retry_failed)
        return ledger

    return opened


def test_money_is_exact_to_the_millionth_of_a_millionth() -> None:
    cached_token = Decimal("0.03") / 1_000_000
    assert from_pico(pico(cached_token) * 3) == cached_token * 3


def test_a_question_under_way_stays_open_with_its_promise_where_keys_are_honoured(reopen) -> None:
    with reopen() as ledger:
        ledger.send(JOB, TWO, ONE, AT)
    with reopen() as ledger:
        assert ledger.open_jobs() == [Job("aa", 0, held=TWO)]
        assert (ledger.spent().paid, ledger.spent().unsure) == (0, TWO)
        ledger.answer(JOB, ANSWER, AT)
        assert (ledger.spent().paid, ledger.spent().unsure) == (ONE, 0)


def test_where_they_are_not_its_estimate_counts_as_perhaps_paid_for_ever(reopen) -> None:
    with reopen(idempotent=False) as ledger:
        ledger.send(JOB, TWO, ONE, AT)
    for _ in range(2):
        with reopen(idempotent=False) as ledger:
            assert ledger.open_jobs() == [JOB]
            assert ledger.spent().unsure == ONE
    with reopen(idempotent=False) as ledger:
        ledger.answer(JOB, ANSWER, AT)
        assert ledger.spent().committed == TWO


def test_a_question_in_a_batch_is_not_lost(reopen) -> None:
    with reopen(idempotent=False) as ledger:
        ledger.send(JOB, TWO, ONE, AT)
        ledger.batched([JOB], "batch-1")
    with reopen(idempotent=False) as ledger:
        assert ledger.open_jobs() == [Job("aa", 0, held=TWO, batch="batch-1")]
        assert ledger.spent().unsure == TWO


def test_passing_failures_are_planned_again_and_final_ones_when_told_with_another_key(reopen) -> None:
    with reopen() as ledger:
        ledger.fail(JOB, Failure("teacher_busy", "It was busy."))
        assert not ledger.open_jobs()
    with reopen() as ledger:
        assert ledger.open_jobs() == [JOB]
        ledger.answer(JOB, TeacherAnswer("no", None, "fake:one", "p1", cost=ONE, failure="refused"), AT)
    with reopen() as ledger:
        assert not ledger.open_jobs()
        assert ledger.failure_of(JOB).code == "refused"
    with reopen(retry_failed=True) as ledger:
        assert ledger.open_jobs() == [Job("aa", 0, attempt=1)]
        assert ledger.spent().paid == ONE


def test_labels_are_marked_as_written_with_the_next_change(reopen) -> None:
    with reopen() as ledger:
        ledger.answer(JOB, ANSWER, AT)
        ledger.mark_written([("aa", 0)])
        ledger.register([source("a", "aa")], 1)
        ((result,),) = ledger.results()
    assert result.state == "written"
    assert result.label == {"total": "1.00"}


def test_what_it_returns_from_is_on_the_disk(reopen, tmp_path: Path) -> None:
    with reopen() as ledger:
        assert ledger._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_another_task_may_not_use_it(reopen, tmp_path: Path) -> None:
    reopen().close()
    with pytest.raises(UsageError, match="another task"):
        Ledger(tmp_path / "x.ledger", Identity("fake:one", "p1", "invoices"))


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    path.write_text("my notes, which are long enough to be mistaken for something else " * 4)
    with pytest.raises(UsageError) as raised:
        Ledger(path, IDENTITY)
    assert raised.value.code == "not_a_ledger"
    assert path.read_text().startswith("my notes")


def test_a_failed_change_changes_nothing(reopen) -> None:
    with reopen() as ledger:
        with pytest.raises(sqlite3.IntegrityError):
            ledger.register([source("b", "bb"), source("b", "cc"), Source("b", Path("x"), "x", "/x", "dd")], 1)
        assert [group[0].id for group in ledger.results()] == ["a"]
