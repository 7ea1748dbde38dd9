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

The labels were written by a large multimodal model (the teacher) that read each picture once with the TAIL prompt; the
student learnt its answers (response-based distillation). No ground truth was used. Documents whose number is divisible
by 5 were held out ("dev"): they were measured, and served to fit two numbers a field that turn the student's
probability into a confidence. Nothing of the documents is contained in this folder but what training left in weights.

## Measured on dev, against the teacher's labels

| field | score |
|---|---|
{scores}

Scores are ANLS (DocVQA, threshold 0.5), ANLS* for line items, computed on the words of the default OCR. Figures from
the picture on, against ground truth, speed and memory: `tailor benchmark`, EXPERIMENTS.md.

## Licences and limits

- The weights are published under Apache-2.0, as Tailor is. {licences}
- Fitted mostly on English and Malay receipts from Malaysia, the United States and some thirty other countries. Other
  languages and document types are read less well: look at the confidences.
- The student repeats its teacher's habits: the registered company name where one is printed, amounts with two decimals.
- A value that the OCR misread is read wrongly. Amounts that don't add up give a warning, not a correction.
"""

TERMS = {
    "sroie": "SROIE's pictures (ICDAR 2019) are published under CC BY 4.0.",
    "wild": "WildReceipt's pictures are published for research; the terms of the data set are not stated: check "
    "whether weights fitted on them suit your use, or fit the student to your own receipts.",
}


def write_card(folder: Path, run: Run, manifest: Manifest) -> None:
    sources = [
        f"- {source.name}: teacher labels of the train split of `{source.pictures.parent.name}`"
        for source in run.data.sources
    ]
    scores = [f"| {name} | {value:.3f} |" for name, value in sorted(manifest.evaluation.items())]
    text = CARD.format(
        name=manifest.name,
        layers=run.student.layers,
        hidden=run.student.hidden,
        size=(folder / MODEL_FILE).stat().st_size / 1e6,
        precision=manifest.precision,
        sources="\n".join(sources),
        scores="\n".join(scores) or "| – | not measured |",
        licences=" ".join(TERMS[source.name] for source in run.data.sources if source.name in TERMS),
    )
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
