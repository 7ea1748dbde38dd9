"""From a run to a model folder that may be shipped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.student.artifact import read_manifest
from extractor.student.runtime import Student
from extractor.truth import Truth
from extractor.types import Extraction, Field, Receipt
from tests.training import tiny
from training import artifact
from training.artifact import LEAST_CLAIMS, Others, fit_calibration, publish, read_with
from training.cli import share_of
from training.config import Run
from training.corpus import Example
from training.students.ensemble import Ensemble


def records(*groups: tuple[int, int, float]) -> tuple[dict[str, Extraction], dict[str, Truth]]:
    """Readings of totals in groups: how many right, how many wrong, and the confidence of them all."""
    made: dict[str, Extraction] = {}
    for right, wrong, confidence in groups:
        for value in ["9.54"] * right + ["1.00"] * wrong:
            name = str(len(made))
            fields = {"total": Field(value=value, text=value, confidence=confidence, page=0, box=[0, 0, 1, 1])}
            receipt = Receipt(fields=fields)
            made[name] = Extraction(file=f"{name}.jpg", sha256="", status="ok", pages=1, receipt=receipt)
    return made, {name: Truth(name, {"total": "9.54"}) for name in made}


def test_a_calibrated_confidence_is_the_share_that_is_right() -> None:
    fitted = fit_calibration(*records((60, 40, 0.9), (30, 70, 0.6)))
    assert fitted["total"](0.9) == pytest.approx(0.6, abs=0.02)
    assert fitted["total"](0.6) == pytest.approx(0.3, abs=0.02)


def test_a_calibration_that_would_turn_the_order_round_is_not_taken() -> None:
    assert fit_calibration(*records((30, 70, 0.9), (60, 40, 0.6))) == {}


def test_a_field_answered_too_seldom_is_not_calibrated() -> None:
    assert fit_calibration(*records((LEAST_CLAIMS - 2, 1, 0.9))) == {}
    assert set(fit_calibration(*records((LEAST_CLAIMS - 5, 2, 0.9), (1, 2, 0.5)))) == {"total"}


def test_documents_are_read_with_the_students_own_probabilities(tiny_model: Path) -> None:
    student = Student(tiny_model, cuda="off")
    examples = tiny.receipts(2)
    made = read_with(student, examples)
    assert set(made) == {"receipt-0", "receipt-1"}
    assert all(record.status == "ok" for record in made.values())


def test_a_published_folder_holds_model_manifest_and_card(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tiny.receipts(3)
    run = tiny.run(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(run.model_dump_json(), encoding="utf-8")

    def read(run: Run, split: str) -> dict[str, list[Example]]:
        assert split == "dev", "documents that were fitted on must not be measured"
        return {"made-up": held}

    def copy(folder: Path, target: Path, *_: object, **__: Any) -> float:
        shutil.copytree(tiny_model, target)
        return 0.0

    monkeypatch.setattr(artifact, "read_stores", read)
    monkeypatch.setattr(artifact, "export", copy)
    told = publish(tmp_path / "run", tmp_path / "model", name="tiny", precision="fp32", calibrate=True)
    assert "fp32" in told
    manifest = read_manifest(tmp_path / "model")
    assert {"total.anls", "line_items.anls_star"} <= set(manifest.evaluation)
    assert all(0.0 <= score <= 1.0 for score in manifest.evaluation.values())
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "# Model card: tiny" in card
    assert "| total.anls |" in card
    assert "made-up" in card
    assert str(tmp_path) not in card, "no path of one machine"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the folder of a run"):
        publish(tmp_path, tmp_path / "model", name="x", precision=None, calibrate=False)


def test_a_model_of_several_runs_says_so(tmp_path: Path) -> None:
    names = ("first", "later", "apart")
    for seed, name in enumerate(names):
        tiny.student(seed=seed).save_pretrained(tmp_path / name / "student")
    first, later, apart = (tmp_path / name for name in names)
    both = Others({later: 0.25}, (apart,))
    assert isinstance(both.student(first), Ensemble)
    wanted = "Probabilities are the mean of 2 students: weights of 75% first and 25% later; apart."
    assert both.told(first) == wanted
    assert Others().student(first) is None
    assert Others().told(first) == ""


@pytest.mark.parametrize("text", ["runs/later", "runs/later=much"])
def test_runs_that_are_blended_need_their_share(text: str) -> None:
    with pytest.raises(UsageError, match="is not RUN=SHARE"):
        share_of("--blend", text)
