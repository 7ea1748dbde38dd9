"""The model card: what a model is, what it was fitted on, how well it reads, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from extractor.errors import UsageError
from extractor.student.artifact import FIGURES_FILE, MODEL_FILE, Manifest, find_model, read_manifest, shipped_models
from training.benchmark.report import Figure, from_json, shown
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

CARD_FILE = "MODEL_CARD.md"

CHOICE = """## Which student to choose

{terms}

{table}

Measured end to end from the picture by `tailor benchmark`. Where weights may be used only if the terms of every
document behind them are stated, take a student whose sources all state theirs; else take the one that reads documents
like yours best. `tailor extract --model NAME` takes a student, `tailor models` lists them.
"""
CHOICE_HEAD = CHOICE.splitlines()[0]


def write_card(folder: Path, run: Run, manifest: Manifest, made_of: str = "") -> None:
    """`made_of` says of which students a model is made that is not a single run's."""
    sources = [f"- {source.name}. {source.terms}".rstrip() for source in run.data.sources]
    scores = [f"| {name} | {value:.3f} |" for name, value in sorted(manifest.evaluation.items())]
    text = CARD.format(
        name=manifest.name,
        documents=run.schema_of_task.documents,
        architecture="\n".join(filter(None, (_architecture(run, manifest), made_of))),
        terms=_terms(manifest),
        size=(folder / MODEL_FILE).stat().st_size / 1e6,
        precision=manifest.precision,
        sources="\n".join(sources),
        scores="\n".join(scores) or "| – | not measured |",
        limits=f"- {run.limits}\n" if run.limits else "",
    )
    (folder / CARD_FILE).write_text(text, encoding="utf-8")


def write_choices(names: Sequence[str] | None = None) -> list[Path]:
    """Writes "Which student to choose" into the card of each of these shipped models (all where none are named), in
    place of the one that stands there; returns the cards. The figures are those that lie beside each model.

    Raises UsageError where there is nothing to choose between, or a model has no figures or no card.
    """
    chosen = list(names or shipped_models())
    if len(chosen) < 2:
        raise UsageError("There is one model, so nothing to choose between.", hint="Export a second one beside it.")
    section = choice(
        {name: read_manifest(find_model(name)) for name in chosen}, {name: _figures(name) for name in chosen}
    )
    cards = [find_model(name) / CARD_FILE for name in chosen]
    for card in cards:
        if not card.is_file():
            raise UsageError(f"There is no {CARD_FILE} in {card.parent}.", hint="Export the model anew.")
        # The section comes last: what follows its heading is an older one.
        before = card.read_text(encoding="utf-8").split(CHOICE_HEAD)[0].rstrip()
        card.write_text(f"{before}\n\n{section}", encoding="utf-8")
    return cards


def choice(manifests: Mapping[str, Manifest], figures: Mapping[str, Sequence[Figure]]) -> str:
    """The section of a card that lets a company choose: each student's sources, and their figures side by side."""
    terms = [
        f"- `{name}` ({manifest.name}) is fitted on {'; '.join(manifest.licences) or 'data that it does not name'}"
        for name, manifest in manifests.items()
    ]
    by_name = {name: {figure.name: figure for figure in held} for name, held in figures.items()}
    rows = dict.fromkeys(figure.name for held in figures.values() for figure in held if figure.asked is not None)
    lines = [f"| figure | {' | '.join(manifests)} |", f"|---{'|---' * len(manifests)}|"]
    for row in rows:
        cells = [by_name[name][row].value if row in by_name[name] else "–" for name in manifests]
        lines.append(f"| {shown(row)} | {' | '.join(cells)} |")
    return CHOICE.format(terms="\n".join(terms), table="\n".join(lines))


def _figures(name: str) -> list[Figure]:
    path = find_model(name) / FIGURES_FILE
    if not path.is_file():
        raise UsageError(
            f"The model {name} has no figures beside it.",
            hint=f"Measure it: tailor benchmark distil --model {name} --json {path}.",
        )
    return from_json(path.read_text(encoding="utf-8"))


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
