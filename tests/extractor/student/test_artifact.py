"""A model folder is taken, or refused with a sentence that helps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import BadModel
from extractor.student import artifact
from extractor.student.artifact import MANIFEST_FILE, MODEL_FILE, Calibration, model_hash, read_manifest
from extractor.student.encoder import ENCODER_VERSION
from extractor.student.runtime import Student
from tests.extractor.student.documents import manifest


def written(folder: Path, **changes: object) -> Path:
    made = json.loads(manifest("total").model_dump_json()) | changes
    (folder / MANIFEST_FILE).write_text(json.dumps(made), encoding="utf-8")
    return folder


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = manifest("date", "total", answer_above={"date": 0.4}, calibration={"total": {"slope": 0.9}}, licences=["x"])
    (tmp_path / MANIFEST_FILE).write_text(made.model_dump_json(), encoding="utf-8")
    assert read_manifest(tmp_path) == made


def test_a_folder_without_manifest_is_refused_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"not a Tailor model.*tailor export") as refused:
        read_manifest(tmp_path)
    assert refused.value.code == "bad_model"


def test_a_model_of_another_encoder_is_refused_naming_both_versions(tmp_path: Path) -> None:
    folder = written(tmp_path, encoder_version=ENCODER_VERSION + 1)
    with pytest.raises(BadModel, match=rf"version {ENCODER_VERSION + 1};.*version {ENCODER_VERSION}\."):
        read_manifest(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"name": "x"}', b"\xff\xfe\x00binary"],
    ids=["empty", "cut", "list", "incomplete", "binary"],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(content)
    with pytest.raises(BadModel, match="not a valid manifest"):
        read_manifest(tmp_path)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="1 entries are wrong"):
        read_manifest(written(tmp_path, fields=["total"]))


@pytest.mark.parametrize("content", [None, b"no model at all"], ids=["missing", "broken"])
def test_a_folder_without_a_model_that_loads_is_refused(tmp_path: Path, content: bytes | None) -> None:
    written(tmp_path)
    if content is not None:
        (tmp_path / MODEL_FILE).write_bytes(content)
    with pytest.raises(BadModel, match="can't be loaded by ONNX Runtime"):
        Student(tmp_path, cuda="off")


def test_the_hash_changes_with_the_model_and_with_the_manifest(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / MODEL_FILE).write_bytes(b"one")
    first = model_hash(tmp_path)
    (tmp_path / MODEL_FILE).write_bytes(b"two")
    second = model_hash(tmp_path)
    written(tmp_path, name="other")
    assert len({first, second, model_hash(tmp_path)}) == 3
    assert len(first) == 12


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 5.0), st.floats(-5.0, 5.0))
def test_calibration_keeps_the_order_and_stays_a_probability(
    one: float, other: float, slope: float, shift: float
) -> None:
    calibration = Calibration(slope=slope, intercept=shift)
    low, high = sorted((one, other))
    assert 0.0 <= calibration(low) <= calibration(high) <= 1.0


def test_the_neutral_calibration_changes_nothing() -> None:
    assert Calibration()(0.3) == pytest.approx(0.3)
    assert Calibration(slope=2.0)(0.9) == pytest.approx(0.81 / (0.81 + 0.01))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with two models, of which `compact` is the default."""
    for name in ("clear-terms", "compact", "another"):
        (tmp_path / "weights" / name).mkdir(parents=True)
        written(tmp_path / "weights" / name)
    (tmp_path / "weights" / "no-model").mkdir()
    monkeypatch.setattr(artifact, "WEIGHTS", tmp_path / "weights")
    return tmp_path / "weights"


def test_a_shipped_model_is_found_by_its_name_the_default_first(weights: Path) -> None:
    assert artifact.shipped_models() == ("compact", "another", "clear-terms")
    assert artifact.find_model("clear-terms") == weights / "clear-terms"


def test_a_name_goes_before_a_folder_and_a_path_means_a_folder(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clear-terms").mkdir()
    Path("mine").mkdir()
    assert artifact.find_model("clear-terms") == weights / "clear-terms"
    assert artifact.find_model("./clear-terms") == Path("clear-terms")
    assert artifact.find_model(Path("clear-terms")) == Path("clear-terms")
    assert artifact.find_model("mine") == Path("mine")


def test_a_name_that_is_no_model_is_refused_naming_those_that_ship(weights: Path) -> None:
    with pytest.raises(BadModel, match=r"no model 'cler-terms'.*compact, another, clear-terms"):
        artifact.find_model("cler-terms")


def test_the_package_ships_its_default() -> None:
    assert artifact.shipped_models()[0] == "compact"
    assert artifact.find_model(None) == artifact.find_model("compact") == artifact.DEFAULT_MODEL
