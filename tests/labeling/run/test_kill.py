"""The real command against a provider on this machine, killed at random moments; the provider's books are asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from labeling.run.trial import ESTIMATE, Figure, Trial, TrialSettings, invented, recorded


def missed(figures: Sequence[Figure]) -> list[str]:
    return [f"{each.name}: asked {each.asked}, measured {each.measured}" for each in figures if not each.met]


@pytest.mark.timeout(110)
def test_every_document_is_labelled_once_and_paid_once_though_the_process_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("anthropic")
    invented(tmp_path, 60, seed=1)
    figures = Trial(tmp_path, TrialSettings(kills=2, faults=0.15, seed=1)).run()
    assert not missed([each for each in figures if each.name != ESTIMATE])  # too few for chance to even out


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_same_with_1900_documents_and_five_kills(tmp_path: Path) -> None:
    pytest.importorskip("anthropic")
    invented(tmp_path, 1900, seed=0)
    assert not missed(Trial(tmp_path, TrialSettings(kills=5, faults=0.1)).run())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_same_with_real_pictures_and_their_recorded_labels(tmp_path: Path, shared: Path) -> None:
    pytest.importorskip("anthropic")
    labels = [shared / "teacher" / f"labels_{name}.jsonl" for name in ("sroie", "wild")]
    pictures = [shared / "data" / f"{name}_train" / "images" for name in ("sroie", "wild")]
    recorded(tmp_path, labels, pictures, 300)
    assert not missed(Trial(tmp_path, TrialSettings(kills=5, faults=0.1)).run())
