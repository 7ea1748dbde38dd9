from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS, FieldSpec, Task
from extractor.truth import load_truths
from labeling.labels import append_lines, label_line, read_labels, write_lines


def test_keys_stand_in_the_order_of_recorded_labels(shared: Path) -> None:
    with (shared / "teacher" / "labels_sroie.jsonl").open(encoding="utf-8") as lines:
        recorded = json.loads(next(lines))
    shuffled = dict(sorted(recorded.items()))
    assert list(label_line(recorded["id"], shuffled, RECEIPTS)) == list(recorded)
    assert label_line(recorded["id"], shuffled, RECEIPTS) == recorded


def test_what_a_label_lacks_is_null_and_what_is_no_field_is_left_out() -> None:
    line = label_line(
        "a", {"total": "1.00", "mood": "good"}, RECEIPTS, trust={"total": 0.9}, provenance={"teacher": "x"}
    )
    assert line["merchant_name"] is None
    assert line["line_items"] == []
    assert "mood" not in line
    assert list(line)[-2:] == ["provenance", "trust"]


def test_a_task_without_items_has_none() -> None:
    task = Task(name="letters", fields=(FieldSpec(name="sender", kind="span", meaning="who wrote it"),))
    assert label_line("a", {"sender": "Anna"}, task) == {"id": "a", "sender": "Anna"}


def test_labels_come_back_as_they_were_written_and_training_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    lines = [label_line(id, {"merchant_name": "Café 茶", "total": "2.50"}, RECEIPTS) for id in ("a", "b")]
    assert write_lines(path, lines[:1]) == 1
    append_lines(path, lines[1:])
    assert list(read_labels(path).values()) == lines
    assert load_truths(path)["b"].fields["merchant_name"] == "Café 茶"


def test_a_file_stays_as_it_was_where_writing_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    write_lines(path, [{"id": "a"}])

    def broken():
        yield {"id": "b"}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_lines(path, broken())
    assert list(read_labels(path)) == ["a"]
    assert [each.name for each in tmp_path.iterdir()] == ["labels.jsonl"]


@pytest.mark.parametrize("text", ["nothing\n", "[]\n", "{}\n", '{"id": 7}\n', '{"id": "a"}\n{"id": "a"}\n'])
def test_what_is_no_label_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"labels\.jsonl, line") as raised:
        read_labels(path)
    assert raised.value.code == "labels_unreadable"
