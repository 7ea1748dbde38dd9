"""How many labels each strategy needs for the same accuracy: `python -m labeling.choice.simulate`.

Recorded labels are replayed: a strategy chooses documents of train, the stand-in for the student (`proxy.py`) is fitted
to their labels and read on dev, round after round with growing budgets. Each seed draws another part of the pool, other
starts and another order of learning; every strategy sees the same draws. Nothing of dev reaches a strategy: doubt comes
from documents without labels, validation scores from folds over documents that have one. The settings of the
strategies were settled on dev: `--on rest` measures on documents that settled nothing.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from extractor.errors import TailorError, UsageError
from extractor.evaluation import evaluate
from extractor.truth import Truth, load_truths, split_of
from labeling.choice.outline import Outline, clarity, embed, outline
from labeling.choice.proxy import FIELDS, Prepared, Proxy, prepare
from labeling.choice.strategies import STRATEGIES, Pool, Strategy, choose

BUDGETS = (25, 50, 100, 200, 400, 800)
LEVELS = (100, 200, 400)
"""The budgets of random choice whose accuracy the others are to reach."""

TARGET = 0.6
POOL_SHARE = 0.8
FOLDS = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """All documents, prepared, with their outlines, and what is true of each (by its label)."""

    documents: Mapping[str, Prepared]
    outlines: Mapping[str, Outline]
    clarity: Mapping[str, float]
    truths: Mapping[str, Truth]

    def split(self, name: str) -> list[str]:
        return [each for each in self.documents if split_of(each) == name]


def simulate(
    known: Known, strategy: Strategy, seed: int, budgets: Sequence[int] = BUDGETS, on: str = "dev"
) -> list[float]:
    """The stand-in's ANLS after each budget, 0–1, on dev or (`on` "rest") on what the draw left out of its pool."""
    train = known.split("train")
    ids = [train[at] for at in np.random.default_rng(seed).permutation(len(train))[: int(POOL_SHARE * len(train))]]
    vectors = embed([known.outlines[name] for name in ids])
    dev = known.split("dev") if on == "dev" else sorted(set(train) - set(ids))
    truths = {name: known.truths[name] for name in dev}
    labelled: list[str] = []
    doubt: dict[str, float] = {}
    scores: dict[str, float] = {}
    curve = []
    for budget in budgets:
        pool = Pool(ids, vectors, doubt, labelled, scores, {name: known.clarity[name] for name in ids})
        labelled += choose(pool, budget - len(labelled), strategy, seed)
        student = Proxy([known.documents[name] for name in labelled], seed)
        curve.append(evaluate([student.read(known.documents[name]) for name in dev], truths).anls or 0.0)
        if budget != budgets[-1] and strategy in ("uncertain", "robust"):
            doubt = {name: student.confidence(known.documents[name]) for name in ids}
        if budget != budgets[-1] and strategy == "performance":
            scores = validation_scores(known, labelled, seed)
    return curve


def validation_scores(known: Known, labelled: Sequence[str], seed: int) -> dict[str, float]:
    """How well each labelled document is read by a stand-in that was fitted to the others' folds."""
    scores = {}
    for fold in range(FOLDS):
        held = list(labelled[fold::FOLDS])
        rest = [name for name in labelled if name not in set(held)]
        student = Proxy([known.documents[name] for name in rest], seed)
        for name in held:
            record = student.read(known.documents[name])
            scores[name] = evaluate([record], {name: known.truths[name]}).anls or 0.0
    return scores


def labels_needed(budgets: Sequence[int], curve: Sequence[float] | Floats, level: float) -> float:
    """How many labels it takes to reach a level, between budgets on a logarithmic scale; NaN where it isn't reached.

    >>> round(labels_needed([100, 200, 400], [0.5, 0.6, 0.8], 0.7))
    283
    """
    for at, value in enumerate(curve):
        if value >= level:
            if at == 0:
                return float(budgets[0])
            share = (level - curve[at - 1]) / (value - curve[at - 1])
            return float(np.exp(np.interp(share, [0, 1], np.log([budgets[at - 1], budgets[at]]))))
    return float("nan")


def collect(data: Path, teacher: Path) -> Known:
    """Both sets of receipts with the teacher's labels; documents without a word are left out."""
    from extractor.loading import load
    from extractor.ocr import build_engine, default_cache_folder, read_page
    from extractor.student.encoder import picture
    from labeling.critic.reading import pictures_in
    from labeling.critic.sheet import Sheet
    from labeling.labels import read_labels

    engine = build_engine("rapidocr", cache=default_cache_folder())
    documents, outlines, legible, truths = {}, {}, {}, {}
    for name in ("sroie", "wild"):
        labels = read_labels(teacher / f"labels_{name}.jsonl")
        true = load_truths(teacher / f"labels_{name}.jsonl")
        for each, path in pictures_in(data / f"{name}_train" / "images").items():
            if each not in labels:
                continue
            with load(path) as document:
                pages = [read_page(page, engine)[0] for page in document.pages()]
            sheet = Sheet(pages)
            if sheet.tokens:
                documents[each] = prepare(sheet, labels[each])
                legible[each] = clarity(sheet)
                outlines[each] = outline(sheet.tokens, picture(pages[0]))
                truths[each] = Truth(each, {field: true[each].fields[field] for field in FIELDS})
    return Known(documents, outlines, legible, truths)


