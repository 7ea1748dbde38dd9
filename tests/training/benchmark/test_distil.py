"""The whole table of the distilled student."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.benchmark.records import corpus_folders
from training.benchmark import distil, languages, model, speed
from training.benchmark.corpus import corpora
from training.benchmark.distil import Sources, figures, label_noise, training_pace
from training.benchmark.predict import Reader
from training.benchmark.report import Figure
from training.benchmark.targets import ASKED, LANGUAGES_TAUGHT, LATENCY, NOISE, PACE, SHARE, SIZE


def row(recipe: str, share: float, points: float) -> dict[str, object]:
    lost = {"points": points, "low": points - 1, "high": points + 1}
    return {"noise": share, "recipe": recipe, "lost": {"mean": lost}}


RESULTS = {
    "documents": {"sroie": {"train": 500, "dev": 126}, "wild": {"train": 1036, "dev": 260}},
    "parts": {"noise": {"rows": [row("plain", 0.0, 0.0), row("plain", 0.2, 2.4), row("robust", 0.2, 1.5)]}},
}


def test_the_loss_to_noise_is_that_of_the_best_way_to_learn_it_with_the_others_told(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    made = label_noise(path)
    assert (made.name, made.measured, made.n) == (NOISE, 1.5, 386)
    assert "learnt robust" in made.note
    assert "plain 2.40 (95 %: 1.40 to 3.40)" in made.note


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "run `tailor study"),
        ("{", "tells nothing"),
        ("[]", "tells nothing"),
        ('{"parts": {}}', "tells nothing"),
        (json.dumps({**RESULTS, "parts": {"noise": {"rows": []}}}), "tells nothing"),
    ],
    ids=["missing", "cut", "list", "another part", "other noise"],
)
def test_without_the_study_the_figure_says_how_to_get_it(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "results.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    made = label_noise(path)
    assert made.measured is None
    assert told in made.note


def test_a_configuration_that_is_not_there_is_told_in_the_table(tmp_path: Path) -> None:
    made = training_pace(tmp_path / "none.yaml", 1.0)
    assert [(figure.name, figure.measured) for figure in made] == [(PACE, None), (SHARE, None)]
    assert "--config" in made[0].note


def test_a_run_that_cannot_be_measured_does_not_lose_the_table(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the extra training")
    (tmp_path / "run.yaml").write_text("nam: x\n", encoding="utf-8")
    made = training_pace(tmp_path / "run.yaml", 1.0)
    assert made[0].measured is None
    assert made[0].note


def test_the_table_holds_everything_asked_and_the_teacher_beside_it(tmp_path: Path, pipeline, monkeypatch) -> None:
    monkeypatch.setattr(languages, "figures", lambda *_: [Figure(f"{LANGUAGES_TAUGHT}, total, ANLS", 0.91, n=100)])
    monkeypatch.setattr(model, "figures", lambda _: [Figure(SIZE, 8.0, 40, at_most=True, unit="MB", n=3)])
    monkeypatch.setattr(speed, "student_latency", lambda *_: [Figure(LATENCY, 70.0, 80, at_most=True, unit="ms", n=60)])
    monkeypatch.setattr(distil, "training_pace", lambda *_: [Figure(PACE, 21.0, n=96), Figure(SHARE, 70.0, n=96)])
    known = corpora(*corpus_folders(tmp_path, ["000", "005"], ["w0000"]))
    made = figures(Sources(known, Reader(out=tmp_path / "out"), tmp_path / "x.yaml", tmp_path / "results.json"))
    assert [figure.name for figure in made[:-1]] == list(ASKED)
    assert made[-1].name == "teacher on SROIE dev, four fields, ANLS"
    verdicts = {figure.name: figure.verdict for figure in made}
    assert verdicts["SROIE dev, total, exact"] == "pass"
    assert verdicts["SROIE dev, four fields, ANLS"] == "below"
    assert verdicts[LATENCY] == "below", "60 ms are asked here, whatever else asks for 80"
    assert verdicts[SIZE] == verdicts[PACE] == verdicts[f"{LANGUAGES_TAUGHT}, total, ANLS"] == "pass"
    assert verdicts[NOISE] == "below"
