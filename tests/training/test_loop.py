"""A student learns what it is shown, alone or in two processes, unbroken or in pieces."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from extractor.errors import UsageError
from tests.training import tiny
from tests.training.tiny import FIELDS, TASK, receipts
from training import checkpoint, loop
from training.augment import plain
from training.config import Run
from training.corpus import Example
from training.dev import look
from training.log import read_log
from training.model import CompactStudent
from training.students.build import build_student

ROOT = Path(__file__).resolve().parents[2]


def shown(monkeypatch: pytest.MonkeyPatch, fitted: Sequence[Example], held: Sequence[Example] = ()) -> None:
    """Training is shown these documents instead of pictures."""

    def read(run: Run, split: str, names: Iterable[str] | None = None) -> dict[str, list[Example]]:
        chosen = list(fitted if split == "train" else held)
        return {"made-up": chosen} if chosen else {}

    monkeypatch.setattr(loop, "read_stores", read)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(CompactStudent.from_pretrained(folder / "student").state_dict())


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return all(torch.equal(first[name], second[name]) for name in first)


@torch.no_grad()
def answers(folder: Path, examples: Sequence[Example]) -> torch.Tensor:
    student = CompactStudent.from_pretrained(folder / "student").eval()
    given = student(**student.collate([plain(example) for example in examples]))
    return torch.cat([given["spans"].flatten(), given["tags"].flatten()])


def test_a_tiny_student_learns_six_receipts_by_heart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples)
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=45))
    written = read_log(folder)
    losses = [line["spans"] for line in written if "spans" in line]
    assert len(losses) == 45
    assert losses[-1] < 0.1 * losses[0]
    found = written[-1]
    assert all(found[f"made-up.{name}"] == 1.0 for name in FIELDS if name != "discount")
    assert found["mean"] > 0.95
    assert found["made-up.items"] > 0.9
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["name"] == "tiny"
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert list((folder / "tensorboard").iterdir())
    saved = CompactStudent.from_pretrained(folder / "student")
    again = look(saved, {"made-up": examples}, TASK)
    assert again == {name: value for name, value in found.items() if name in again}


def test_a_tiny_student_learns_where_receipts_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples)
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=30, losses={"inferred": 1.0, "spans": 0.0, "tags": 0.0}))
    assert read_log(folder)[-1]["made-up.country"] == 1.0


def test_the_same_run_twice_gives_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    first = loop.train(tiny.run(tmp_path, name="first", augmentation={}, student__dropout=0.1))
    second = loop.train(tiny.run(tmp_path, name="second", augmentation={}, student__dropout=0.1))
    assert same(first, second)


class Killed(Exception):
    pass


@pytest.mark.parametrize("moment", [1, 5, 9, 12])
def test_a_run_that_is_broken_off_ends_as_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    examples = receipts(12)
    shown(monkeypatch, examples, examples[:3])
    changes: dict[str, Any] = {
        "augmentation": {},
        "student__dropout": 0.1,
        "stages": [{"name": "warm", "optimiser": {"epochs": 3}}, {"name": "fit", "optimiser": {"epochs": 4}}],
        "evaluation": {"every": 2},
        "checkpoint_minutes": 0,
    }
    whole = loop.train(tiny.run(tmp_path, name="whole", **changes))
    saved: list[int] = []
    save = checkpoint.save

    def dies(folder: Path, state: checkpoint.Checkpoint) -> None:
        if len(saved) == moment:
            raise Killed
        saved.append(state.step)
        save(folder, state)

    monkeypatch.setattr(checkpoint, "save", dies)
    with pytest.raises(Killed):
        loop.train(tiny.run(tmp_path, name="broken", **changes))
    monkeypatch.setattr(checkpoint, "save", save)
    broken = loop.train(tiny.run(tmp_path, name="broken", **changes))
    assert same(whole, broken)
    timeless = [
        [{k: v for k, v in line.items() if k not in ("seconds", "documents_a_second")} for line in read_log(folder)]
        for folder in (whole, broken)
    ]
    assert timeless[0] == timeless[1]


KILLED = """
import sys
from pathlib import Path
from tests.training import tiny
from training import loop
loop.read_stores = lambda run, split, names=None: {} if split == "dev" else {"made-up": tiny.receipts(12)}
if __name__ == "__main__":
    loop.train(tiny.run(Path(sys.argv[1]), name="killed", checkpoint_minutes=0, optimiser__epochs=20))
