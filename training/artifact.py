"""From a run to a model folder that may be shipped: export, look at dev, fit the confidences, write the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from extractor.errors import UsageError
from extractor.evaluation import Report, evaluate
from extractor.student.artifact import Calibration, read_manifest
from extractor.student.runtime import Student as Runtime
from extractor.truth import Truth
from extractor.types import Extraction
from training.augment import plain
from training.benchmark.accuracy import claims
from training.benchmark.calibration import fit_platt, logit
from training.card import write_card
from training.config import Run
from training.corpus import Example
from training.dev import record_of, truths_of
from training.export import export, write_manifest
from training.sources import read_stores
from training.students.base import Student
from training.students.blend import blended
from training.students.build import load_student
from training.students.ensemble import Ensemble

LEAST_CLAIMS = 20
"""A field answered less often on dev keeps the student's own probability: too few to fit two numbers."""


@dataclass(frozen=True)
class Others:
    """Runs beside the one that is published: `blend` those whose weights are blended with its own, by their share,
    `beside` those whose students answer beside its own."""

    blend: Mapping[Path, float] = field(default_factory=dict)
    beside: tuple[Path, ...] = ()

    def student(self, run: Path) -> Student | None:
        """The student of all; None where there is no other run. Raises UsageError where they don't belong together."""
        if not self.blend and not self.beside:
            return None
        own = blended(run / "student", {path / "student": share for path, share in self.blend.items()})
        return Ensemble([own, *(load_student(path / "student") for path in self.beside)]) if self.beside else own

    def told(self, run: Path) -> str:
        """What the student is made of, in words; nothing where it is a single run's."""
        if not self.blend and not self.beside:
            return ""
        own = 1 - sum(self.blend.values())
        shares = [(run.name, own), *((path.name, share) for path, share in self.blend.items())]
        mean = " and ".join(f"{share:.0%} {name}" for name, share in shares) if self.blend else run.name
        parts = [f"weights of {mean}" if self.blend else mean, *(path.name for path in self.beside)]
        return (
            f"Probabilities are the mean of {len(parts)} students: {'; '.join(parts)}." if self.beside else f"{mean}."
        )


def publish(
    run_folder: Path,
    target: Path,
    *,
    name: str,
    precision: Literal["fp32", "int8"] | None,
    calibrate: bool,
    others: Others | None = None,
) -> str:
    """Writes the artifact and returns a line that says what it is. Dev is looked at, never fitted on but for the two
    numbers of each field's calibration. `precision` None takes what the run's configuration says."""
    made_of = others or Others()
    run = run_of(run_folder)
    if run.student.kind == "generative":
        raise UsageError(
            f"{run_folder} holds a generative student, which is not exported.",
            hint=f"Its adapters are in {run_folder / 'adapters'}; generative.merge=true saves a whole model.",
        )
    task = run.schema_of_task
    held = [example for store in read_stores(run, "dev").values() for example in store]
    chosen = precision or run.export.precision
    samples = [plain(example) for example in held[:: max(1, len(held) // 5)]]
    terms = tuple(f"{source.name}: {source.terms}" for source in run.data.sources if source.terms)
    difference = export(
        run_folder,
        target,
        samples,
        name=name,
        student=made_of.student(run_folder),
        quantise=chosen == "int8",
        task=task,
        licences=terms,
    )
    if calibrate:
        student = Runtime(target)
        truths = truths_of(held, task)
        records = read_with(student, held)
        manifest = student.manifest.model_copy(update={"calibration": fit_calibration(records, truths)})
        evaluation = figures(evaluate(records.values(), truths))
        write_manifest(target, manifest.model_copy(update={"evaluation": evaluation}))
    write_card(target, run, read_manifest(target), made_of.told(run_folder))
    size = (target / "model.onnx").stat().st_size / 1e6
    return f"{target}: {size:.1f} MB, {chosen}, greatest difference from PyTorch {difference:.2g}"


def run_of(folder: Path) -> Run:
    """The configuration of a run's folder. Raises UsageError where it is none."""
    try:
        return Run.model_validate_json((folder / "config.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"{folder} is not the folder of a run: its config.json can't be read.",
            hint="Give the folder that `tailor train` wrote.",
        ) from error


def read_with(student: Runtime, examples: Sequence[Example]) -> dict[str, Extraction]:
    """What an exported student reads of prepared documents, with its own probabilities as confidences."""
    bare = student.manifest.model_copy(update={"calibration": {}})
    return {example.name: record_of(example, student.run([plain(example).encoded])[0], bare) for example in examples}


def fit_calibration(records: dict[str, Extraction], truths: dict[str, Truth]) -> dict[str, Calibration]:
    """Platt's two numbers for each field that was answered often enough, right and wrong."""
    made = claims(records, truths)
    fitted = {}
    for name in sorted({claim.field for claim in made}):
        mine = [claim for claim in made if claim.field == name]
        if len(mine) < LEAST_CLAIMS:
            continue
        scores = logit(np.array([claim.confidence for claim in mine]))
        slope, intercept = fit_platt(scores, np.array([claim.correct for claim in mine]))
        if slope > 0:
            fitted[name] = Calibration(slope=round(slope, 4), intercept=round(intercept, 4))
    return fitted


def figures(report: Report) -> dict[str, float]:
    found = {f"{score.field}.anls": score.anls for score in report.fields}
    if report.line_items is not None:
        found["line_items.anls_star"] = report.line_items.anls
    return {key: round(value, 4) for key, value in found.items() if value is not None}
