"""How well the critic tells wrong labels from right ones: `python -m labeling.critic.benchmark`.

Every figure is out of fold. Two ways to fold are shown: by document, and by shop, which asks more: all receipts of a
shop are unknown to the critic that judges them. The figures with a student are biased on documents that it was fitted
on (its labels were theirs): read those on dev beside them. `--fit` writes the critic fitted on all of train.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from extractor.errors import TailorError
from extractor.truth import split_of
from labeling.critic.fitting import Row, fit, out_of_fold, rows_of
from labeling.critic.sheet import squeezed
from labeling.critic.truths import MEASURED, WRONG_BELOW

PRECISION = 0.9
TARGET = 0.85
TODAY = date(2026, 11, 1)
"""Dates after this are in the future: fixed, so that a fit gives the same critic on any day."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How well low trust marks wrong values. `found`: the share of the wrong found where 90 % of those marked are."""

    name: str
    n: int
    wrong: int
    auc: float
    found: float


def auc(trust: Floats, wrong: npt.NDArray[np.bool_]) -> float:
    """The chance that a wrong value is trusted less than a right one (area under the ROC curve; ties count half)."""
    if not wrong.any() or wrong.all():
        return float("nan")
    order = np.argsort(trust, kind="stable")
    ranks = np.empty(len(trust))
    ranks[order] = np.arange(1, len(trust) + 1)
    for value in np.unique(trust):
        same = trust == value
        ranks[same] = ranks[same].mean()
    bad = int(wrong.sum())
    return float(1.0 - (ranks[wrong].sum() - bad * (bad + 1) / 2) / (bad * (len(trust) - bad)))


def found_at(trust: Floats, wrong: npt.NDArray[np.bool_], precision: float = PRECISION) -> float:
    """The largest share of the wrong values below a threshold of trust where at least `precision` are wrong."""
    if not wrong.any():
        return float("nan")
    best = 0.0
    for threshold in np.unique(trust[wrong]):
        below = trust <= threshold
        if wrong[below].mean() >= precision:
            best = max(best, float(wrong[below].sum() / wrong.sum()))
    return best


def scores(name: str, rows: Sequence[Row], trust: Floats) -> list[Score]:
    """Over all measured fields together, then by field."""
    wrong = np.array([row.wrong for row in rows])
    parts: list[tuple[str, npt.NDArray[np.bool_]]] = [(name, np.ones(len(rows), bool))]
    parts += [(f"{name}: {field}", np.array([row.field == field for row in rows])) for field in MEASURED]
    return [
        Score(each, int(at.sum()), int(wrong[at].sum()), auc(trust[at], wrong[at]), found_at(trust[at], wrong[at]))
        for each, at in parts
    ]


def table(found: Sequence[Score]) -> str:
    lines = ["| judged | values | wrong | AUC | wrong found at 90 % precision |", "|---|---|---|---|---|"]
    lines += [f"| {s.name} | {s.n} | {s.wrong} | {_figure(s.auc)} | {_figure(s.found)} |" for s in found]
    return "\n".join(lines)


