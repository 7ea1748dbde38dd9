"""Where the student runs is tried before it is trusted, and a fall-back to the CPU is never silent."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from extractor.pipeline import Settings
from extractor.student.session import CPU, CUDA, TENSORRT
from serving.engine import gpu
from serving.engine.gpu import open_student, sample
from serving.engine.settings import BatchSettings, EngineSettings


class FakeStudent:
    """A student on the machine that `World` describes."""

    world: World

    def __init__(self, model: Any, *, threads: int, cuda: str, engines: Path | None = None) -> None:
        offered = [CPU] if cuda == "off" else [*self.world.loads, CPU]
        self.provider = next(name for name in offered if name != TENSORRT or engines is not None)
        self.notes = self.world.notes if cuda != "off" else ()
        self.name = "fake@1"
        self.sizes: list[tuple[int, int]] = []

    def run(self, documents: Any) -> list[object]:
        if self.provider in self.world.fails:
            raise RuntimeError("out of memory")
        self.sizes.append((len(documents), len(documents[0])))
        return [None] * len(documents)


class World:
    def __init__(self) -> None:
        self.loads: list[str] = []
        self.fails: list[str] = []
        self.notes: tuple[str, ...] = ()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    FakeStudent.world = World()
    monkeypatch.setattr(gpu, "Student", FakeStudent)
    monkeypatch.setattr(gpu, "NVIDIA", tmp_path / "nvidia0")
    return FakeStudent.world


def settings(cuda: Any = "auto", **changes: Any) -> EngineSettings:
    return EngineSettings(reading=Settings(cuda=cuda), **changes)


def test_a_machine_without_a_gpu_just_works(world: World) -> None:
    chosen = open_student(settings())
    assert (chosen.student.provider, chosen.warnings) == (CPU, ())


def test_a_gpu_is_tried_with_the_smallest_and_the_largest_batch(world: World) -> None:
    world.loads = [CUDA]
    chosen = open_student(settings(batch=BatchSettings(size=8, lengths=(64, 256))))
    assert chosen.student.provider == CUDA
    assert chosen.student.sizes == [(1, 1), (8, 256), (1, 256)]  # type: ignore[attr-defined]
    assert chosen.warnings == ()


def test_tensorrt_is_taken_where_it_is_and_left_where_told(world: World) -> None:
    world.loads = [TENSORRT, CUDA]
    assert open_student(settings()).student.provider == TENSORRT
    assert open_student(settings(tensorrt="off")).student.provider == CUDA


def test_a_provider_that_fails_on_a_batch_is_passed_over_and_told(world: World) -> None:
    world.loads, world.fails = [TENSORRT, CUDA], [TENSORRT]
    chosen = open_student(settings())
    assert chosen.student.provider == CUDA
    assert chosen.warnings == (f"{TENSORRT} failed on a first batch (RuntimeError).",)


def test_the_cpu_runs_in_the_end_and_a_warning_says_why(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.loads, world.fails = [CUDA], [CUDA]
    gpu.NVIDIA.touch()
    with caplog.at_level(logging.INFO):
        chosen = open_student(settings())
    assert chosen.student.provider == CPU
    assert f"{CUDA} failed on a first batch (RuntimeError)." in chosen.warnings
    assert any(record.levelno == logging.WARNING and "CPU" in record.message for record in caplog.records)


def test_a_gpu_that_is_there_and_not_used_is_told(world: World) -> None:
    gpu.NVIDIA.touch()
    (warning,) = open_student(settings()).warnings
    assert "A GPU is here" in warning
    assert open_student(settings("off")).warnings == ()


def test_cuda_asked_for_in_vain_is_told(world: World) -> None:
    world.notes = ("CUDA did not load.",)
    chosen = open_student(settings("on"))
    assert chosen.student.provider == CPU
    assert chosen.warnings[0] == "CUDA did not load."
    assert "CUDA was asked for" in chosen.warnings[1]


def test_a_sample_has_as_many_words_as_asked_for() -> None:
    assert [len(sample(count)) for count in (1, 64, 383)] == [1, 64, 383]
