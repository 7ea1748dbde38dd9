"""The teacher that begins near the student and withdraws."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from extractor.errors import UsageError
from tests.training import tiny
from tests.training.losses.asking import HEADS, answers, batch_of, built, compared, sample
from training.alignment import SpanTarget
from training.losses.base import Batch
from training.losses.registry import LOSSES

TAGS_ALONE = {"tags": 1.0}


def shown(progress: float = 0.0, seed: int = 0) -> Batch:
    samples = [sample(SpanTarget(known=False))] * 2
    given, taught = answers(batch=2, seed=seed), answers(batch=2, seed=9)
    return batch_of(given, samples, taught=taught, taught_heads=HEADS, progress=progress)


@pytest.mark.parametrize("part", [0.0, 0.3, 1.0])
def test_the_target_lies_between_student_and_teacher(part: float) -> None:
    batch = shown()
    ours = batch.answers["tags"].detach()
    theirs = batch.taught["tags"].detach()  # type: ignore[index]
    target = ((1 - part) * ours + part * theirs).softmax(-1)
    expected = (target * (target.log() - ours.log_softmax(-1))).sum(-1).mean(-1)
    found = built("taid", start=part, heads=TAGS_ALONE)(batch)
    assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-7)


def test_a_target_that_is_the_student_moves_nothing_and_one_that_is_the_teacher_is_distillation() -> None:
    ours, theirs = answers(), answers(seed=9)
    compared("taid", ours, theirs, start=0.0).sum().backward()
    assert all(each.grad is None or each.grad.abs().max() < 1e-6 for each in ours.values())
    whole = compared("taid", answers(), theirs, start=1.0, heads={"spans": 1.0, "inferred": 0.5})
    parts = [compared(name, answers(), theirs, temperature=1.0) for name in ("distil_spans", "distil_inferred")]
    assert whole.item() == pytest.approx((parts[0] + 0.5 * parts[1]).item(), rel=1e-5)


def test_the_part_of_the_student_in_the_target_gets_no_gradient() -> None:
    """The gradient is that of the divergence from a fixed target: softmax less target, of each word of three."""
    batch = shown()
    built("taid", start=0.4, heads=TAGS_ALONE)(batch).sum().backward()
    ours = batch.answers["tags"]
    target = (0.6 * ours.detach() + 0.4 * batch.taught["tags"].detach()).softmax(-1)  # type: ignore[index]
    assert ours.grad is not None
    assert torch.allclose(ours.grad, (ours.detach().softmax(-1) - target) / 3, atol=1e-6)


def test_the_teachers_part_follows_the_loss_as_by_hand() -> None:
    loss = built("taid", start=0.4, pace=0.1, momentum=0.9, heads=TAGS_ALONE)
    first = float(loss(shown(seed=0)).detach().mean())
    assert loss.state["t"] == 0.4, "one loss alone tells no change"
    second = float(loss(shown(seed=1)).detach().mean())
    momentum = 0.1 * (first - second) / first
    expected = 0.4 + 0.1 / (1 + math.exp(-momentum)) * 0.6
    assert loss.state == {
        "t": pytest.approx(expected, rel=1e-5),
        "momentum": pytest.approx(momentum, rel=1e-4),
        "last": pytest.approx(second, rel=1e-5),
    }


def test_a_loss_that_falls_lets_the_teacher_withdraw_faster() -> None:
    grown = {}
    for name, order in (("falling", [0.5, 0.2]), ("rising", [0.2, 0.5])):
        loss: Any = built("taid", pace=0.5, momentum=0.0)
        for value in order:
            loss._follow(torch.tensor([value]), 0.0)
        grown[name] = loss.state["t"]
    assert grown["falling"] > grown["rising"] > 0.4


def test_the_teachers_part_never_falls_behind_the_stage_nor_passes_its_end() -> None:
    loss = built("taid", start=0.2, end=0.8, pace=0.0)
    for progress, expected in ((0.0, 0.2), (0.5, 0.5), (0.25, 0.5), (1.0, 0.8)):
        loss(shown(progress))
        assert loss.state["t"] == pytest.approx(expected)


def test_all_processes_follow_the_mean_over_all_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """This one sees a loss of 1 over two documents, the other one 9 over six."""
    others = torch.tensor([9.0, 6.0])
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda value: value.add_(others))
    loss: Any = built("taid")
    loss._follow(torch.tensor([0.25, 0.75]), 0.0)
    assert loss.state["last"] == pytest.approx(10 / 8)


def test_a_loss_of_nothing_that_grows_leaves_the_state_finite() -> None:
    loss: Any = built("taid", pace=0.1, momentum=0.0)
    for value in (0.0, 1e3, 0.0):
        loss._follow(torch.tensor([value]), 0.0)
    assert all(math.isfinite(loss.state[name]) for name in ("t", "momentum", "last"))


def test_its_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="start must not be above end"):
        LOSSES.choice("taid", {"start": 0.9, "end": 0.5})
    with pytest.raises(ValueError, match=r"taid\.heads"):
        LOSSES.choice("taid", {"heads": {"tag": 1.0}})


def test_a_run_that_names_it_without_a_teacher_is_refused(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="the loss taid compares the student with a teacher"):
        tiny.run(tmp_path, losses={"taid": 1.0})
    assert tiny.run(tmp_path, losses={"taid": 0.0}).teacher is None
