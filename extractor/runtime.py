"""ONNX Runtime, or a sentence that says how to get it.

Plain `pip install tailor` brings none: `onnxruntime` and `onnxruntime-gpu` put their files into the same folder and
shadow each other, so that the choice is the user's, by the exclusive extras `cpu` and `gpu`.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from extractor.errors import MissingExtra

HINT = "Install one: pip install 'tailor[cpu]', or 'tailor[gpu]' for CUDA."


def require_onnxruntime() -> ModuleType:
    """The module `onnxruntime`, whichever of the two packages brought it.

    Raises MissingExtra (missing_onnxruntime) where neither is installed, or where removing one took the other's files.
    """
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as missing:
        raise MissingExtra("ONNX Runtime is not installed.", code="missing_onnxruntime", hint=HINT) from missing
    if not hasattr(runtime, "InferenceSession"):
        raise MissingExtra(
            "What is left of ONNX Runtime does not work: onnxruntime and onnxruntime-gpu were both installed.",
            code="missing_onnxruntime",
            hint="Uninstall both (pip uninstall onnxruntime onnxruntime-gpu). " + HINT,
        )
    return runtime
