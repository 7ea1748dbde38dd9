"""The student on a GPU, documents a second by size of batch, and against one core of this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence

from extractor.student.encoder import Encoded
from extractor.student.runtime import Student
from extractor.student.session import on_gpu
from serving.benchmark.report import Figure, say
from serving.engine.gpu import open_student
from serving.engine.settings import BatchSettings, EngineSettings

SIZES = (1, 8, 16, 64)


def measure(documents: Sequence[Encoded], *, rounds: int) -> list[Figure]:
    """One core always; the GPU where ONNX Runtime can use one, else a sentence that says so."""
    chosen = open_student(EngineSettings(batch=BatchSettings(size=max(SIZES))))
    for warning in chosen.warnings:
        say(warning)
    core = Student(threads=1, cuda="off")
    one = _speed(core, documents, 1, rounds)
    figures = [Figure("one CPU core, batch 1", one, "documents/s", core.provider)]
    if not on_gpu(chosen.student.provider):
        say("There is no GPU that ONNX Runtime can use here: run this command where there is one.")
        return figures
    for size in SIZES:
        speed = _speed(chosen.student, documents, size, rounds)
        note = f"{chosen.student.provider}; {speed / one:.1f} × one core"
        figures.append(Figure(f"GPU, batch {size}", speed, "documents/s", note))
    return figures


def _speed(student: Student, documents: Sequence[Encoded], size: int, rounds: int) -> float:
    """The best of the rounds: documents of like length together, as the service batches them."""
    ordered = sorted(documents, key=len)
    batches = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    for batch in batches:  # every shape once, before the clock runs
        student.run(batch)
    best = 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        for batch in batches:
            student.run(batch)
        best = max(best, len(ordered) / (time.perf_counter() - begun))
    return best
