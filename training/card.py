"""The model card: what a model is, what it was fitted on, how well it reads, what may be done with it."""

from __future__ import annotations

from pathlib import Path

from extractor.student.artifact import MODEL_FILE, Manifest
from training.config import Run

CARD = """# Model card: {name}

A compact student of Tailor: it reads receipts and invoices that an OCR engine has turned into words with places, and
answers with fields, line items and confidences. Architecture: see `training/model.py` ({layers} layers of width
{hidden}, word spelling hashed, places as rotary positions, page picture by convolutions). {size:.1f} MB, {precision}.

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

- The weights are published under Apache-2.0, as Tailor is; the documents that they were fitted on have their own terms
  (above).
- The student repeats its teacher's habits and faults. A value that the OCR misread is read wrongly; amounts that don't
  add up give a warning, not a correction. Look at the confidences.
{limits}"""


def write_card(folder: Path, run: Run, manifest: Manifest) -> None:
    sources = [f"- {source.name}. {source.terms}".rstrip() for source in run.data.sources]
    scores = [f"| {name} | {value:.3f} |" for name, value in sorted(manifest.evaluation.items())]
    text = CARD.format(
        name=manifest.name,
        layers=run.student.layers,
        hidden=run.student.hidden,
        size=(folder / MODEL_FILE).stat().st_size / 1e6,
        precision=manifest.precision,
        sources="\n".join(sources),
        scores="\n".join(scores) or "| – | not measured |",
        limits=f"- {run.limits}\n" if run.limits else "",
    )
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
