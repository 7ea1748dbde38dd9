"""Whole runs with an intermediate teacher: the student comes to agree with it, in pieces and in two processes alike."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training import tiny
from tests.training.test_loop import ROOT, Killed, answers, same, shown
from tests.training.tiny import receipts
from training import checkpoint, loop
from training.augment import plain
from training.config import Run
from training.corpus import Example
from training.log import read_log
from training.losses.base import Batch
from training.losses.compared import divergence, span_pairs, tag_pairs
from training.model import CompactStudent
from training.trainer import leaves_unused

NO_LABELS = {"spans": 0.0, "tags": 0.0, "begins": 0.0, "inferred": 0.0}


def teacher(folder: Path, examples: Sequence[Example], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wider student that has learnt the receipts."""
    shown(monkeypatch, examples)
    sizes = {"hidden": 48, "layers": 1, "heads": 2, "spelling": 16, "pointer": 8, "dropout": 0.0}
    return loop.train(tiny.run(folder, name="teacher", student=sizes, optimiser__epochs=20)) / "student"


def taught_run(folder: Path, teacher: Path, **changes: Any) -> Run:
    return tiny.run(folder, **{"teacher": {"student": str(teacher)}} | changes)


@torch.no_grad()
def apart(student: Path, teacher: Path, examples: Sequence[Example]) -> dict[str, float]:
    """The divergence of a student from its teacher, by head."""
    ours, theirs = (CompactStudent.from_pretrained(each).eval() for each in (student, teacher))
    samples = [plain(example) for example in examples]
    inputs = ours.collate(samples)
    heads = ours.heads
    batch = Batch(
        ours(**inputs),
        inputs["mask"],
        samples,
        heads.spans,
        heads.inferred,
        taught=theirs(**inputs),
        taught_heads=theirs.heads,
    )
    return {
        name: sum(float(pair.per_document(divergence(pair.student, pair.teacher, pair.cells)).mean()) for pair in found)
        for name, found in (("spans", span_pairs(batch)), ("tags", tag_pairs(batch)))
    }


def test_distillation_makes_the_student_agree_with_its_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    taught_by = teacher(tmp_path, examples, monkeypatch)
    stages = [
        {"name": "follow", "losses": {**NO_LABELS, "distil_spans": 1.0, "distil_tags": 2.0}},
        {"name": "inside", "losses": {**NO_LABELS, "taid": 1.0, "feature_norm_direction": 0.1, "token_relations": 0.1}},
    ]
    begun = loop.train(taught_run(tmp_path, taught_by, name="begun", stages=stages[:1], optimiser__steps=1))
    followed = loop.train(taught_run(tmp_path, taught_by, name="followed", stages=stages[:1], optimiser__epochs=15))
    before, after = (apart(folder / "student", taught_by, examples) for folder in (begun, followed))
    assert after["spans"] < 0.5 * before["spans"]
    assert after["tags"] < 0.5 * before["tags"]
    both = loop.train(taught_run(tmp_path, taught_by, name="both", stages=stages, optimiser__epochs=10))
    logged = [line for line in read_log(both) if line["stage"] == "inside"]
    assert logged[-1]["taid"] < 0.8 * max(line["taid"] for line in logged)
    assert all({"feature_norm_direction", "token_relations"} <= line.keys() for line in logged)


def test_a_run_with_a_loss_that_remembers_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(monkeypatch, receipts(12))
    tiny.student(hidden=48).save_pretrained(tmp_path / "taught")
    losses = {**NO_LABELS, "taid": {"weight": 1.0, "pace": 0.3, "momentum": 0.5}}
    changes: dict[str, Any] = {"losses": losses, "optimiser__epochs": 5, "checkpoint_minutes": 0, "augmentation": {}}
    whole = loop.train(taught_run(tmp_path, tmp_path / "taught", name="whole", **changes))
    kept: list[dict[str, Any]] = []
    save = checkpoint.save

    def dies(folder: Path, state: checkpoint.Checkpoint) -> None:
        if len(kept) == 5:
            raise Killed
        kept.append({**state.losses["taid"]})
        save(folder, state)

    monkeypatch.setattr(checkpoint, "save", dies)
    with pytest.raises(Killed):
        loop.train(taught_run(tmp_path, tmp_path / "taught", name="broken", **changes))
    monkeypatch.setattr(checkpoint, "save", save)
    broken = loop.train(taught_run(tmp_path, tmp_path / "taught", name="broken", **changes))
    assert same(whole, broken)
    parts = [each["t"] for each in kept]
    assert parts == sorted(set(parts)), "the state was saved as it grew"


TWO = """
import sys
from pathlib import Path
from tests.training import tiny
from tests.training.losses.test_taught_runs import SOME, taught_run
from training import loop
loop.read_stores = lambda run, split, names=None: {} if split == "dev" else {"made-up": tiny.receipts(6)}
if __name__ == "__main__":
    loop.train(taught_run(Path(sys.argv[1]), Path(sys.argv[1]) / "taught", name="two", processes=2, **SOME))
"""
SOME: dict[str, Any] = {
    "losses": {**NO_LABELS, "taid": {"heads": {"tags": 1.0}, "pace": 0.3}, "feature_norm_direction": 0.1},
    "optimiser__epochs": 6,
}
"""Losses that look at the whole batch, and leave most heads alone."""


def test_two_processes_follow_a_teacher_as_one_does_and_none_waits_for_heads_that_no_loss_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples)
    tiny.student(hidden=48).save_pretrained(tmp_path / "taught")
    alone = loop.train(taught_run(tmp_path, tmp_path / "taught", name="one", **SOME))
    done = subprocess.run([sys.executable, "-c", TWO, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    one, two = (answers(folder, examples) for folder in (alone, tmp_path / "runs" / "two"))
    assert torch.allclose(one, two, atol=0.01)


def test_every_head_gets_a_gradient_whatever_the_losses() -> None:
    student = tiny.student()
    samples = [plain(example) for example in receipts(2)]
    inputs = student.collate(samples)
    nothing = Batch(student(**inputs), inputs["mask"], samples, student.heads.spans, student.heads.inferred).zeros()
    assert nothing.tolist() == [0.0, 0.0]
    nothing.mean().backward()
    for name, parameter in student.named_parameters():
        assert parameter.grad is not None, name
        assert not parameter.grad.any()


@pytest.mark.parametrize(
    ("sizes", "changes", "searched"),
    [
        ({}, {}, False),
        ({"picture": False}, {}, True),
        ({"layout": False}, {}, True),
        ({}, {"frozen": ["page_reader"]}, True),
    ],
)
def test_unused_parameters_are_searched_for_only_where_there_may_be_some(
    tmp_path: Path, sizes: dict[str, Any], changes: dict[str, Any], searched: bool
) -> None:
    (stage,) = tiny.run(tmp_path, **changes).stages
    assert leaves_unused(tiny.student(**sizes), stage) is searched
