"""Recipes at work in a whole run: they learn, and a run that is broken off ends as an unbroken one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.training import tiny
from tests.training.test_loop import Killed, same, shown
from tests.training.tiny import receipts
from training import checkpoint, loop
from training.config import Run
from training.corpus import Example
from training.log import read_log

ALL: dict[str, Any] = {
    "augmentation": {"hard": 2},
    "stages": [{"name": "fit", "mixup": 0.4, "reweight": {"every": 1, "sample": 2, "temperature": 0.05}}],
}


def two_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = receipts(12)

    def read(run: Run, split: str, names: Iterable[str] | None = None) -> dict[str, list[Example]]:
        return {"easy": documents[:2]} if split == "dev" else {"easy": documents[:4], "hard": documents[4:]}

    monkeypatch.setattr(loop, "read_stores", read)


def run(folder: Path, name: str, **changes: Any) -> Run:
    (given,) = tiny.run(folder).data.model_dump(mode="json")["sources"]
    declared = [{**given, "name": "easy"}, {**given, "name": "hard"}]
    return tiny.run(folder, name=name, data={"sources": declared}, **{"checkpoint_minutes": 0, **changes})


def timeless(folder: Path) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in line.items() if key not in ("seconds", "documents_a_second")}
        for line in read_log(folder)
    ]


@pytest.mark.parametrize("by", ["loss", "dev"])
def test_all_recipes_together_survive_a_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    two_sources(monkeypatch)
    stage = ALL["stages"][0]
    teacher = loop.train(run(tmp_path, "teacher", optimiser__epochs=6)) if by == "loss" else None
    changes = {
        **ALL,
        "teacher": {"student": str(teacher / "student")} if teacher else None,
        "stages": [{**stage, "reweight": {**stage["reweight"], "by": by}}],
        "optimiser__epochs": 5,
        "evaluation": {"every": 2},
    }
    whole = loop.train(run(tmp_path, "whole", **changes | {"checkpoint_minutes": 3.0}))
    weights = [line for line in read_log(whole) if "weight.easy" in line]
    assert len(weights) >= 4
    assert weights[-1]["step"] < 10, "after the last epoch nothing is drawn"
    # `easy` alone is looked at on dev: by dev there is nothing to set it against.
    assert (len({line["weight.easy"] for line in weights}) > 1) == (by == "loss")
    assert all(4 * line["weight.easy"] + 8 * line["weight.hard"] == pytest.approx(12) for line in weights)
    save, moment = checkpoint.save, 5

    def dies(folder: Path, state: checkpoint.Checkpoint) -> None:
        if state.step == moment:
            raise Killed
        save(folder, state)

    monkeypatch.setattr(checkpoint, "save", dies)
    with pytest.raises(Killed):
        loop.train(run(tmp_path, "broken", **changes))
    monkeypatch.setattr(checkpoint, "save", save)
    broken = loop.train(run(tmp_path, "broken", **changes))
    assert same(whole, broken)
    assert timeless(whole) == timeless(broken)


def test_a_student_learns_from_mixed_and_hard_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples)
    changes = {"stages": [{"name": "fit", "mixup": 0.2}], "augmentation": {"hard": 2, **NO_LOSS}}
    folder = loop.train(tiny.run(tmp_path, optimiser__epochs=25, **changes))
    losses = [line["spans"] for line in read_log(folder) if "spans" in line]
    assert losses[-1] < 0.6 * losses[0]


NO_LOSS = {"drop_rows": 0, "drop_words": 0, "picture_off": 0, "digits": 0, "forget": 0.02}
