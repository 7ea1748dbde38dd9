"""The mean of weights is a student."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from extractor.errors import UsageError
from tests.training import tiny
from training.students.blend import blended


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Path]:
    folders = tmp_path / "one", tmp_path / "other"
    for seed, folder in enumerate(folders):
        tiny.student(seed=seed).save_pretrained(folder)
    return folders


def test_weights_are_the_mean_by_their_shares(saved: tuple[Path, Path]) -> None:
    one, other, mean = blended(saved[0], {}), blended(saved[1], {}), blended(saved[0], {saved[1]: 0.25})
    for name, weights in mean.state_dict().items():
        if weights.is_floating_point():
            wanted = 0.75 * one.state_dict()[name] + 0.25 * other.state_dict()[name]
            assert torch.allclose(weights, wanted, atol=1e-6), name


@pytest.mark.parametrize("share", [0.0, -0.5, 1.0, 1.5])
def test_shares_lie_between_nothing_and_all(saved: tuple[Path, Path], share: float) -> None:
    with pytest.raises(UsageError, match="shares"):
        blended(saved[0], {saved[1]: share})


def test_students_of_other_sizes_are_refused(saved: tuple[Path, Path], tmp_path: Path) -> None:
    tiny.student(layers=3).save_pretrained(tmp_path / "deeper")
    with pytest.raises(UsageError, match="other sizes"):
        blended(saved[0], {tmp_path / "deeper": 0.5})
