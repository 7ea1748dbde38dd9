"""`tailor critic`: labels in, the same labels with trust out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from extractor.ocr.base import Reading
from extractor.types import ImageArray
from labeling.critic.cli import critic
from tests.labeling.critic.documents import label, receipt


class FakeOcr:
    """Reads the same made-up receipt on every picture."""

    name = "fake"

    def read(self, image: ImageArray) -> Reading:
        return Reading(receipt()[0].words)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("extractor.ocr.build_engine", lambda *_, **__: FakeOcr())
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("001", "002"):
        Image.new("RGB", (60, 120), "white").save(pictures / f"{name}.png")
    return tmp_path


def run(folder: Path, labels: list[dict[str, Any]], *more: str) -> Result:
    (folder / "labels.jsonl").write_text("".join(json.dumps(each) + "\n" for each in labels), encoding="utf-8")
    app = typer.Typer()
    app.command()(critic)
    paths = [str(folder / "labels.jsonl"), "--pictures", str(folder / "pictures"), "-o", str(folder / "out.jsonl")]
    return CliRunner().invoke(app, [*paths, *more])


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def test_each_label_gets_its_trust_and_stays_as_it_was(folder: Path) -> None:
    labels = [label(), label(id="002", total="57.31", trust={"total": 1.0}, provenance={"teacher": "replay:x"})]
    assert run(folder, labels).exit_code == 0
    found = written(folder)
    assert [{name: value for name, value in each.items() if name != "trust"} for each in found] == [
        {name: value for name, value in each.items() if name != "trust"} for each in labels
    ]
    assert found[1]["trust"]["total"] < found[0]["trust"]["total"]


def test_a_report_names_the_most_doubtful_values(folder: Path) -> None:
    report = folder / "report.md"
    assert run(folder, [label(), label(id="002", total="57.31")], "--report", str(report)).exit_code == 0
    lines = report.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("| total | 2 |") for line in lines)
    assert any("| 002 | total | 57.31 |" in line for line in lines)


def test_other_answers_are_counted(folder: Path) -> None:
    other = folder / "other.jsonl"
    other.write_text(json.dumps(label(total="99.00")) + "\n", encoding="utf-8")
    run(folder, [label()])
    alone = written(folder)[0]["trust"]["total"]
    assert run(folder, [label()], "--others", str(other)).exit_code == 0
    assert written(folder)[0]["trust"]["total"] < alone


def test_a_label_without_a_picture_is_kept_without_trust_and_told(folder: Path) -> None:
    result = run(folder, [label(), label(id="404")])
    assert result.exit_code == 1
    assert "404" in result.stderr
    assert "trust" not in written(folder)[1]


def test_a_picture_that_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "pictures" / "002.png").write_bytes(b"no picture")
    result = run(folder, [label(), label(id="002")])
    assert result.exit_code == 1
    assert len(written(folder)) == 2
