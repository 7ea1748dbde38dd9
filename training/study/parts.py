"""The parts of a study: which arms each needs, and the figures that it makes of their scores."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from extractor.truth import Truth, truth_of_label
from training.benchmark.accuracy import as_record
from training.benchmark.corpus import spread
from training.study import arms, cost, rules
from training.study.arms import Arm, Trial, distinct, trial_of
from training.study.documents import Documents
from training.study.noise import asked, changed, corrupt
from training.study.plan import PLAIN, Study
from training.study.scores import Scores, lost, mean_of, score, summary
from training.study.work import scores_of

AT_ISSUE = 0.2
"""The noise at which the loss is told: a fifth of the fields."""


@dataclass(frozen=True)
class Bench:
    """What the parts work with."""

    study: Study
    documents: Mapping[str, Documents]
    truths: Mapping[str, Mapping[str, Truth]]
    folder: Path
    workers: int = 1

    @property
    def fields(self) -> tuple[str, ...]:
        return self.study.plan.fields

    @property
    def available(self) -> int:
        """Train documents with labels, of all sources together."""
        return sum(len(each.train) for each in self.documents.values())

    def trained(self, chosen: Sequence[Arm]) -> dict[str, Trained]:
        """The arms after training with every seed, by name."""
        trials = [self.trial(arm, seed) for arm in chosen for seed in self.study.plan.seeds]
        found = scores_of(distinct(trials), self.study.run, self.truths, self.workers)
        done: dict[str, Trained] = {}
        for arm in chosen:
            mine = [trial for trial in trials if trial.arm.name == arm.name]
            results = [found[trial.run.name] for trial in mine]
            done[arm.name] = Trained(arm, mine, [scores for scores, _ in results], [facts for _, facts in results])
        return done

    def trial(self, arm: Arm, seed: int) -> Trial:
        return trial_of(arm, seed, self.study, self.documents, self.folder)


@dataclass(frozen=True)
class Trained:
    """One arm with all its seeds."""

    arm: Arm
    trials: list[Trial]
    scores: list[Scores]
    facts: list[dict[str, Any]]

    def row(self, fields: Sequence[str]) -> dict[str, Any]:
        figures = summary(self.scores, fields)
        return {
            "name": self.arm.name,
            "says": self.arm.says,
            "labels": self.trials[0].labels,
            "seeds": [trial.seed for trial in self.trials],
            "seconds": sum(each["seconds"] for each in self.facts) / len(self.facts),
            "steps": self.facts[0]["steps"],
            "sources": figures,
            "mean": mean_of(figures),
            "all": mean_of(figures, "all"),
        }


def baselines(bench: Bench) -> dict[str, Any]:
    """Rules, the teacher itself, and the student in its variants."""
    done = bench.trained(arms.baseline_arms(bench.study))
    student = done[arms.STUDENT]
    rows = [each.row(bench.fields) for each in done.values()]
    gaps = {
        name: lost(student.scores, each.scores, bench.fields)
        for name, each in done.items()
        if name != arms.STUDENT and "_alone_" not in name
    }
    pairs = {
        source: lost(done[f"{source}_alone_truth"].scores, done[f"{source}_alone_teacher"].scores, bench.fields)[source]
        for source in bench.study.plan.ground_truth
    }
    return {"rows": [*readers(bench), *rows], "lost_against_student": gaps, "lost_by_teacher_labels": pairs}


def readers(bench: Bench) -> list[dict[str, Any]]:
    """Those that need no training: rules on the OCR's lines, and the teacher where there is a ground truth."""
    from training.sources import read_stores

    examples = [example for store in read_stores(bench.study.run, "dev").values() for example in store]
    read = score([rules.record(example.name, example.tokens) for example in examples], bench.truths)
    rows = [_row("rules", "rules on the OCR's lines", read, bench.fields)]
    known = {name: truths for name, truths in bench.truths.items() if bench.documents[name].truth}
    if known:
        rows.append(_row("teacher", "the teacher itself", _annotated(bench, known, 0.0), bench.fields))
    return rows


def _row(name: str, says: str, scores: Scores, fields: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "says": says, "labels": 0, "seeds": [], "sources": summary([scores], fields)}


def _annotated(bench: Bench, truths: Mapping[str, Mapping[str, Truth]], share: float, seed: int = 1) -> Scores:
    """How a teacher who errs in so many fields would score on dev. The noise is put into a copy; dev stays as it is."""
    task = bench.study.run.schema_of_task
    labels = [label for name in truths for label in corrupt(bench.documents[name].dev, share, seed, task)]
    return score([as_record(truth_of_label(label, task)) for label in labels], truths)


def noise(bench: Bench) -> dict[str, Any]:
    """The student on labels with faults, learnt plainly and robustly, beside labels with as many faults."""
    recipes = arms.recipes_of(bench.study)
    levels = (0.0, *bench.study.plan.noise)
    chosen = {(share, name): arms.noise_arm(share, name, over) for share in levels for name, over in recipes.items()}
    done = bench.trained(list(chosen.values()))
    rows = []
    for (share, recipe), arm in chosen.items():
        trained = done[arm.name]
        gap = lost(done[arms.STUDENT].scores, trained.scores, bench.fields)
        own = lost(done[chosen[0.0, recipe].name].scores, trained.scores, bench.fields)
        rows.append({**trained.row(bench.fields), "noise": share, "recipe": recipe, "lost": gap, "lost_of_own": own})
    labels = []
    for share in levels:
        runs = [_annotated(bench, bench.truths, share, seed) for seed in bench.study.plan.seeds]
        figures = summary(runs, bench.fields)
        labels.append({"noise": share, "sources": figures, "mean": mean_of(figures)})
    crossings = {
        recipe: {source: _crossing(rows, labels, recipe, source) for source in bench.documents} for recipe in recipes
    }
    faults = [_faults(bench, share, done[chosen[share, PLAIN].name].trials[0]) for share in bench.study.plan.noise]
    return {"rows": rows, "labels": labels, "crossings": crossings, "faults": faults, "at_issue": AT_ISSUE}


