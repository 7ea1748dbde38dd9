"""Where the student runs: chosen once at start, tried before it is trusted, and said aloud where it isn't the best."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extractor.ocr import default_cache_folder
from extractor.student.encoder import PICTURE_HEIGHT, PICTURE_WIDTH, Encoded, Token, encode
from extractor.student.runtime import Student
from extractor.student.session import CPU, Cuda, on_gpu
from extractor.types import Box
from serving.engine.settings import EngineSettings

logger = logging.getLogger(__name__)

NVIDIA = Path("/dev/nvidia0")
"""Stands where the system has a GPU of NVIDIA, whether or not the libraries for it are installed."""


@dataclass(frozen=True)
class Chosen:
    """A student that has answered, and sentences on what was wanted and could not be had."""

    student: Student
    warnings: tuple[str, ...]


def open_student(settings: EngineSettings) -> Chosen:
    """The student on the fastest provider that has answered a batch here; the CPU in the end.

    Raises BadModel where the model itself can't be loaded.
    """
    reading = settings.reading
    trouble: list[str] = []
    for engines in _ways(settings):
        cuda: Cuda = "off" if reading.cuda == "off" else "auto"
        student = Student(reading.model, threads=reading.threads, cuda=cuda, engines=engines)
        trouble += student.notes
        if not on_gpu(student.provider):
            break
        try:
            _try(student, settings)
        except Exception as error:  # what a GPU's libraries raise is theirs to choose
            trouble.append(f"{student.provider} failed on a first batch ({type(error).__name__}).")
            continue
        return _said(Chosen(student, tuple(dict.fromkeys(trouble))))
    else:
        student = Student(reading.model, threads=reading.threads, cuda="off")
    student.run([sample(64)])
    return _said(Chosen(student, (*dict.fromkeys(trouble), *_missed(settings))))


def sample(tokens: int, pages: int = 1) -> Encoded:
    """A document of so many tokens that says nothing, for warming up and for measuring."""
    rows = max(1, tokens // 4)
    words = []
    for number in range(tokens):
        row, column = divmod(number, 4)
        x, y = column / 4, row / (rows + 1)
        words.append(Token(f"{number}.{row % 100:02d}", Box.clipped(x, y, x + 0.2, y + 0.5 / rows), 0, row, 0.9))
    return encode(words, [np.full((PICTURE_HEIGHT, PICTURE_WIDTH), 128, np.uint8)] * pages)


def _ways(settings: EngineSettings) -> Iterator[Path | None]:
    """Folders for TensorRT's engines, or None for CUDA without it, the fastest way first."""
    if settings.tensorrt == "auto" and settings.reading.cuda != "off":
        yield settings.engines or default_cache_folder().parent / "engines"
    yield None


def _try(student: Student, settings: EngineSettings) -> None:
    """The smallest and the largest batch: whatever is compiled or reserved for a shape is then done."""
    longest = max(settings.batch.lengths, default=384)
    for size, tokens in ((1, 1), (settings.batch.size, longest), (1, longest)):
        student.run([sample(tokens)] * size)


def _missed(settings: EngineSettings) -> list[str]:
    """Sentences where a GPU was asked for, or is there, and the CPU runs."""
    if settings.reading.cuda == "on":
        return ["CUDA was asked for, but ONNX Runtime can't use it here: the CPU runs the student."]
    if settings.reading.cuda == "auto" and NVIDIA.exists():
        return ["A GPU is here, but ONNX Runtime can't use it: the CPU runs the student (install 'tailor[gpu]')."]
    return []


def _said(chosen: Chosen) -> Chosen:
    provider = chosen.student.provider
    level = logging.WARNING if provider == CPU and chosen.warnings else logging.INFO
    logger.log(level, "the student %s runs on %s. %s", chosen.student.name, provider, " ".join(chosen.warnings))
    return chosen
