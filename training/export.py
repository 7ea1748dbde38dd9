"""From a trained student to an artifact: ONNX with the answers computed inside, parity asserted, fp32 and int8."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from extractor.errors import UsageError
from extractor.student.artifact import MANIFEST_FILE, MODEL_FILE, Manifest
from extractor.student.runtime import Student as Runtime
from extractor.task import RECEIPTS, Task
from training.augment import Sample
from training.dev import manifest_of
from training.outputs import Exported, output_names
from training.students.base import Student
from training.students.build import load_student

TOLERANCE = 2e-3
"""The most that a probability may differ between PyTorch and the exported fp32 model."""


def export(
    run: Path,
    target: Path,
    samples: Sequence[Sample],
    *,
    name: str,
    student: Student | None = None,
    quantise: bool = False,
    task: Task = RECEIPTS,
    **facts: Any,
) -> float:
    """Writes the artifact of a run's student; returns the greatest difference of a probability from PyTorch.

    `student` is what is exported in place of the run's own: blended with others, or several as one.
    `samples` (two or more documents of different lengths) trace the model and check parity. `facts` go into the
    manifest. Raises UsageError where the run has no student, RuntimeError where fp32 parity fails.
    """
    student = student or load_student(run / "student")
    model = Exported(student.float().eval()).eval()  # type: ignore[no-untyped-call]
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / MODEL_FILE
        _to_onnx(model, plain, samples)
        if quantise:
            _quantise(plain, target / MODEL_FILE)
        else:
            shutil.copyfile(plain, target / MODEL_FILE)
    config = (run / "config.json").read_bytes() if (run / "config.json").is_file() else b""
    facts |= student.publish(target)
    facts["licences"] = (*facts.get("licences", ()), *student.terms)
    facts |= {"precision": "int8" if quantise else "fp32", "config_hash": hashlib.sha256(config).hexdigest()[:12]}
    write_manifest(target, manifest_of(student, task, name).model_copy(update=facts))
    difference = parity(model, target, samples)
    if not quantise and difference > TOLERANCE:
        raise RuntimeError(f"the exported model differs from the trained one by {difference:.2g}")
    return difference


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(json.loads(manifest.model_dump_json()), indent=1, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def parity(model: Exported, folder: Path, samples: Sequence[Sample]) -> float:
    """The greatest difference of any probability between PyTorch and ONNX Runtime, over batches of 1 and of all.

    1.0 where a clear first choice stands in another place: likelihoods alone don't tell that it is the same span.
    """
    session = Runtime(folder, cuda="off").session
    names = output_names(model.student)
    asked = {given.name for given in session.get_inputs()}
    worst = 0.0
    for documents in [*([sample] for sample in samples), list(samples)]:
        batch = model.student.collate(documents)
        with torch.no_grad():
            wanted = dict(zip(names, model(*batch.values()), strict=True))
        inputs = {key: each.numpy() for key, each in batch.items() if key in asked}
        given = dict(zip(names, session.run(names, inputs), strict=True))
        for name in names:
            one, other = wanted[name].numpy(), given[name]
            if name == "spans":
                clear = one[..., 0, 2] - one[..., 1, 2] > TOLERANCE
                if (one[..., 0, :2] != other[..., 0, :2])[clear].any():
                    worst = 1.0
                one, other = one[..., 2], other[..., 2]
            worst = max(worst, float(np.abs(one - other).max()))
    return worst


def _to_onnx(model: Exported, path: Path, samples: Sequence[Sample]) -> None:
    if len(samples) < 2:
        raise UsageError("Two example documents at least are needed to export a model.")
    student = model.student
    names = sorted({axis for axes in student.axes.values() for axis in axes})
    sizes = {name: torch.export.Dim(name) for name in names}
    shapes = tuple({at: sizes[axis] for at, axis in enumerate(student.axes[name])} for name in student.inputs)
    program = torch.onnx.export(
        model,
        tuple(student.collate(samples).values()),
        dynamo=True,
        input_names=list(student.inputs),
        output_names=output_names(student),
        dynamic_shapes=(shapes,),
        external_data=False,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("the exporter returned nothing")
    program.save(str(path))
    _forget_where(path)


def _forget_where(path: Path) -> None:
    """Takes away what the exporter notes beside each node: files and lines of the machine that exported."""
    import onnx

    model = onnx.load(str(path))
    _clear(model.graph)
    onnx.save(model, str(path))


def _clear(graph: Any) -> None:
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer, graph):
        del part.metadata_props[:]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _clear(attribute.g)


def _quantise(source: Path, target: Path) -> None:
    """Weights of matrix products and tables in 8 bits; convolutions stay in float (faster, and as small)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(str(source))
    # The exporter merges layers and leaves the shapes from before: they are inferred anew, or quantisation fails.
    del model.graph.value_info[:]
    quantize_dynamic(model, str(target), weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"])
