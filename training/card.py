"""The model card: what a model is, what it was fitted on, how well it reads, what may be done with it."""

from __future__ import annotations

from pathlib import Path

from extractor.student.artifact import MODEL_FILE, Manifest
from training.config import Run

CARD = """# Model card: {name}

A student of Tailor: it reads {documents} that an OCR engine has turned into words with places, and answers with
fields, line items and confidences. {architecture} {size:.1f} MB, {precision}.

## Fitted on

{sources}

The labels were written by a teacher, a large multimodal model that read each picture once; the student learnt its
answers (response-based distillation). Every fifth document ("dev", by the number in its name) was held out: it was
measured, and served to fit the numbers that turn the student's probabilities into confidences, two a field.

## Measured on dev, against the teacher's labels

| field | score |
|---|---|
{scores}

Scores are ANLS (DocVQA, threshold 0.5), ANLS* for line items, computed on the words of the OCR engine of the run.

## Licences and limits

{terms}
- The student repeats its teacher's habits and faults. A value that the OCR misread is read wrongly; amounts that don't
  add up give a warning, not a correction. Look at the confidences.
{limits}"""


def write_card(folder: Path, run: Run, manifest: Manifest) -> None:
    sources = [f"- {source.name}. {source.terms}".rstrip() for source in run.data.sources]
    scores = [f"| {name} | {value:.3f} |" for name, value in sorted(manifest.evaluation.items())]
    text = CARD.format(
        name=manifest.name,
        documents=run.schema_of_task.documents,
        architecture=_architecture(run, manifest),
        terms=_terms(manifest),
        size=(folder / MODEL_FILE).stat().st_size / 1e6,
        precision=manifest.precision,
        sources="\n".join(sources),
        scores="\n".join(scores) or "| – | not measured |",
        limits=f"- {run.limits}\n" if run.limits else "",
    )
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def _architecture(run: Run, manifest: Manifest) -> str:
    if manifest.kind == "layout":
        return "Architecture: a layout encoder with Tailor's heads, see `training/students/layout.py`."
    return (
        f"Architecture: the compact student, see `training/model.py` ({run.student.layers} layers of width\n"
        f"{run.student.hidden}, word spelling hashed, places as rotary positions, page picture by convolutions)."
    )


def _terms(manifest: Manifest) -> str:
    """What may be done with the weights: those that descend from a backbone keep its terms."""
    backbone = next((each for each in manifest.licences if each.startswith("The backbone is ")), "")
    if not backbone:
        return (
            "- The weights are published under Apache-2.0, as Tailor is; the documents that they were fitted on have\n"
            "  their own terms (above)."
        )
    return (
        f"- {backbone}\n"
        "  The weights of this model descend from these, under the same terms; the documents that they were fitted on\n"
        "  have terms of their own (above)."
    )
