"""Model cards, and which model to choose."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.student import artifact
from extractor.student.artifact import FIGURES_FILE, MANIFEST_FILE
from tests.extractor.student.documents import manifest
from training.benchmark.report import Figure, as_json
from training.card import CARD_FILE, CHOICE_HEAD, write_choices


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shipped models with cards and figures."""
    for name, total in (("compact", 0.93), ("clear-terms", 0.81)):
        folder = tmp_path / name
        folder.mkdir()
        unstated = ["wild: photographs, terms not stated"] if name == "compact" else []
        made = manifest("total", licences=["sroie: scans under CC BY 4.0", *unstated])
        (folder / MANIFEST_FILE).write_text(made.model_dump_json(), encoding="utf-8")
        (folder / CARD_FILE).write_text(f"# Model card: {name}\n\nText.\n", encoding="utf-8")
        figures = [Figure("wild dev, total, ANLS", total, 0.92), Figure("told | only", 1.0)]
        figures += [Figure("model folder", 8.0, 40, at_most=True, unit="MB")] if name == "compact" else []
        (folder / FIGURES_FILE).write_text(as_json(figures), encoding="utf-8")
    monkeypatch.setattr(artifact, "WEIGHTS", tmp_path)
    return tmp_path


def test_each_card_sets_the_students_side_by_side(weights: Path) -> None:
    cards = write_choices()
    assert cards == [weights / "compact" / CARD_FILE, weights / "clear-terms" / CARD_FILE]
    for card in cards:
        text = card.read_text(encoding="utf-8")
        assert text.startswith(f"# Model card: {card.parent.name}\n\nText.\n\n{CHOICE_HEAD}\n")
        assert "| figure | compact | clear-terms |\n|---|---|---|\n" in text
        assert "| wild dev, total, ANLS | 0.9300 | 0.8100 |" in text
        assert "| model folder | 8 MB | – |" in text
        assert "told" not in text, "only what is asked helps to choose"
        assert "wild: photographs, terms not stated" in text
        assert "tailor extract --model NAME" in text


def test_a_choice_written_again_takes_the_place_of_the_old_one(weights: Path) -> None:
    write_choices()
    before = (weights / "compact" / CARD_FILE).read_text(encoding="utf-8")
    write_choices()
    assert (weights / "compact" / CARD_FILE).read_text(encoding="utf-8") == before
    assert before.count(CHOICE_HEAD) == 1


def test_a_model_without_figures_is_refused_with_how_to_measure_it(weights: Path) -> None:
    (weights / "clear-terms" / FIGURES_FILE).unlink()
    with pytest.raises(UsageError, match="tailor benchmark distil --model clear-terms --json"):
        write_choices()
    assert CHOICE_HEAD not in (weights / "compact" / CARD_FILE).read_text(encoding="utf-8")


def test_one_model_leaves_nothing_to_choose(weights: Path) -> None:
    shutil.rmtree(weights / "clear-terms")
    with pytest.raises(UsageError, match="nothing to choose"):
        write_choices()
