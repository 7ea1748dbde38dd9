"""The student in ONNX Runtime, on CUDA where it really loads, else on the CPU."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from extractor.errors import BadModel, MissingExtra
from extractor.student.artifact import MODEL_FILE, find_model, model_hash, read_manifest
from extractor.student.encoder import Encoded, collate
from extractor.student.layout_inputs import load_reader

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What the student says of one document of n tokens, as probabilities.

    `spans` fields × k × 3: first token, last token, probability, the most likely first · `absent` fields · `tags`
    n × (1 + parts) · `begins` n · `inferred` name → classes.
    """

    spans: Floats
    absent: Floats
    tags: Floats
    begins: Floats
    inferred: dict[str, Floats]


class Student:
    """One model in memory; safe to share between threads.

    `model` is an artifact's folder, or the name of a model inside the package (default: the usual one).
    `cuda` "auto" takes CUDA where ONNX Runtime can
    load it, "on" insists (BadModel otherwise), "off" never does.
    """

    def __init__(
        self, model: str | Path | None = None, *, threads: int = 1, cuda: Literal["auto", "on", "off"] = "auto"
    ) -> None:
        self.folder = find_model(model)
        self.manifest = read_manifest(self.folder)
        layout = self.manifest.layout
        self._collate = load_reader(self.folder, layout).collate if layout else collate
        self.session = _session(self.folder / MODEL_FILE, threads, cuda)
        self._inputs = frozenset(given.name for given in self.session.get_inputs())
        self.name = f"{self.manifest.name}@{model_hash(self.folder)}"

    @property
    def provider(self) -> str:
        """The execution provider that really runs."""
        return str(self.session.get_providers()[0])

    def run(self, documents: Sequence[Encoded]) -> list[Answers]:
        """The answers to documents in one batch; a document without tokens is not allowed."""
        if not documents:
            return []
        # A student that doesn't look at pictures, or at places, has been exported without these inputs.
        inputs = {name: array for name, array in self._collate(documents).items() if name in self._inputs}
        outputs = self.session.run(None, inputs)
        named = dict(zip((output.name for output in self.session.get_outputs()), outputs, strict=True))
        return [answers_of(named, row, len(document)) for row, document in enumerate(documents)]


def answers_of(named: dict[str, Any], row: int, count: int) -> Answers:
    """One document's answers out of a batch's outputs, padding cut off."""
    return Answers(
        spans=named["spans"][row],
        absent=named["absent"][row],
        tags=named["tags"][row, :count],
        begins=named["begins"][row, :count],
        inferred={
            name.removeprefix("inferred_"): output[row]
            for name, output in named.items()
            if name.startswith("inferred_")
        },
    )


def _session(path: Path, threads: int, cuda: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra(
            "ONNX Runtime is not installed.", hint="Install it: pip install 'tailor[cpu]' (or 'tailor[gpu]')."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Documents differ in length: else memory for every length seen is kept. It costs no time that can be measured.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    wanted = ["CPUExecutionProvider"]
    if cuda != "off" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        wanted.insert(0, "CUDAExecutionProvider")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:
        raise BadModel(f"{path} can't be loaded by ONNX Runtime ({type(error).__name__}).") from error
    if cuda == "on" and "CUDAExecutionProvider" not in session.get_providers():
        raise BadModel(
            "CUDA was asked for, but ONNX Runtime can't use it here.",
            hint="Install 'tailor[gpu]' with CUDA 13 and cuDNN 9, or leave the choice to Tailor.",
        )
    logger.info("student runs on %s", session.get_providers()[0])
    return session
