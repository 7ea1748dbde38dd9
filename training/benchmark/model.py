"""The student that ships: how large it is and what it runs on."""

from __future__ import annotations

from pathlib import Path

from extractor.errors import UsageError
from training.benchmark.report import Figure


def figures(model: str | None) -> list[Figure]:
    """The size of an artifact folder (None: the one shipped) and the provider that really runs its model."""
    folder = Path(model) if model else shipped()
    networks = sorted(folder.rglob("*.onnx"))
    if not networks:
        raise UsageError(f"There is no model.onnx in {folder}.", hint="Name an artifact folder with --model.")
    files = [path for path in networks[0].parent.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    return [
        Figure("model folder", size, 40, at_most=True, unit="MB", n=len(files), note=", ".join(sizes(files))),
        Figure("ONNX Runtime", None, n=len(networks), note=f"provider in use: {provider(networks[0])}"),
    ]


def shipped() -> Path:
    import extractor.student

    return Path(extractor.student.__file__).parent / "weights"


def sizes(files: list[Path]) -> list[str]:
    return [f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in sorted(files)]


def provider(network: Path) -> str:
    """What the session says that it runs on: what is named as available may still fail to load."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(network), providers=onnxruntime.get_available_providers())
    return str(session.get_providers()[0])