"""


def test_a_run_survives_being_killed_outright(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(12))
    whole = loop.train(tiny.run(tmp_path, name="whole", optimiser__epochs=20))
    kept = tmp_path / "runs" / "killed" / "checkpoint.pt"
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not kept.is_file() and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.02)
        assert kept.is_file(), "it should have come to a first checkpoint"
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
    killed = loop.train(tiny.run(tmp_path, name="killed", checkpoint_minutes=0, optimiser__epochs=20))
    assert same(whole, killed)


def test_a_finished_run_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    folder = loop.train(tiny.run(tmp_path))
    before = (folder / "log.jsonl").stat().st_mtime_ns
    assert loop.train(tiny.run(tmp_path)) == folder
    assert (folder / "log.jsonl").stat().st_mtime_ns == before
    loop.train(tiny.run(tmp_path), fresh=True)
    assert (folder / "log.jsonl").stat().st_mtime_ns > before


def test_a_run_goes_on_though_a_newer_tailor_knows_more_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    folder = loop.train(tiny.run(tmp_path))
    older = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del older["generative"], older["student"]["pooling"]
    (folder / "config.json").write_text(json.dumps(older), encoding="utf-8")
    assert loop.train(tiny.run(tmp_path)) == folder


def test_a_run_of_another_configuration_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    loop.train(tiny.run(tmp_path))
    with pytest.raises(UsageError, match="holds a run of another configuration") as refused:
        loop.train(tiny.run(tmp_path, seed=2))
    assert "--fresh" in refused.value.hint


def test_frozen_parts_stay_and_the_others_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    tiny.student().save_pretrained(tmp_path / "saved")
    folder = loop.train(tiny.run(tmp_path, student={"initial": str(tmp_path / "saved")}, frozen=["blocks", "spelling"]))
    before, after = tiny.student().state_dict(), weights(folder)
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert "blocks" not in changed
    assert "spelling" not in changed
    assert {"tags", "starts", "read_numbers"} <= changed


def test_a_stage_stops_where_dev_no_longer_grows_and_keeps_its_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(monkeypatch, receipts(6), receipts(2))
    figures = iter([0.2, 0.5, 0.4, 0.3, 0.9])
    kept: list[dict[str, torch.Tensor]] = []

    def looked(student: CompactStudent, *_: Any, **__: Any) -> dict[str, float]:
        kept.append({name: value.clone() for name, value in student.state_dict().items()})
        return {"mean": next(figures)}

    monkeypatch.setattr(loop, "look", looked)
    rule = {"early_stop": {"figure": "mean", "patience": 2}, "name": "fit"}
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=30, evaluation={"every": 1}, stages=[rule]))
    assert len(kept) == 4, "0.4 and 0.3 are no better than 0.5"
    after = weights(folder)
    assert all(torch.equal(after[name], kept[1][name]) for name in after)


TWO = """
import sys
from pathlib import Path
from tests.training import tiny
from training import loop
loop.read_stores = lambda run, split, names=None: {} if split == "dev" else {"made-up": tiny.receipts(6)}
if __name__ == "__main__":
    loop.train(tiny.run(Path(sys.argv[1]), name="two", processes=2, optimiser__epochs=6))
"""


def test_two_processes_learn_what_one_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples)
    alone = loop.train(tiny.run(tmp_path, name="one", optimiser__epochs=6))
    # In a process of its own: this one has threads that do not survive a fork.
    done = subprocess.run([sys.executable, "-c", TWO, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    fewer = loop.train(tiny.run(tmp_path, name="fewer", optimiser__epochs=5))
    one, two, other = (answers(folder, examples) for folder in (alone, tmp_path / "runs" / "two", fewer))
    # Not the weights: Adam's step is of full length even where a gradient is hardly more than rounding.
    assert torch.allclose(one, two, atol=0.01)
    assert not torch.allclose(one, other, atol=0.05), "one epoch less would be seen"


def test_training_goes_on_from_a_saved_student(tmp_path: Path) -> None:
    saved = tiny.student()
    saved.save_pretrained(tmp_path / "saved")
    built = build_student(tiny.run(tmp_path, student={"initial": str(tmp_path / "saved")}), {})
    assert isinstance(built, CompactStudent)
    assert torch.equal(built.spelling.weight, saved.spelling.weight)


def test_a_student_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no trained student"):
        build_student(tiny.run(tmp_path, student={"initial": str(tmp_path / "nothing")}), {})


def test_a_run_without_documents_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, [], receipts(2))
    with pytest.raises(UsageError, match="no document to learn from"):
        loop.train(tiny.run(tmp_path))


@pytest.mark.parametrize(("batch", "told"), [(5, "can't be shared out"), (8, "too few to be shared out")])
def test_processes_must_have_equal_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, told: str
) -> None:
    shown(monkeypatch, receipts(6))
    with pytest.raises(UsageError, match=told):
        loop.train(tiny.run(tmp_path, processes=2, optimiser__batch=batch))


def test_a_look_at_dev_counts_every_document() -> None:
    student = tiny.student()
    seen: list[int] = []
    student.register_forward_pre_hook(lambda _, __, inputs: seen.append(len(inputs["mask"])), with_kwargs=True)
    found = look(student, {"a": receipts(11)}, TASK)
    assert sum(seen) == 11
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert found["mean"] == found["a.mean"]
