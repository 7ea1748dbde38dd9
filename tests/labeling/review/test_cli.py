"""`tailor review` as it is called: what it writes, says, and leaves with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from extractor.errors import UsageError
from extractor.evaluation import load_predictions
from extractor.truth import load_truths
from labeling.review import cli
from tests.labeling.review.documents import made_up
from tests.labeling.review.fake_desk import FakeDesk


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    """Stands where the client of a server would."""
    found = FakeDesk()
    monkeypatch.setattr(cli, "_client", lambda url, token_file: found)
    return found


def call(*arguments: object) -> Any:
    return CliRunner().invoke(cli.review, [str(each) for each in arguments])


def pushed(folder: Path, count: int = 2) -> Path:
    """A file of records that stands on the desk as the project Receipts."""
    file = folder.parent / "records.jsonl"
    file.write_text("".join(f"{each.to_json()}\n" for each in made_up(folder, count)), encoding="utf-8")
    done = call("push", file, "--pictures", folder, "--project", "Receipts")
    assert done.exit_code == 0, done.output
    return file


def accept(desk: FakeDesk, number: int) -> None:
    desk.annotate(number, desk.made[number - 1]["predictions"][0]["result"])


def test_push_prints_where_the_project_is(desk: FakeDesk, folder: Path) -> None:
    file = pushed(folder)
    again = call("push", file, "--pictures", folder, "--project", "Receipts")
    assert again.stdout == "http://desk.test/projects/1\n"
    assert "0 added, 0 updated, 2 unchanged" in again.stderr


def test_push_leaves_with_1_where_a_document_is_missing(desk: FakeDesk, folder: Path) -> None:
    file = pushed(folder)
    (folder / "d000.png").unlink()
    done = call("push", file, "--pictures", folder, "--project", "Receipts", "-q")
    assert done.exit_code == 1
    assert "picture_missing" in done.stderr


def test_pull_writes_labels_and_records(desk: FakeDesk, folder: Path, tmp_path: Path) -> None:
    records = load_predictions(pushed(folder))
    accept(desk, 1)
    labels, places = tmp_path / "labels.jsonl", tmp_path / "reviewed.jsonl"
    done = call("pull", "--project", "Receipts", "-o", labels, "--records", places)
    assert done.exit_code == 0
    assert "1 reviewed documents, 0 of them changed" in done.stderr
    kept = load_predictions(places)[0]
    assert kept in records
    assert list(load_truths(labels)) == [Path(kept.file).stem]
    assert json.loads(labels.read_text())["provenance"]["who"] == "ann@example.com"


def test_pull_leaves_with_1_where_something_is_not_understood(desk: FakeDesk, folder: Path, tmp_path: Path) -> None:
    pushed(folder)
    desk.annotate(1, [{"id": "m", "from_name": "_more", "type": "textarea", "value": {"text": ["{oops"]}}])
    done = call("pull", "--project", "Receipts", "-o", tmp_path / "labels.jsonl")
    assert done.exit_code == 1
    assert "{oops" in done.stderr


def test_status_is_a_table_with_tabs_for_programs_or_json(desk: FakeDesk, folder: Path) -> None:
    pushed(folder)
    accept(desk, 1)
    table = call("status", "--project", "Receipts")
    assert "1 of 2 done by 1 people (0 changed), 0 skipped, 1 left" in table.stderr
    assert table.stdout.splitlines()[0].split("\t") == [
        "field",
        "people",
        "person/teacher",
        "person/student",
        "teacher/student",
    ]
    assert all(line.split("\t")[3] == "1.000 (1)" for line in table.stdout.splitlines()[1:])
    assert json.loads(call("status", "--project", "Receipts", "--json").stdout)["left"] == 1


def test_a_project_that_is_not_there_is_told(desk: FakeDesk, tmp_path: Path) -> None:
    done = call("pull", "--project", "Nothing", "-o", tmp_path / "labels.jsonl")
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "labels.jsonl").exists()


def test_the_backend_does_not_open_the_door_without_a_password(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi", reason="needs the extra labeling")
    monkeypatch.delenv("TAILOR_BACKEND_PASSWORD", raising=False)
    done = call("backend", "--host", "0.0.0.0")
    assert isinstance(done.exception, UsageError)
    assert done.exception.code == "open_door"


def test_a_count_needs_a_corpus_to_mark(desk: FakeDesk) -> None:
    pytest.importorskip("fastapi", reason="needs the extra labeling")
    done = call("backend", "--retrain-after", "5")
    assert isinstance(done.exception, UsageError)
    assert "--corpus" in str(done.exception)
