"""A student reads what nobody labelled, and learns what it is sure of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import OcrError, UsageError
from extractor.ocr.fake import FakeOcr
from extractor.student.runtime import Answers
from extractor.types import Field, LineItem, Receipt
from tests.extractor.student.documents import ROWS, page
from tests.training import tiny
from tests.training.test_corpus import labels, source
from tests.training.test_loop import Killed, same
from tests.training.tiny import TASK, receipts
from training import checkpoint, loop, sources
from training.alignment import align
from training.config import Pseudo, Run
from training.corpus import Example
from training.items import align_items
from training.log import read_log
from training.pseudo import pseudo_examples, pseudo_label, pseudo_store, weights_hash

RULE = Pseudo(source="bare")


def field(value: str, confidence: float) -> Field:
    return Field(value=value, text=value, confidence=confidence)


def answers(begins: float = 0.0) -> Answers:
    empty = np.zeros((0, 0), np.float32)
    return Answers(empty, np.zeros(0), empty, np.array([begins], np.float32), {})


def bare(examples: Iterable[Example]) -> list[Example]:
    """The same documents, of which nothing is known but their words."""
    made = []
    for each in examples:
        label = {"id": each.name}
        unknown = {"spans": align(each.tokens, label, TASK), "items": align_items(each.tokens, label)}
        made.append(replace(each, source="bare", label=label, **unknown))
    return made


def test_nothing_is_known_of_an_unlabelled_document() -> None:
    (example,) = bare(receipts(1))
    assert not any(target.known for target in example.spans.values())
    assert not example.items.known


@given(total=st.floats(0, 1), date=st.floats(0, 1), absent=st.floats(0, 1), least=st.floats(0.05, 1))
def test_only_what_is_read_surely_enough_becomes_a_label(
    total: float, date: float, absent: float, least: float
) -> None:
    receipt = Receipt(fields={"total": field("9.54", total), "date": field("2018-12-25", date)})
    rule = RULE.model_copy(update={"least_confidence": least})
    label = pseudo_label("x", receipt, {"tax": absent, "total": 1.0}, answers(), rule, TASK)
    assert ("total" in label) == (total >= least)
    assert ("date" in label) == ("date_text" in label) == (date >= least)
    assert ("tax" in label) == (absent >= least)
    assert "time" not in label
    assert label["trust"].keys() == label.keys() - {"id", "trust", "date_text"}
    assert all(trust >= least - 1e-4 for trust in label["trust"].values())


def test_what_is_not_on_the_page_is_learnt_only_where_asked_for() -> None:
    label = pseudo_label("x", Receipt(), {"tax": 0.99}, answers(), RULE, TASK)
    assert label == {"id": "x", "tax": None, "line_items": [], "trust": {"tax": 0.99, "line_items": 1.0}}
    rule = RULE.model_copy(update={"absent": False})
    assert pseudo_label("x", Receipt(), {"tax": 0.99}, answers(), rule, TASK) == {"id": "x", "trust": {}}


def test_items_are_learnt_where_their_least_sure_part_is_sure() -> None:
    def told(confidence: float) -> dict[str, Any]:
        item = LineItem(description=field("Rye loaf", 0.97), amount=field("6.80", confidence))
        return pseudo_label("x", Receipt(line_items=[item]), {}, answers(0.99), RULE, TASK)

    assert told(0.95)["line_items"] == [["Rye loaf", None, None, "6.80"]]
    assert "line_items" not in told(0.85)
    assert "line_items" not in pseudo_label("x", Receipt(), {}, answers(begins=0.3), RULE, TASK)


def test_fields_that_are_not_asked_for_are_not_learnt() -> None:
    receipt = Receipt(fields={"total": field("9.54", 1.0), "tax": field("0.54", 1.0)})
    rule = RULE.model_copy(update={"fields": ("tax",)})
    assert pseudo_label("x", receipt, {}, answers(), rule, TASK).keys() == {"id", "tax", "trust"}


def test_an_untrained_student_is_sure_of_no_place_on_the_page() -> None:
    # Of the country the printed town may speak, whatever the student holds of it.
    for example in pseudo_examples(tiny.student(), bare(receipts(3)), RULE, TASK):
        assert example.label.keys() == {"id", "country", "trust"}
        assert not any(target.known for target in example.spans.values())
        assert not example.items.known


def test_readings_are_kept_for_these_weights_and_this_rule(tmp_path: Path) -> None:
    student, documents = tiny.student(), bare(receipts(3))
    rule = RULE.model_copy(update={"least_confidence": 0.2})
    key, made = pseudo_store(tmp_path, rule, student, documents, TASK)
    again, same_made = pseudo_store(tmp_path, rule, tiny.student(), documents, TASK)
    assert key == again
    assert [each.label for each in made] == [each.label for each in same_made]
    assert len(list((tmp_path / "pseudo").iterdir())) == 1
    assert weights_hash(student) != weights_hash(tiny.student(seed=2))
    assert pseudo_store(tmp_path, rule, tiny.student(seed=2), documents, TASK)[0] != key
    assert pseudo_store(tmp_path, RULE, student, documents, TASK)[0] != key


def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = receipts(12)

    def read(run: Run, split: str, names: Iterable[str] | None = None) -> dict[str, list[Example]]:
        return {} if split == "dev" else {"made-up": documents[:6], "bare": bare(documents[6:])}

    monkeypatch.setattr(loop, "read_stores", read)


def rounds(folder: Path, name: str, minutes: float = 3.0) -> Run:
    declared = tiny.run(folder).data.model_dump(mode="json")["sources"]
    again = {"source": "bare", "least_confidence": 0.8}
    return tiny.run(
        folder,
        name=name,
        data={"sources": [*declared, {"kind": "unlabelled", "name": "bare", "pictures": str(folder)}]},
        stages=[
            {"name": "fit", "optimiser": {"epochs": 18}},
            {"name": "round-1", "pseudo": again, "optimiser": {"epochs": 8, "rate": 2e-3}},
            {"name": "round-2", "pseudo": again, "optimiser": {"epochs": 1}},
        ],
        checkpoint_minutes=minutes,
    )


def test_a_later_round_is_sure_of_more_and_a_broken_one_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(monkeypatch)
    whole = loop.train(rounds(tmp_path, "whole"))
    told = [line for line in read_log(whole) if "pseudo_fields" in line]
    assert [line["stage"] for line in told] == ["round-1", "round-2"]
    assert 0 < told[0]["pseudo_fields"] < told[1]["pseudo_fields"]
    save = checkpoint.save

    def dies(folder: Path, state: checkpoint.Checkpoint) -> None:
        if state.stage:  # the stages before are known to be taken up well
            save(folder, state)
        if (state.stage, state.step) == (1, 3):
            raise Killed

    monkeypatch.setattr(checkpoint, "save", dies)
    with pytest.raises(Killed):
        loop.train(rounds(tmp_path, "broken", 0))
    monkeypatch.setattr(checkpoint, "save", save)
    (kept,) = (tmp_path / "runs" / "broken" / "pseudo").iterdir()
    kept.rename(tmp_path / kept.name)
    with pytest.raises(UsageError, match=r"pseudo-labels .* are gone"):
        loop.train(rounds(tmp_path, "broken", 0))
    (tmp_path / kept.name).rename(kept)
    broken = loop.train(rounds(tmp_path, "broken", 0))
    assert same(whole, broken)
    assert next(line for line in read_log(broken) if "pseudo_fields" in line)["step"] == told[0]["step"]


def test_held_out_documents_are_not_read_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeOcr(page(*ROWS).words)
    monkeypatch.setattr(sources, "build_engine", lambda *_, **__: engine)
    given = source(tmp_path, *labels(6), pictures=6)
    # Under another name it is still the same picture.
    (given.pictures / "5.png").rename(given.pictures / "11.png")
    other = source_folder = tmp_path / "bare"
    other.mkdir()
    for path in given.pictures.iterdir():
        (source_folder / f"copy-{path.name}").write_bytes(path.read_bytes())
    (given.pictures / "11.png").rename(given.pictures / "5.png")
    declared = [
        {"name": "made-up", "pictures": str(given.pictures), "labels": str(given.labels)},
        {"kind": "unlabelled", "name": "bare", "pictures": str(other)},
    ]
    run = tiny.run(tmp_path, data={"sources": declared, "cache": str(tmp_path / "cache")})
    found = sources.read_stores(run, "train", ["bare"])
    assert [each.name for each in found["bare"]] == ["copy-1", "copy-2", "copy-3", "copy-4", "copy-6"]
    assert not any(target.known for each in found["bare"] for target in each.spans.values())
    assert "bare" not in sources.read_stores(run, "dev")


def test_a_picture_that_cannot_be_read_is_told_of_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = source(tmp_path, *labels(1), pictures=1)
    (given.pictures / "broken.png").write_bytes(b"\x89PNG no picture")
    engine = FakeOcr(page(*ROWS).words, error=None)
    monkeypatch.setattr(sources, "build_engine", lambda *_, **__: engine)
    declared = [{"kind": "unlabelled", "name": "bare", "pictures": str(given.pictures)}]
    run = tiny.run(tmp_path, data={"sources": declared, "cache": str(tmp_path / "cache")})
    assert [each.name for each in sources.read_stores(run, "train", ["bare"])["bare"]] == ["1"]
    assert "broken.png is left out" in capsys.readouterr().err
    engine.error = OcrError("The page can't be read.")
    silent = tiny.run(tmp_path, data={"sources": declared, "cache": str(tmp_path / "other")})
    assert sources.read_stores(silent, "train", ["bare"]) == {}


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ([{"name": "one", "pseudo": {"source": "bare"}}], "has no student before it"),
        ([{"name": "one", "pseudo": {"source": "made-up", "student": "x"}}], "must name an unlabelled source"),
        ([{"name": "one", "sources": {"bare": 1.0}}], "can't learn from bare: it has no labels"),
        (
            [{"name": "one", "pseudo": {"sourc": "bare"}}],
            r"stages\.one\.pseudo\.sourc is not a known key \(did you mean",
        ),
    ],
)
def test_stages_that_have_nothing_to_read_with_are_refused(
    tmp_path: Path, stages: list[dict[str, Any]], told: str
) -> None:
    declared = tiny.run(tmp_path).data.model_dump(mode="json")["sources"]
    declared += [{"kind": "unlabelled", "name": "bare", "pictures": str(tmp_path)}]
    with pytest.raises(UsageError, match=told):
        tiny.run(tmp_path, data={"sources": declared}, stages=stages)


def test_an_unlabelled_source_counts_where_a_stage_names_it(tmp_path: Path) -> None:
    run = rounds(tmp_path, "x")
    again = Run.model_validate_json(run.model_dump_json()).stages[1].pseudo
    assert again == run.stages[1].pseudo
    assert again is not None
    assert again.student == "previous", "and no folder of that name"
    assert [run.weights_of(stage) for stage in run.stages] == [
        {"made-up": 1.0},
        {"made-up": 1.0, "bare": 1.0},
        {"made-up": 1.0, "bare": 1.0},
    ]
