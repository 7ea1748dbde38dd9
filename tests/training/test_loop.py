"""A student learns what it is shown, alone or in two processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from extractor.errors import UsageError
from tests.training import tiny
from tests.training.tiny import FIELDS, receipts
from training import loop
from training.augment import plain
from training.config import Data
from training.corpus import Example
from training.model import CompactStudent

ROOT = Path(__file__).resolve().parents[2]


def shown(monkeypatch: pytest.MonkeyPatch, fitted: Sequence[Example], held: Sequence[Example] = ()) -> None:
    """Training is shown these documents instead of pictures."""

    def read(data: Data, spans: Sequence[str], *, dev: bool) -> list[Example]:
        return list(held if dev else fitted)

    monkeypatch.setattr(loop, "read_examples", read)


def log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return CompactStudent.from_pretrained(folder / "student").state_dict()


@torch.no_grad()
def answers(folder: Path, examples: Sequence[Example]) -> torch.Tensor:
    student = CompactStudent.from_pretrained(folder / "student").eval()
    given = student(**loop.tensors([plain(example) for example in examples]))
    return torch.cat([given["spans"].flatten(), given["tags"].flatten()])


def test_a_tiny_student_learns_six_receipts_by_heart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples)
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=45))
    written = log(folder)
    losses = [line["spans"] for line in written if "spans" in line]
    assert len(losses) == 45
    assert losses[-1] < 0.1 * losses[0]
    found = written[-1]
    assert all(found[f"{name}.found"] == 1.0 for name in FIELDS if name != "discount")
    assert found["discount.absent"] == 1.0
    assert found["tags"] > 0.95
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["name"] == "tiny"
    saved = CompactStudent.from_pretrained(folder / "student")
    again = loop.hits(saved, examples, FIELDS)
    assert again == {name: value for name, value in found.items() if name in again}


def test_a_tiny_student_learns_where_receipts_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples)
    alone = {"spans": 0.0, "tags": 0.0, "begins": 0.0}
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=30, losses=alone))
    assert log(folder)[-1]["country"] == 1.0


def test_the_same_run_twice_gives_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    first = loop.train(tiny.run(tmp_path, name="first", augmentation={}, student__dropout=0.1))
    second = loop.train(tiny.run(tmp_path, name="second", augmentation={}, student__dropout=0.1))
    one, other = weights(first), weights(second)
    assert all(torch.equal(one[name], other[name]) for name in one)


TWO = """
import sys
from pathlib import Path
from tests.training import tiny
from training import loop
loop.read_examples = lambda data, spans, dev: [] if dev else tiny.receipts(6)
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


def test_training_goes_on_from_a_saved_student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = tiny.student()
    saved.save_pretrained(tmp_path / "saved")
    built = loop.build_student(tiny.run(tmp_path, student__initial=str(tmp_path / "saved")), receipts(2))
    assert torch.equal(built.spelling.weight, saved.spelling.weight)


def test_a_run_without_documents_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, [], receipts(2))
    with pytest.raises(UsageError, match="no document to learn from"):
        loop.train(tiny.run(tmp_path))


def test_the_classes_of_inferred_fields_come_from_the_documents(tmp_path: Path) -> None:
    built = loop.build_student(tiny.run(tmp_path), receipts(8))
    assert set(built.compact.inferred["country"]) == {"MY", "US"}


def test_a_look_at_dev_counts_every_document() -> None:
    student = tiny.student()
    seen: list[int] = []
    student.register_forward_pre_hook(lambda _, __, inputs: seen.append(len(inputs["mask"])), with_kwargs=True)
    found = loop.hits(student, receipts(11), FIELDS, size=4)
    assert sum(seen) == 11
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_batches_hold_documents_of_like_length_and_are_whole() -> None:
    order = [tiny.example(*(["word"] * length)) for length in (9, 1, 8, 2, 7, 3, 30)]
    found = list(loop.batches(order, 2, "seed"))
    lengths = sorted(sorted(len(each.tokens) for each in batch) for batch in found)
    assert lengths == [[1, 2], [3, 7], [8, 9]]
    assert [len(batch) for batch in loop.batches(order[:1], 2, "seed")] == [1]


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [loop.pace(step, 100, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0.02 <= rates[-1] < 0.03
    assert loop.pace(150, 100, 0.1) == pytest.approx(0.02)
