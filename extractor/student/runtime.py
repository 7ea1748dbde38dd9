"""The student in ONNX Runtime, on a GPU where one really loads, else on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from extractor.student.artifact import MODEL_FILE, Manifest, find_model, model_hash, read_manifest
from extractor.student.encoder import Encoded, collate
from extractor.student.layout_inputs import load_reader
from extractor.student.session import Cuda, on_gpu, open_session, run_bound

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


class Answering(Protocol):
    """What answers encoded documents: a Student, or one that stands in for a Student elsewhere."""

    @property
    def name(self) -> str: ...

    @property
    def manifest(self) -> Manifest: ...

    @property
    def provider(self) -> str: ...

    def run(self, documents: Sequence[Encoded]) -> list[Answers]: ...


class Student:
    """One model in memory; safe to share between threads.

    `model` is an artifact's folder, or the name of a model inside the package (default: the usual one).
    `cuda` "auto" takes CUDA where ONNX Runtime can
    load it, "on" insists (BadModel otherwise), "off" never does. `engines` is a folder where TensorRT, where present,
    keeps what it compiled; None leaves TensorRT alone. `notes` says which faster provider was offered and didn't load.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int = 1,
        cuda: Cuda = "auto",
        engines: Path | None = None,
    ) -> None:
        self.folder = find_model(model)
        self.manifest = read_manifest(self.folder)
        layout = self.manifest.layout
        self._collate = load_reader(self.folder, layout).collate if layout else collate
        opened = open_session(self.folder / MODEL_FILE, threads, cuda, engines)
        self.session, self.notes = opened.session, opened.notes
        self._inputs = frozenset(given.name for given in self.session.get_inputs())
        self._outputs = [output.name for output in self.session.get_outputs()]
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
        if on_gpu(self.provider):
            outputs = run_bound(self.session, inputs, self._outputs)
        else:
            outputs = self.session.run(self._outputs, inputs)
        named = dict(zip(self._outputs, outputs, strict=True))
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
