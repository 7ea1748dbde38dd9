"""The exported model answers as the trained one does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from extractor.errors import UsageError
from extractor.student.artifact import MANIFEST_FILE, MODEL_FILE, read_manifest
from extractor.student.encoder import ENCODER_VERSION, collate
from extractor.student.runtime import Student
from extractor.types import ITEM_PARTS
from tests.extractor.student.documents import ROWS
from tests.training import tiny
from training.export import (
    TOLERANCE,
    _quantise,
    export,
    parity,
    write_manifest,
)
from training.outputs import PLACES, Exported
from training.students.base import ENCODED_INPUTS

SHIPPED = Path(__file__).resolve().parents[2] / "extractor" / "student" / "weights"


def exported_student() -> Exported:
    return Exported(tiny.student()).eval()


@pytest.mark.parametrize("lengths", [(1,), (2,), (512,), (3, 40), (1, 60), tuple(range(1, 33))], ids=len)
def test_probabilities_are_those_of_pytorch_at_any_batch_and_length(tiny_model: Path, lengths: tuple[int, ...]) -> None:
    model = exported_student()
    documents = [tiny.of_length(length) for length in lengths]
    assert parity(model, tiny_model, documents) < TOLERANCE


def test_the_likeliest_places_are_those_of_pytorch(tiny_model: Path) -> None:
    document = tiny.encoded(*ROWS)
    found = Student(tiny_model, cuda="off").run([document])[0].spans
    batch = collate([document])
    tensors = [torch.from_numpy(np.ascontiguousarray(batch[name])) for name in ENCODED_INPUTS]
    wanted = exported_student()(*tensors)[0][0].detach().numpy()
    for field in range(len(tiny.FIELDS)):
        assert np.array_equal(found[field, 0, :2], wanted[field, 0, :2])
        assert np.allclose(found[field, :, 2], wanted[field, :, 2], atol=TOLERANCE)


def test_answers_are_probabilities_without_padding(tiny_model: Path) -> None:
    short, long = tiny.of_length(1).encoded, tiny.of_length(9).encoded
    for answers, count in zip(Student(tiny_model, cuda="off").run([short, long]), (1, 9), strict=True):
        assert answers.spans.shape == (len(tiny.FIELDS), PLACES, 3)
        assert answers.tags.shape == (count, 1 + len(ITEM_PARTS))
        assert answers.begins.shape == (count,)
        assert answers.tags.sum(axis=1) == pytest.approx(1.0, abs=1e-4)
        assert answers.inferred["country"].sum() == pytest.approx(1.0, abs=1e-4)
        assert (answers.spans[..., 2].sum(axis=1) + answers.absent <= 1.0 + 1e-4).all()
        likely = answers.spans[answers.spans[..., 2] > 1e-4]
        assert ((likely[:, 0] <= likely[:, 1]) & (likely[:, 1] < count)).all()
        assert (np.diff(answers.spans[..., 2], axis=1) <= 1e-6).all(), "the most likely first"


@pytest.mark.parametrize("folder", ["compact", "clear-terms"])
def test_a_model_that_ships_tells_nothing_of_the_machine_that_made_it(folder: str) -> None:
    assert b'File "' not in (SHIPPED / folder / MODEL_FILE).read_bytes()


def test_an_export_tells_nothing_of_the_machine_that_made_it(tiny_model: Path) -> None:
    told = (tiny_model / MODEL_FILE).read_bytes()
    assert b"stack_trace" not in told
    assert str(Path(__file__).resolve().parents[2]).encode() not in told


def test_no_document_no_answer(tiny_model: Path) -> None:
    assert Student(tiny_model, cuda="off").run([]) == []


def test_the_student_is_named_after_model_and_content(tiny_model: Path) -> None:
    student = Student(tiny_model, cuda="off")
    assert re.fullmatch(r"tiny@[0-9a-f]{12}", student.name)
    assert student.provider == "CPUExecutionProvider"


def test_the_manifest_tells_what_the_student_answers(tiny_model: Path, tmp_path: Path) -> None:
    made = read_manifest(tiny_model)
    assert (made.name, made.encoder_version, made.precision) == ("tiny", ENCODER_VERSION, "fp32")
    assert (made.spans, made.parts, made.inferred) == (tiny.FIELDS, ITEM_PARTS, {"country": ("MY", "US", "")})
    assert made.licences == ("made up",)
    assert re.fullmatch(r"[0-9a-f]{12}", made.config_hash)
    write_manifest(tmp_path, made)
    assert read_manifest(tmp_path) == made
    assert (tmp_path / MANIFEST_FILE).read_bytes() == (tiny_model / MANIFEST_FILE).read_bytes()


def test_a_model_in_eight_bits_is_smaller_and_answers_nearly_alike(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copyfile(tiny_model / MANIFEST_FILE, tmp_path / MANIFEST_FILE)
    _quantise(tiny_model / MODEL_FILE, tmp_path / MODEL_FILE)
    assert (tmp_path / MODEL_FILE).stat().st_size < 0.6 * (tiny_model / MODEL_FILE).stat().st_size
    document = tiny.encoded(*ROWS)
    whole, small = (Student(folder, cuda="off").run([document])[0] for folder in (tiny_model, tmp_path))
    assert np.allclose(whole.tags, small.tags, atol=0.1)
    assert np.allclose(whole.absent, small.absent, atol=0.1)


def test_a_folder_that_holds_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no trained student"):
        export(tmp_path, tmp_path / "model", [tiny.of_length(3), tiny.of_length(4)], name="x")


def test_one_example_is_too_few_to_export(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Two example documents"):
        export(tiny_model.parent / "run", tmp_path, [tiny.of_length(3)], name="x")