def table(budgets: Sequence[int], curves: Mapping[str, Floats]) -> str:
    """Markdown: mean ANLS by budget with its standard deviation over seeds, and, for what random reaches on average at
    each of `LEVELS`, the labels needed as a share of random's (in brackets its standard deviation over seeds)."""
    levels = [level for level in LEVELS if level in budgets]
    head = " | ".join([*map(str, budgets), *(f"× random's {level}" for level in levels)])
    lines = [f"| strategy | {head} |", "|---|" + "---|" * (len(budgets) + len(levels))]
    for name, curve in curves.items():
        cells = [f"{m:.3f} ± {s:.3f}" for m, s in zip(curve.mean(axis=0), curve.std(axis=0), strict=True)]
        cells += [_ratio(budgets, curve, curves["random"], level) for level in levels]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(budgets: Sequence[int], curve: Floats, random: Floats, level: int) -> str:
    reached = float(random.mean(axis=0)[list(budgets).index(level)])
    need = labels_needed(budgets, curve.mean(axis=0), reached) / level
    return "not reached" if np.isnan(need) else f"{need:.2f} ({ratio_to_random(budgets, curve, random, level)[1]:.2f})"


def ratio_to_random(budgets: Sequence[int], curve: Floats, random: Floats, level: int) -> tuple[float, float]:
    """Mean and standard deviation over seeds of labels needed ÷ `level`, for what random reaches with `level` labels
    and the same draw; seeds that never reach it are left out (NaN where none does)."""
    at = list(budgets).index(level)
    needs = [labels_needed(budgets, own, other[at]) / level for own, other in zip(curve, random, strict=True)]
    known = [need for need in needs if not np.isnan(need)]
    return (float(np.mean(known)), float(np.std(known))) if known else (float("nan"), float("nan"))


def blur(budgets: Sequence[int], random: Floats, level: int) -> float:
    """By which factor of labels one standard deviation between draws moves random choice at a level: its slope there
    against its spread. 1.1 is a sharp measure; 2 means that any ratio is chance.

    >>> round(blur([100, 200], np.array([[0.5, 0.58], [0.5, 0.62]]), 200), 2)
    1.15
    """
    at = list(budgets).index(level)
    before, here = random[:, at - 1].mean(), random[:, at].mean()
    doublings = float(np.log2(budgets[at] / budgets[at - 1]))
    gain = float(here - before) / doublings
    return float(2 ** (random[:, at].std() / gain)) if gain > 0 else float("inf")


def plateau(known: Known, budgets: Sequence[int], random: Floats, seeds: Sequence[int], on: str) -> str:
    """Sentences: how far random choice is from what all labels reach, and how sharp its levels measure."""
    everything = np.array([simulate(known, "random", seed, [len(known.documents)], on)[0] for seed in seeds])
    lines = [f"With every label of the pool: {everything.mean():.3f} ± {everything.std():.3f}."]
    for level in LEVELS:
        missing = everything.mean() - random[:, list(budgets).index(level)].mean()
        factor = blur(budgets, random, level)
        lines.append(
            f"Random's {level}: {missing:.3f} below that; its spread there is worth {factor:.2f} × the labels."
        )
    return "\n".join(lines)


def main(
    data: Annotated[Path, typer.Option(help="The folder with sroie_train and wild_train.")] = Path("../shared/data"),
    teacher: Annotated[Path, typer.Option(help="The folder with the teacher's labels.")] = Path("../shared/teacher"),
    seeds: Annotated[int, typer.Option(min=1, help="How many draws.")] = 3,
    first: Annotated[int, typer.Option(min=0, help="The seed of the first draw: others than were looked at.")] = 0,
    output: Annotated[Path, typer.Option("-o", "--output", help="The CSV file to write.")] = Path("choice.csv"),
    on: Annotated[
        str, typer.Option(help="dev, or rest: the part of train that a draw leaves out of its pool.")
    ] = "dev",
    strategies: Annotated[str, typer.Option(help="Names, separated by commas.")] = ",".join(STRATEGIES),
) -> None:
    """Replay recorded labels and print, for each strategy, the accuracy by budget and the labels needed."""

    names = [name for name in STRATEGIES if name == "random" or name in strategies.split(",")]
    unknown = set(strategies.split(",")) - set(STRATEGIES)
    if unknown:
        raise UsageError(f"There is no strategy {min(unknown)}.", hint=f"Choose among {', '.join(STRATEGIES)}.")
    known = collect(data, teacher)
    draws = range(first, first + seeds)
    curves: dict[str, Floats] = {}
    for name in names:
        begun = time.monotonic()
        curves[name] = np.array([simulate(known, name, seed, on=on) for seed in draws])
        typer.echo(f"{name}: {seeds} seeds in {time.monotonic() - begun:.0f} s", err=True)
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["strategy", "seed", "labels", "anls"])
        for chosen, curve in curves.items():
            for seed, values in zip(draws, curve, strict=True):
                writer.writerows([chosen, seed, budget, f"{v:.5f}"] for budget, v in zip(BUDGETS, values, strict=True))
    typer.echo(table(BUDGETS, curves))
    typer.echo(f"\n{plateau(known, BUDGETS, curves['random'], draws, on)}")
    typer.echo(f"\nANLS of the stand-in on {on}; target {TARGET} × the labels of random for the same ANLS.")


if __name__ == "__main__":
    try:
        typer.run(main)
    except TailorError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
