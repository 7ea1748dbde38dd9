"""Recorded answers as a teacher."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from labeling.base import TeacherRefused
from labeling.prices import Price
from labeling.teachers import build_teacher
from labeling.teachers.replay import ReplayTeacher
from tests.labeling.documents import document, label


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    lines = [{"id": document(number).id, **label(number)} for number in range(3)]
    lines[2] = {"id": document(2).id, **label(2), "provenance": {"teacher": "x"}, "trust": {"total": 0.9}}
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_a_recorded_document_comes_back_for_nothing(recording: Path) -> None:
    teacher = build_teacher(f"replay:{recording}")
    answer = teacher.label(document(1), RECEIPTS)
    assert (answer.label, answer.failure, answer.cost) == (label(1), None, 0)
    assert answer.teacher == teacher.name == "replay:labels.jsonl"
    assert teacher.label(document(2), RECEIPTS).label == label(2), "what was noted beside the label is no part of it"


def test_a_price_makes_it_cost_what_it_estimates(recording: Path) -> None:
    teacher = ReplayTeacher(recording, price=Price(input=Decimal(1), output=Decimal(5)))
    assert teacher.estimate(document(), RECEIPTS).cost == teacher.label(document(), RECEIPTS).cost > 0


def test_a_document_that_was_not_recorded_is_refused(recording: Path) -> None:
    with pytest.raises(TeacherRefused, match="holds no answer for r009") as caught:
        ReplayTeacher(recording).label(document(9), RECEIPTS)
    assert caught.value.code == "unknown_document"


def test_a_recorded_answer_that_is_no_label_failed(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({"id": document().id, **label(), "total": "ten"}), encoding="utf-8")
    answer = ReplayTeacher(path).label(document(), RECEIPTS)
    assert (answer.label, answer.failure) == (None, "wrong_schema")


def test_the_version_is_that_of_the_recording(recording: Path) -> None:
    before = ReplayTeacher(recording).prompt_version
    recording.write_text(recording.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    assert ReplayTeacher(recording).prompt_version != before


@pytest.mark.parametrize("content", ["[1]", "{", '{"total": "1"}'])
def test_a_file_that_is_no_recording_is_named_with_its_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="line 1"):
        ReplayTeacher(path)
    with pytest.raises(UsageError, match="can't be read"):
        ReplayTeacher(tmp_path / "missing.jsonl")


def test_the_shared_recordings_are_valid_labels_as_they_stand(shared: Path) -> None:
    for name in ("labels_sroie.jsonl", "labels_wild.jsonl"):
        path = shared / "teacher" / name
        teacher = ReplayTeacher(path)
        for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            answer = teacher.label(replace(document(), id=entry.pop("id")), RECEIPTS)
            assert answer.label == entry
