"""From a trained student to an artifact: ONNX with the answers computed inside, parity asserted, fp32 and int8."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from extractor.errors import UsageError
from extractor.student.artifact import MANIFEST_FILE, MODEL_FILE, Manifest
from extractor.student.encoder import ENCODER_VERSION, Encoded, collate
from extractor.student.runtime import Student
from training.model import CompactStudent

INPUTS = ("pieces", "numbers", "boxes", "places", "cells", "mask", "pictures")
PLACES = 12
"""How many of the likeliest spans of a field leave the model."""

TOLERANCE = 2e-3
"""The most that a probability may differ between PyTorch and the exported fp32 model."""


class Exported(nn.Module):
    """The student with probabilities and the likeliest spans as outputs, as `runtime.Answers` wants them."""

    def __init__(self, student: CompactStudent) -> None:
        super().__init__()
        self.student = student

    def forward(
        self,
        pieces: Tensor,
        numbers: Tensor,
        boxes: Tensor,
        places: Tensor,
        cells: Tensor,
        mask: Tensor,
        pictures: Tensor,
    ) -> tuple[Tensor, ...]:
        answers = self.student(pieces, numbers, boxes, places, cells, mask, pictures)
        count = mask.shape[1]
        spans = answers["spans"].flatten(2)
        whole = torch.cat([spans, answers["absent"].unsqueeze(-1)], dim=-1).float().softmax(dim=-1)
        # A document may have fewer spans than PLACES: pad, so that the shape holds at every length.
        likely, at = nn.functional.pad(whole[..., :-1], (0, PLACES)).topk(PLACES, dim=-1)
        at = at.clamp(max=count * count - 1)
        first = torch.div(at, count, rounding_mode="floor")
        found = torch.stack([first.float(), (at - first * count).float(), likely], dim=-1)
        return (
            found,
            whole[..., -1],
            answers["tags"].float().softmax(dim=-1),
            answers["begins"].float().sigmoid(),
            *(answers[f"inferred_{name}"].float().softmax(dim=-1) for name in self.student.compact.inferred),
        )


def output_names(student: CompactStudent) -> list[str]:
    return ["spans", "absent", "tags", "begins", *(f"inferred_{name}" for name in student.compact.inferred)]


def export(
    run: Path, target: Path, examples: Sequence[Encoded], *, name: str, quantise: bool = False, **facts: Any
) -> float:
    """Writes the artifact of a run's student; returns the greatest difference of a probability from PyTorch.

    `examples` (two or more documents of different lengths) trace the model and check parity. `facts` go into the
    manifest. Raises UsageError where the run has no student, RuntimeError where fp32 parity fails.
    """
    if not (run / "student" / "config.json").is_file():
        raise UsageError(f"{run} holds no trained student.", hint="Give the folder that `tailor train` wrote.")
    student: CompactStudent = CompactStudent.from_pretrained(run / "student")
    model = Exported(student.float().eval()).eval()  # type: ignore[no-untyped-call]
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / MODEL_FILE
        _to_onnx(model, plain, examples)
        if quantise:
            _quantise(plain, target / MODEL_FILE)
        else:
            shutil.copyfile(plain, target / MODEL_FILE)
    config = (run / "config.json").read_bytes() if (run / "config.json").is_file() else b""
    manifest = Manifest(
        name=name,
        encoder_version=ENCODER_VERSION,
        spans=tuple(student.compact.spans),
        inferred={field: tuple(kinds) for field, kinds in student.compact.inferred.items()},
        parts=tuple(student.compact.parts),
        precision="int8" if quantise else "fp32",
        config_hash=hashlib.sha256(config).hexdigest()[:12],
        **facts,
    )
    write_manifest(target, manifest)
    difference = parity(model, output_names(student), target, examples)
    if not quantise and difference > TOLERANCE:
        raise RuntimeError(f"the exported model differs from the trained one by {difference:.2g}")
    return difference


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(json.loads(manifest.model_dump_json()), indent=1, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def parity(model: Exported, names: Sequence[str], folder: Path, examples: Sequence[Encoded]) -> float:
    """The greatest difference of any probability between PyTorch and ONNX Runtime, over batches of 1 and of all.

    1.0 where a clear first choice stands in another place: likelihoods alone don't tell that it is the same span.
    """
    session = Student(folder, cuda="off").session
    worst = 0.0
    for documents in [*([document] for document in examples), list(examples)]:
        batch = collate(documents)
        with torch.no_grad():
            wanted = dict(zip(names, model(*_tensors(batch)), strict=True))
        given = dict(zip(names, session.run(list(names), dict(batch)), strict=True))
        for name in names:
            one, other = wanted[name].numpy(), given[name]
            if name == "spans":
                clear = one[..., 0, 2] - one[..., 1, 2] > TOLERANCE
                if (one[..., 0, :2] != other[..., 0, :2])[clear].any():
                    worst = 1.0
                one, other = one[..., 2], other[..., 2]
            worst = max(worst, float(np.abs(one - other).max()))
    return worst


def _tensors(batch: Mapping[str, Any]) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(np.ascontiguousarray(batch[name])) for name in INPUTS)


def _to_onnx(model: Exported, path: Path, examples: Sequence[Encoded]) -> None:
    if len(examples) < 2:
        raise UsageError("Two example documents at least are needed to export a model.")
    documents, words, pages = torch.export.Dim("batch"), torch.export.Dim("words"), torch.export.Dim("pages")
    per_word = {0: documents, 1: words}
    shapes = dict.fromkeys(INPUTS[:-1], per_word) | {"pictures": {0: pages}}
    program = torch.onnx.export(
        model,
        _tensors(collate(examples)),
        dynamo=True,
        input_names=list(INPUTS),
        output_names=output_names(model.student),
        dynamic_shapes=shapes,
        external_data=False,
        verbose=False,
    )
    if program is None:
        raise RuntimeError("the exporter returned nothing")
    program.save(str(path))


def _quantise(source: Path, target: Path) -> None:
    """Weights of matrix products and tables in 8 bits; convolutions stay in float (faster, and as small)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(str(source))
    # The exporter merges layers and leaves the shapes from before: they are inferred anew, or quantisation fails.
    del model.graph.value_info[:]
    quantize_dynamic(model, str(target), weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"])
