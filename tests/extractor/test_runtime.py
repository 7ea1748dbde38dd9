"""ONNX Runtime is found, or its absence explained."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from extractor.errors import MissingExtra
from extractor.runtime import require_onnxruntime


def test_the_installed_runtime_is_handed_on() -> None:
    assert hasattr(require_onnxruntime(), "InferenceSession")


def test_without_one_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"tailor\[cpu\].*tailor\[gpu\]") as caught:
        require_onnxruntime()
    assert caught.value.code == "missing_onnxruntime"
    assert "\n" not in str(caught.value)


def test_a_torso_left_by_removing_one_of_two_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    with pytest.raises(MissingExtra, match="Uninstall both"):
        require_onnxruntime()
