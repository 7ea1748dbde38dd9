"""The index keeps receipts once, finds them again, and may be shared."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.policy.duplicates import Index, Owner, fingerprint
from tests.extractor.policy.duplicates.receipts import another_day, evidence

ROOT = Path(__file__).resolve().parents[4]
FIRST = fingerprint(evidence())
AGAIN = fingerprint(evidence(name="again.jpg"))
OTHER = fingerprint(another_day())


def test_a_receipt_is_found_again_and_a_stranger_is_not():
    with Index.open() as index:
        index.add(FIRST, Owner("c1", "a.jpg", "Kim"))
        index.add(OTHER, Owner("c2", "b.jpg"))
        (match,) = index.candidates(AGAIN, Owner("c3", "again.jpg"))
    assert match.owner == Owner("c1", "a.jpg", "Kim")
    assert match.fingerprint == FIRST
    assert match.comparison.kind == "duplicate_picture"


def test_adding_a_submission_again_changes_nothing():
    with Index.open() as index:
        numbers = [index.add(FIRST, Owner("c1", "a.jpg")) for _ in range(3)]
        assert index.size == 1
        assert len(set(numbers)) == 1
        assert index.candidates(FIRST, Owner("c1", "a.jpg")) == []


def test_the_same_file_in_another_claim_is_another_submission():
    with Index.open() as index:
        index.add(FIRST, Owner("c1", "a.jpg"))
        (match,) = index.candidates(FIRST, Owner("c2", "a.jpg"))
    assert match.comparison.kind == "duplicate_file"


def test_claims_of_two_books_may_be_numbered_alike():
    with Index.open() as index:
        index.add(FIRST, Owner("c1", "a.jpg", book="north"))
        (match,) = index.candidates(FIRST, Owner("c1", "a.jpg", book="south"))
    assert match.owner.book == "north"


def test_nothing_is_found_that_came_later():
    with Index.open() as index:
        number = index.add(FIRST, Owner("c1", "a.jpg"))
        index.add(AGAIN, Owner("c2", "b.jpg"))
        assert index.candidates(FIRST, before=number) == []


def test_what_was_kept_is_there_when_the_file_is_opened_again(tmp_path):
    with Index.open(tmp_path / "deep" / "history.db") as index:
        index.add(FIRST, Owner("c1", "a.jpg"))
    with Index.open(tmp_path / "deep" / "history.db") as index:
        assert index.known(Owner("c1", "a.jpg"), FIRST.sha256) == FIRST
        assert index.known(Owner("c1", "b.jpg"), FIRST.sha256) is None
        assert [match.owner.claim for match in index.candidates(AGAIN)] == ["c1"]


def test_many_are_added_in_batches_and_keep_their_order():
    with Index.open() as index:
        numbers = list(index.add_many(((FIRST, Owner(f"c{n}", "a.jpg")) for n in range(25)), batch=10))
        assert numbers == sorted(set(numbers))
        assert index.size == 25


def test_a_crowd_of_one_shop_does_not_hide_the_one_that_is_sought():
    with Index.open() as index:
        index.add(FIRST, Owner("sought", "a.jpg"))
        crowd = (another_day(receipt_number=f"0042{n:04d}", time=f"{10 + n // 60}:{n % 60:02d}") for n in range(300))
        list(index.add_many((fingerprint(one), Owner(f"c{n}", "x.jpg")) for n, one in enumerate(crowd)))
        assert [match.owner.claim for match in index.candidates(AGAIN)] == ["sought"]


def test_names_that_are_no_unicode_are_kept():
    with Index.open() as index:
        index.add(FIRST, Owner("c1", "caf\udce9.jpg"))
        assert index.candidates(AGAIN)[0].owner.file == "caf?.jpg"


WRITER = """
import sys
from extractor.policy.duplicates import Index, Owner, fingerprint
from tests.extractor.policy.duplicates.receipts import evidence
with Index.open(sys.argv[1]) as index:
    for n in range(40):
        index.add(fingerprint(evidence(name=f"{sys.argv[2]}-{n}.jpg")), Owner(f"{sys.argv[2]}-{n}", "a.jpg"))
        index.add(fingerprint(evidence(name=f"shared-{n}.jpg")), Owner(f"shared-{n}", "a.jpg"))
"""


def test_two_processes_may_add_at_once(tmp_path):
    place = str(tmp_path / "shared.db")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, place, name], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=240)
        assert writer.returncode == 0, errors
    with Index.open(place) as index:
        assert index.size == 120


def test_a_file_that_is_no_index_is_named_in_the_error(tmp_path):
    (tmp_path / "notes.db").write_text("not a database, but long enough to be taken for one" * 40)
    with pytest.raises(UsageError, match=r"notes\.db can't be used") as raised:
        Index.open(tmp_path / "notes.db")
    assert raised.value.code == "bad_index"
    assert raised.value.hint


def test_an_index_of_other_fingerprints_is_refused(tmp_path):
    place = tmp_path / "old.db"
    Index.open(place).close()
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE settings SET value = '0'")
    with pytest.raises(UsageError, match="version 0"):
        Index.open(place)


def test_a_url_of_another_kind_of_database_is_refused_without_its_password():
    with pytest.raises(UsageError) as raised:
        Index.open("mysql://user:secret@host/db")
    assert "secret" not in str(raised.value)
