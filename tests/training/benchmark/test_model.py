import pytest

from extractor.errors import UsageError
from training.benchmark import model


def test_the_folders_size_is_told_against_its_bound(tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_bytes(bytes(41_000_000))
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr(model, "provider", lambda network: "CPUExecutionProvider")
    size, runtime = model.figures(str(tmp_path))
    assert size.measured == pytest.approx(41.000002)
    assert size.verdict == "below"
    assert size.n == 2
    assert runtime.note == "provider in use: CPUExecutionProvider"


def test_a_folder_without_a_model_is_told_plainly(tmp_path):
    with pytest.raises(UsageError, match=r"no model\.onnx"):
        model.figures(str(tmp_path))
