"""The student that ships: how large it is and what it runs on."""

from __future__ import annotations

from pathlib import Path

from extractor.errors import UsageError
from extractor.student.artifact import MODEL_FILE, find_model
from training.benchmark.report import Figure


def figures(model: str | None) -> list[Figure]:
    """The size of an artifact folder (None: the one shipped) and the provider that really runs its model."""
    folder = find_model(model)
    files = [path for path in folder.rglob("*") if path.is_file()]
    if folder / MODEL_FILE not in files:
        raise UsageError(f"There is no {MODEL_FILE} in {folder}.", hint="Name an artifact folder with --model.")
    size = sum(path.stat().st_size for path in files) / 1e6
    return [
        Figure("model folder", size, 40, at_most=True, unit="MB", n=len(files), note=", ".join(sizes(files))),
        Figure("ONNX Runtime", None, note=f"provider in use: {provider(folder)}"),
    ]


def sizes(files: list[Path]) -> list[str]:
    return [f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in sorted(files)]


def provider(folder: Path) -> str:
    """What the session says that it runs on: what is named as available may still fail to load."""
    from extractor.student.runtime import Student

    return Student(folder).provider
