"""A corpus is marked for re-training once enough was reviewed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labeling.review.retraining import Marker


def test_the_mark_counts_documents_and_falls_due(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "labels.jsonl", after=2)
    assert (marker.reviewed("P", 1).count, marker.reviewed("P", 1).due) == (1, False)
    assert marker.reviewed("P", 2).due
    written = json.loads((tmp_path / "labels.jsonl.retrain.json").read_text())
    assert (written["count"], written["project"], written["due"]) == (2, "P", True)
    assert written["since"].endswith("+00:00")


def test_the_count_goes_on_after_a_restart_and_anew_once_the_mark_is_removed(tmp_path: Path) -> None:
    corpus = tmp_path / "labels.jsonl"
    Marker(corpus, after=3).reviewed("P", 1)
    again = Marker(corpus, after=3)
    assert again.reviewed("P", 2).count == 2
    again.path.unlink()
    assert again.reviewed("P", 3).count == 1


def test_a_broken_mark_is_begun_anew(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "labels.jsonl", after=3)
    marker.path.write_text("{oops")
    assert marker.reviewed("P", 1).count == 1


def test_reviews_that_come_together_all_count(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "labels.jsonl", after=3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda task: marker.reviewed("P", task), range(40)))
    mark = marker.read()
    assert mark
    assert mark.count == 40
    assert [path.name for path in tmp_path.iterdir()] == [marker.path.name]
