"""`tailor models`: what ships, told so that a company can choose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from extractor.student import artifact


@pytest.fixture
def weights(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    for name in ("clear-terms", "compact"):
        shutil.copytree(tiny_model, folder / name)
    monkeypatch.setattr(artifact, "WEIGHTS", folder)
    monkeypatch.setattr(artifact, "DEFAULT_MODEL", folder / "compact")
    return folder


def test_the_models_are_listed_with_size_figures_and_terms(tailor, weights: Path) -> None:
    rows = [
        {"name": "SROIE dev, four fields, ANLS", "measured": 0.9123},
        {"name": "wild dev, total, ANLS", "measured": None},
        {"name": "model folder", "measured": 8.0},
    ]
    (weights / "clear-terms" / artifact.FIGURES_FILE).write_text(json.dumps(rows), encoding="utf-8")
    said = tailor("models").stdout
    first, second = said.strip().split("\n\n")
    assert first.startswith("compact (default)  ")
    assert "tiny@" in first
    assert "not measured" in first
    assert second.startswith("clear-terms  ")
    assert "ANLS: scans (SROIE), four fields 0.912\n" in second
    assert "Fitted on made up" in second


def test_programs_get_the_same_as_json(tailor, weights: Path) -> None:
    told = json.loads(tailor("models", "--json").stdout)
    assert [(each["name"], each["default"]) for each in told] == [("compact", True), ("clear-terms", False)]
    assert told[0]["terms"] == ["made up"]
    size = (weights / "compact" / artifact.MODEL_FILE).stat().st_size / 1e6
    assert told[0]["megabytes"] == pytest.approx(size, abs=0.05)


def test_without_figures_beside_it_a_model_tells_those_of_its_manifest(tailor, weights: Path) -> None:
    manifest = artifact.read_manifest(weights / "compact").model_copy(update={"evaluation": {"total.anls": 0.75}})
    (weights / "compact" / artifact.MANIFEST_FILE).write_text(manifest.model_dump_json(), encoding="utf-8")
    assert "ANLS: own dev, total 0.750" in tailor("models").stdout


def test_a_broken_file_of_figures_is_passed_over(tailor, weights: Path) -> None:
    (weights / "compact" / artifact.FIGURES_FILE).write_text("{", encoding="utf-8")
    result = tailor("models")
    assert result.exit_code == 0
    assert "not measured" in result.stdout
