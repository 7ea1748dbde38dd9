from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from labeling.base import TeacherAnswer, Tokens
from labeling.run.cache import AnswerCache
from labeling.run.schema import Identity, Job

IDENTITY = Identity("fake:one", "p1", "receipts")
AT = datetime(2026, 1, 31, tzinfo=UTC)
ANSWER = TeacherAnswer(
    "raw", {"total": "2.50"}, "fake:one", "p1", Tokens(7, 3, 2, 1), Decimal("0.0123"), seconds=1.5, calls=2
)


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "cache")
    cache.put(Job("a", 0), IDENTITY, ANSWER, AT)
    kept = cache.get(Job("a", 0), IDENTITY)
    assert kept is not None
    assert (kept.answer, kept.at) == (ANSWER, AT)


@pytest.mark.parametrize(
    ("job", "identity"),
    [
        (Job("b", 0), IDENTITY),
        (Job("a", 1), IDENTITY),
        (Job("a", 0), Identity("fake:two", "p1", "receipts")),
        (Job("a", 0), Identity("fake:one", "p2", "receipts")),
    ],
)
def test_another_question_has_no_answer(tmp_path: Path, job: Job, identity: Identity) -> None:
    cache = AnswerCache(tmp_path)
    cache.put(Job("a", 0), IDENTITY, ANSWER, AT)
    assert cache.get(job, identity) is None


def test_failures_are_not_kept(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    cache.put(Job("a", 0), IDENTITY, TeacherAnswer("", None, "fake:one", "p1", failure="refused"), AT)
    assert not list(tmp_path.rglob("*.json"))


def test_a_broken_entry_is_asked_for_anew(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    cache.put(Job("a", 0), IDENTITY, ANSWER, AT)
    (entry,) = tmp_path.rglob("*.json")
    entry.write_text(entry.read_text()[:-9])
    assert cache.get(Job("a", 0), IDENTITY) is None


def test_only_their_owner_may_read_what_stood_on_receipts(tmp_path: Path) -> None:
    AnswerCache(tmp_path).put(Job("a", 0), IDENTITY, ANSWER, AT)
    (entry,) = tmp_path.rglob("*.json")
    assert entry.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    AnswerCache(tmp_path / "file").put(Job("a", 0), IDENTITY, ANSWER, AT)
