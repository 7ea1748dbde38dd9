"""Reviewed labels on the disk: whole, once each, and a source of training as they stand."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from extractor.errors import OutputError
from labeling.labels import read_labels
from serving.page.store import ReviewStore
from tests.serving.page.reading_engine import drawing


def line(id: str, total: str = "1.00") -> dict[str, object]:
    return {"id": id, "total": total}


def test_a_label_is_a_line_and_a_later_review_takes_its_place(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path / "reviews")
    assert not store.save(line("a")).again
    assert store.save(line("b")).labels == 2
    saved = store.save(line("a", "2.00"))
    assert (saved.labels, saved.again) == (2, True)
    found = read_labels(store.labels)
    assert list(found) == ["a", "b"]
    assert found["a"]["total"] == "2.00"


def test_only_the_owner_may_read_labels_and_documents(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path / "reviews")
    for total in ("1.00", "2.00"):
        store.save(line("a", total), drawing())
        assert store.labels.stat().st_mode & 0o777 == 0o600
    assert (store.documents / "a.png").stat().st_mode & 0o777 == 0o600
    assert store.documents.stat().st_mode & 0o777 == 0o700


def test_documents_lie_beside_by_their_id_with_the_ending_of_their_kind(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path)
    store.save(line("a"), drawing(kind="JPEG"))
    store.save(line("b"), b"what is this")
    assert sorted(path.name for path in store.documents.iterdir()) == ["a.jpg", "b.bin"]


def test_a_line_that_a_crash_cut_short_is_dropped_before_the_next(tmp_path: Path) -> None:
    ReviewStore(tmp_path).save(line("a"))
    with (tmp_path / "labels.jsonl").open("a") as file:
        file.write('{"id": "b", "tot')
    assert ReviewStore(tmp_path).save(line("c")).labels == 2
    assert list(read_labels(tmp_path / "labels.jsonl")) == ["a", "c"]


def test_another_process_that_writes_too_is_noticed(tmp_path: Path) -> None:
    one, other = ReviewStore(tmp_path), ReviewStore(tmp_path)
    one.save(line("a"))
    other.save(line("b"))
    assert one.save(line("b", "3.00")).again
    assert {id: each["total"] for id, each in read_labels(one.labels).items()} == {"a": "1.00", "b": "3.00"}


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path)
    threads = [threading.Thread(target=store.save, args=(line(f"{number % 10}"),)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_labels(store.labels)) == [str(number) for number in range(10)]


def test_a_disk_that_takes_nothing_is_told_without_its_paths(tmp_path: Path) -> None:
    (tmp_path / "reviews").write_text("a file where the folder should be")
    with pytest.raises(OutputError) as caught:
        ReviewStore(tmp_path / "reviews").save(line("a"))
    assert caught.value.code == "review_not_kept"
    assert str(tmp_path) not in str(caught.value)


def test_labels_in_any_language_stay_readable(tmp_path: Path) -> None:
    store = ReviewStore(tmp_path)
    store.save({"id": "a", "merchant_name": "喜茶\u2028Ä"})
    text = store.labels.read_text(encoding="utf-8")
    assert "喜茶" in text
    assert json.loads(text)["merchant_name"] == "喜茶\u2028Ä"
