"""The arms of a study: each a training run that differs from the base in one thing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from training.config import LabelledSource, Run
from training.config_file import parse
from training.study.documents import Documents, Labels, chosen, write_labels
from training.study.plan import PLAIN, Study, laid_over

STUDENT = "student"
"""The base itself on all of the teacher's labels: what every other arm is compared with."""


@dataclass(frozen=True)
class Arm:
    """`says` tells what is different; `labels` what it learns from; `over` what is laid over the base, `sources` over
    its sources by name."""

    name: str
    says: str
    labels: Labels = field(default_factory=Labels)
    over: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """One arm with one seed, ready to be trained: its run, and how many labels it is given."""

    arm: Arm
    seed: int
    run: Run
    labels: int


def base_arm() -> Arm:
    return Arm(STUDENT, "the student, teacher labels")


def baseline_arms(study: Study) -> list[Arm]:
    """The student, what it is without pictures and without places, and with ground truth in place of the teacher."""
    arms = [
        base_arm(),
        Arm("no_picture", "the student without pictures", over={"student": {"picture": False}}),
        Arm("text_only", "the student on text alone", over={"student": {"picture": False, "layout": False}}),
    ]
    fields = study.plan.fields
    for source in study.plan.ground_truth:
        mixed = f"{source}: ground truth in place of the teacher; the other sources as they are"
        alone = f"{source} alone, {len(fields)} fields"
        arms += [
            Arm(f"{source}_truth", mixed, Labels(truth=True)),
            Arm(f"{source}_alone_teacher", f"{alone}, teacher labels", Labels((source,), fields=fields)),
            Arm(f"{source}_alone_truth", f"{alone}, ground truth", Labels((source,), truth=True, fields=fields)),
        ]
    return arms


def recipes_of(study: Study) -> dict[str, Mapping[str, Any]]:
    """The ways to learn noisy labels, the base's own first. Raises UsageError where one is no valid run."""
    for name, recipe in study.plan.recipes.items():
        try:
            parse(laid_over(study.base, recipe or {}))
        except UsageError as error:
            raise UsageError(f"The recipe {name}: {error.message}", hint=error.hint) from error
    return {PLAIN: {}, **{name: recipe or {} for name, recipe in study.plan.recipes.items()}}


def noise_arm(share: float, recipe: str, over: Mapping[str, Any]) -> Arm:
    if not share and recipe == PLAIN:
        return base_arm()
    says = f"{share:.0%} of the fields spoilt, learnt {recipe}"
    return Arm(f"noise-{100 * share:g}-{recipe}", says, Labels(noise=share), over)


def count_arm(count: int, available: int) -> Arm:
    if count >= available:
        return base_arm()
    return Arm(f"labels-{count}", f"{count} labels", Labels(count=count))


def ablation_arms(study: Study) -> dict[str, Arm]:
    """The base and each change, by name. Raises UsageError where one is no valid run."""
    found = {STUDENT: base_arm()}
    for name, change in study.plan.ablation.items():
        if change is None:
            continue
        arm = Arm(f"ablation-{name}", change.says, Labels(count=change.labels), change.over, change.sources)
        try:
            parse(_changed(study, arm))
        except UsageError as error:
            raise UsageError(f"The change {name}: {error.message}", hint=error.hint) from error
        found[name] = arm
    return found


def _changed(study: Study, arm: Arm) -> dict[str, Any]:
    """The base with what an arm lays over it, on the base's own label files."""
    base = laid_over(study.base, dict(arm.over))
    files = {name: source.labels for name, source in study.sources.items()}
    return {**base, "data": {**base["data"], "sources": _sources(study, files, arm)}}


def trial_of(
    arm: Arm, seed: int, study: Study, documents: Mapping[str, Documents], folder: Path, labels: Labels | None = None
) -> Trial:
    """The run of an arm: its labels written to `folder`/labels, everything else as the base has it.

    The run's name ends in a fingerprint of what it learns and how, so that an arm is found again exactly where nothing
    about it has changed.
    """
    given = chosen(labels or arm.labels, documents, study, seed)
    files = {name: write_labels(folder / "labels", name, mine) for name, mine in given.items()}
    base = laid_over(study.base, dict(arm.over))
    base["data"] = {**base["data"], "sources": _sources(study, files, arm)}
    base["data"].pop("limit", None)  # the label files are as long as they shall be
    base |= {"seed": seed, "output": str(folder / "arms"), "evaluation": {"every": 1_000_000}}
    run = parse({**base, "name": arm.name})
    name = f"{arm.name}-s{seed}-{_fingerprint(run)}"
    count = sum(len(mine) for mine in given.values())
    return Trial(arm, seed, run.model_copy(update={"name": name}), count)


def _sources(study: Study, files: Mapping[str, Path], arm: Arm) -> list[dict[str, Any]]:
    found = []
    for source in study.run.data.sources:
        plain = source.model_dump(mode="json")
        over = arm.sources.get(source.name, {})
        if not isinstance(source, LabelledSource) or "labels" in over:
            # Labels in a file of its own may hold dev documents, which are held out as ever.
            found.append({**plain, **over})
        elif source.name in files:
            found.append({**plain, "labels": str(files[source.name]), "hold_out": False, **over})
    known = {source.name for source in study.run.data.sources}
    return found + [{**more, "name": name} for name, more in arm.sources.items() if name not in known]


def _fingerprint(run: Run) -> str:
    plain = run.model_dump(mode="json", exclude={"name", "output", "threads", "checkpoint_minutes", "export", "limits"})
    for source in plain["data"]["sources"]:
        if source["kind"] == "labelled":
            source["labels"] = Path(source["labels"]).name  # a name that tells what the file holds
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]


def distinct(trials: Sequence[Trial]) -> list[Trial]:
    """Each run once: the same one serves several parts of a study."""
    return list({trial.run.name: trial for trial in trials}.values())
