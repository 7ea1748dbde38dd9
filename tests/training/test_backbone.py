"""A pretrained backbone in place of the student's own layers is a matter of configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from extractor.errors import UsageError
from extractor.student.runtime import Student
from tests.training import tiny
from training.config import StudentChoice
from training.export import export
from training.model import CompactStudent
from training.students.build import build_student


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small text encoder as its makers would save it, with random weights."""
    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("backbone")
    sizes = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(sizes, add_pooling_layer=False).save_pretrained(folder)
    return folder


def student_on(folder: Path | str, run_folder: Path) -> CompactStudent:
    run = tiny.run(run_folder).model_copy(update={"student": StudentChoice(backbone=str(folder))})
    built = build_student(run, {"country": ["MY", "US", ""]})
    assert isinstance(built, CompactStudent)
    return built


def test_the_student_takes_over_the_weights_and_the_width_of_its_backbone(backbone: Path, tmp_path: Path) -> None:
    student = student_on(backbone, tmp_path)
    theirs = BertModel.from_pretrained(backbone, add_pooling_layer=False).state_dict()
    assert student.compact.hidden == 32
    assert student.body is not None
    ours = student.body.state_dict()
    assert all(torch.equal(ours[name], weight) for name, weight in theirs.items())


def test_it_is_saved_whole_and_exported_like_any_other(backbone: Path, tmp_path: Path) -> None:
    student = student_on(backbone, tmp_path)
    student.save_pretrained(tmp_path / "run" / "student")
    examples = [tiny.of_length(length) for length in (3, 17)]
    assert export(tmp_path / "run", tmp_path / "model", examples, name="with-backbone", task=tiny.TASK) < 1e-3
    answers = Student(tmp_path / "model", cuda="off").run([each.encoded for each in examples])
    assert [len(each.begins) for each in answers] == [3, 17]


def test_a_backbone_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        student_on(tmp_path / "nowhere", tmp_path)
