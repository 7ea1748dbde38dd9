"""The best provider that really loads is taken, and what was offered in vain is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractor.errors import BadModel
from extractor.student import session
from extractor.student.artifact import DEFAULT_MODEL, MODEL_FILE
from extractor.student.encoder import Token, collate, encode
from extractor.student.runtime import Student
from extractor.student.session import CPU, CUDA, TENSORRT, on_gpu, open_session, run_bound
from extractor.types import Box


class FakeSession:
    def __init__(self, providers: list[str]) -> None:
        self.providers = providers

    def get_providers(self) -> list[str]:
        return self.providers


@dataclass
class FakeRuntime:
    """ONNX Runtime on another machine: some providers are offered, some of them load, some raise."""

    offered: Sequence[str]
    loads: Sequence[str] = ()
    raises: Sequence[str] = ()
    asked: list[list[Any]] = field(default_factory=list)

    class SessionOptions:
        pass

    def get_available_providers(self) -> list[str]:
        return [*self.offered, CPU]

    def InferenceSession(self, path: str, options: object, providers: list[Any]) -> FakeSession:
        self.asked.append(providers)
        names = [each if isinstance(each, str) else each[0] for each in providers]
        if names[0] in self.raises:
            raise RuntimeError("no such library")
        return FakeSession([name for name in names if name in (*self.loads, CPU)])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    def build(**what: Any) -> FakeRuntime:
        runtime = FakeRuntime(**what)
        monkeypatch.setattr(session, "_onnxruntime", lambda: runtime)
        return runtime

    return build


def test_without_a_gpu_provider_the_cpu_runs_and_nothing_is_said(here: Any) -> None:
    here(offered=[])
    opened = open_session(Path("m"), 1, "auto")
    assert (opened.session.get_providers(), opened.notes) == ([CPU], ())


def test_cuda_is_taken_where_it_loads(here: Any) -> None:
    here(offered=[TENSORRT, CUDA], loads=[CUDA, TENSORRT])
    opened = open_session(Path("m"), 1, "auto")
    assert opened.session.get_providers()[0] == CUDA
    assert opened.notes == ()


def test_cuda_that_is_offered_and_does_not_load_is_told(here: Any) -> None:
    here(offered=[CUDA])
    opened = open_session(Path("m"), 1, "auto")
    assert opened.session.get_providers() == [CPU]
    assert opened.notes == (f"{CUDA} is offered by ONNX Runtime but did not load.",)


def test_cuda_that_raises_is_told(here: Any) -> None:
    here(offered=[CUDA], raises=[CUDA])
    assert open_session(Path("m"), 1, "auto").notes == (f"{CUDA} failed to start (RuntimeError).",)


def test_cuda_is_left_alone_where_it_is_off(here: Any) -> None:
    runtime = here(offered=[CUDA], loads=[CUDA])
    assert open_session(Path("m"), 1, "off").session.get_providers() == [CPU]
    assert len(runtime.asked) == 1


def test_cuda_that_is_insisted_on_and_missing_is_an_error(here: Any) -> None:
    here(offered=[CUDA])
    with pytest.raises(BadModel, match="CUDA was asked for"):
        open_session(Path("m"), 1, "on")


def test_tensorrt_comes_first_where_its_engines_have_a_folder(here: Any, tmp_path: Path) -> None:
    runtime = here(offered=[TENSORRT, CUDA], loads=[TENSORRT, CUDA])
    opened = open_session(Path("m"), 1, "auto", tmp_path / "engines")
    assert opened.session.get_providers()[0] == TENSORRT
    name, options = runtime.asked[0][0]
    assert name == TENSORRT
    assert options["trt_engine_cache_path"] == str(tmp_path / "engines")


def test_cuda_follows_where_tensorrt_does_not_load(here: Any, tmp_path: Path) -> None:
    here(offered=[TENSORRT, CUDA], loads=[CUDA])
    opened = open_session(Path("m"), 1, "auto", tmp_path)
    assert opened.session.get_providers()[0] == CUDA
    assert opened.notes == (f"{TENSORRT} is offered by ONNX Runtime but did not load.",)


def test_only_providers_of_nvidia_count_as_a_gpu() -> None:
    assert [on_gpu(name) for name in (TENSORRT, CUDA, CPU)] == [True, True, False]


def test_bound_inputs_and_outputs_give_what_a_plain_run_gives() -> None:
    student = Student(DEFAULT_MODEL, cuda="off")
    documents = [encode([Token(f"{n}.50", Box(0.1, 0.1, 0.4, 0.2), 0, n, 0.9) for n in range(size)]) for size in (5, 9)]
    inputs = collate(documents)
    outputs = [output.name for output in student.session.get_outputs()]
    plain = student.session.run(outputs, inputs)
    for one, other in zip(plain, run_bound(student.session, inputs, outputs, "cpu"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"nothing")
    with pytest.raises(BadModel, match="can't be loaded"):
        open_session(tmp_path / MODEL_FILE, 1, "off")