def _crossing(
    rows: Sequence[Mapping[str, Any]], labels: Sequence[Mapping[str, Any]], recipe: str, source: str
) -> float | None:
    """From which share of noise on the student reads better than labels with that noise, between levels by a straight
    line; 0 where it always does, None where it never does."""
    mine = {row["noise"]: row["sources"][source]["mean"] for row in rows if row["recipe"] == recipe}
    gaps = [(each["noise"], mine[each["noise"]] - each["sources"][source]["mean"]) for each in labels]
    if gaps[0][1] >= 0:
        return 0.0
    for (low, before), (high, after) in pairwise(gaps):
        if before < 0 <= after:
            return float(low + (high - low) * -before / (after - before))
    return None


def _faults(bench: Bench, share: float, trial: Trial) -> dict[str, Any]:
    """Which share of fields was really spoilt, and what of it reaches the student: a wrong value that the OCR did not
    read has no place on the page and teaches nothing."""
    from training.sources import read_stores

    task = bench.study.run.schema_of_task
    clean = bench.trial(arms.base_arm(), trial.seed).run
    fields = spoilt = 0
    for each in bench.documents.values():
        for before, after in zip(each.train, corrupt(each.train, share, trial.seed, task), strict=True):
            fields += len(asked(before, task))
            spoilt += len(changed(before, after, task))
    targets = wrong = silent = 0
    before_stores, after_stores = (read_stores(run, "train", bench.documents) for run in (clean, trial.run))
    for name, store in before_stores.items():
        for was, became in zip(store, after_stores[name], strict=True):
            for field, target in was.spans.items():
                now = became.spans[field]
                targets += target.known
                wrong += now.known and now.candidates != target.candidates
                silent += target.known and not now.known
    return {
        "noise": share,
        "spoilt": spoilt / max(fields, 1),
        "wrong_targets": wrong / max(targets, 1),
        "silenced_targets": silent / max(targets, 1),
        "targets": targets,
    }


def labels(bench: Bench) -> dict[str, Any]:
    """The learning curve: the same student, the same number of steps, fewer labels."""
    counts = [count for count in bench.study.plan.labels if count < bench.available]
    chosen = [*(arms.count_arm(count, bench.available) for count in counts), arms.base_arm()]
    done = bench.trained(chosen)
    return {"rows": [done[arm.name].row(bench.fields) for arm in chosen]}


def ablation(bench: Bench) -> dict[str, Any]:
    """Each loss and recipe in turn, against the base or the change that it builds on."""
    chosen = arms.ablation_arms(bench.study)
    done = bench.trained(list(chosen.values()))
    rows = []
    for name, arm in chosen.items():
        change = bench.study.plan.ablation.get(name)
        against = (change.against if change else "") or arms.STUDENT
        gap = lost(done[chosen[against].name].scores, done[arm.name].scores, bench.fields)
        told = {"change": name, "against": chosen[against].says, "lost": gap if name != arms.STUDENT else None}
        rows.append({**done[arm.name].row(bench.fields), **told})
    return {"rows": rows}


def costs(bench: Bench) -> dict[str, Any]:
    """Seconds measured here against prices of a dated file. The measurement is kept; prices are applied anew."""
    plan = bench.study.plan.cost
    prices = cost.read_prices(plan.prices)
    pictures = [path for each in bench.documents.values() for path in each.pictures.values()]
    measured = _measured(spread(pictures, plan.documents), plan.model, bench.folder / "seconds.json")
    dev = [label for each in bench.documents.values() for label in each.dev]
    tokens = cost.estimate_tokens(spread(pictures, 60), dev, prices.tokens)
    training = plan.training_hours * 3600 if plan.training_hours is not None else _training_seconds(bench)
    figures = cost.describe(measured["seconds"], tokens, prices, bench.available, training)
    return {**figures, "load": measured["load"], "cores": measured["cores"]}


def _measured(pictures: Sequence[Path], model: Path | None, kept: Path) -> dict[str, Any]:
    """The seconds of each document, and how busy the machine was when they were taken (`load` over a minute)."""
    what = {"files": [path.name for path in pictures], "model": str(model or "")}
    if kept.is_file():
        before: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if before["what"] == what:
            return before
    seconds = cost.measure(pictures, model)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    measured = {"what": what, "seconds": seconds, "load": load, "cores": os.cpu_count() or 1}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(measured), encoding="utf-8")
    return measured


def _training_seconds(bench: Bench) -> float:
    """Core seconds that the student's training took, 0 where it has not been trained in this folder."""
    from training.log import read_log

    run = bench.trial(arms.base_arm(), bench.study.plan.seeds[0]).run
    told = read_log(run.output / run.name)
    return float(told[-1]["seconds"]) * run.processes * run.threads if told else 0.0


WORK = {"baselines": baselines, "noise": noise, "labels": labels, "ablation": ablation, "cost": costs}