def _figure(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def collect(data: Path, teacher: Path, student: bool) -> tuple[list[Row], dict[str, str]]:
    """The rows of both sets of receipts, and the shop of each document."""
    from extractor.ocr import build_engine, default_cache_folder
    from extractor.student.runtime import Student
    from extractor.truth import load_truths
    from labeling.critic.evidence import Case
    from labeling.critic.merchants import Merchants
    from labeling.critic.reading import pictures_in, read_documents
    from labeling.critic.sheet import Sheet
    from labeling.labels import read_labels

    truths = load_truths(data / "sroie_train" / "gt.jsonl")
    engine = build_engine("rapidocr", cache=default_cache_folder())
    known = {name: read_labels(teacher / f"labels_{name}.jsonl") for name in ("sroie", "wild")}
    labels = [label for each in known.values() for label in each.values()]
    shops, present = Merchants(labels), Student() if student else None
    rows: list[Row] = []
    for name, each in known.items():
        pictures = pictures_in(data / f"{name}_train" / "images")
        for read in read_documents(list(each.values()), pictures, engine, present):
            if read.pages is not None:
                case = Case(Sheet(read.pages), shops, read.student, today=TODAY)
                rows += rows_of(case, read.label, truths.get(str(read.label["id"])), labels)
    return rows, {str(label["id"]): _shop(label) for label in labels}


def _shop(label: Any) -> str:
    return squeezed(str(label.get("merchant_name") or ""))[:8] or str(label["id"])


def measure(rows: Sequence[Row], shops: dict[str, str], student: bool) -> tuple[list[Score], dict[str, Any]]:
    """The scores of all foldings, and the ROC curve of the first: wrong flags and trust."""
    train = [row for row in rows if split_of(row.document) == "train"]
    dev = [row for row in rows if split_of(row.document) == "dev" and row.source == "truth"]
    real = np.array([row.source == "truth" for row in train])
    judged = [row for row in train if row.source == "truth"]
    found: list[Score] = []
    curve: dict[str, Any] = {}
    for seen in (False, True) if student else (False,):
        also = " with the student" if seen else ""
        by_document = out_of_fold(train, student=seen)
        found += scores(f"SROIE train, folds by document{also}", judged, by_document[real])
        by_shop = out_of_fold(train, student=seen, group=lambda row: shops[row.document])
        found += scores(f"SROIE train, folds by shop{also}", judged, by_shop[real])
        model = fit(train)
        judgements = model.student if seen else model.plain
        odds = np.array([judgements[row.judged.family](row.judged.numbers) for row in dev])
        found += scores(f"SROIE dev{also}", dev, 1.0 / (1.0 + np.exp(-odds)))
        found += _planted(f"planted errors, photographs too, dev{also}", rows, judgements)
        curve = curve or {"wrong": [row.wrong for row in judged], "trust": by_document[real]}
    return found, curve


def _planted(name: str, rows: Sequence[Row], judgements: Any) -> list[Score]:
    dev = [row for row in rows if split_of(row.document) == "dev" and not (row.source == "truth" and row.wrong)]
    trust = 1.0 / (1.0 + np.exp(-np.array([judgements[row.judged.family](row.judged.numbers) for row in dev])))
    wrong = np.array([row.wrong for row in dev])
    return [Score(name, len(dev), int(wrong.sum()), auc(trust, wrong), found_at(trust, wrong))]


def plot(curve: dict[str, Any], path: Path) -> None:
    """The ROC curve of the values with truth, folds by document, as a PNG. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    wrong = np.array(curve["wrong"])[np.argsort(curve["trust"])]
    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.plot(np.cumsum(~wrong) / (~wrong).sum(), np.cumsum(wrong) / wrong.sum(), label="critic")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="chance")
    axes.set(xlabel="right labels doubted", ylabel="wrong labels doubted", title="Critic, SROIE train, out of fold")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


def main(
    data: Annotated[Path, typer.Option(help="The folder with sroie_train and wild_train.")] = Path("../shared/data"),
    teacher: Annotated[Path, typer.Option(help="The folder with the teacher's labels.")] = Path("../shared/teacher"),
    student: Annotated[bool, typer.Option(help="Measure with the shipped student's view too.")] = True,
    fit_to: Annotated[Path | None, typer.Option("--fit", help="Write the critic fitted on train here.")] = None,
    plot_to: Annotated[Path | None, typer.Option("--plot", help="Write the ROC curve here, a PNG.")] = None,
) -> None:
    """Measure the critic on labels whose truth is known, out of fold; print a Markdown table."""
    rows, shops = collect(data, teacher, student)
    found, curve = measure(rows, shops, student)
    typer.echo(table(found))
    typer.echo(f"\nWrong: another number (total), another day (date), ANLS under {WRONG_BELOW} (name, address).")
    verdict = "reached" if found[0].auc >= TARGET else "missed"
    typer.echo(f"AUC on SROIE train {found[0].auc:.3f}, target {TARGET}: {verdict}.")
    if plot_to is not None:
        plot(curve, plot_to)
    if fit_to is not None:
        figures = {s.name: round(s.auc, 4) for s in found if not np.isnan(s.auc) and ": " not in s.name}
        fit([row for row in rows if split_of(row.document) == "train"], figures).save(fit_to)


if __name__ == "__main__":
    try:
        typer.run(main)
    except TailorError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
