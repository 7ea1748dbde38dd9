"""A vision-language model learns to write labels: adapters are saved, go on after a break, and are scored on dev."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from extractor.errors import MissingExtra, UsageError
from tests.training.generative import tiny_vlm
from training.artifact import publish
from training.config_file import parse
from training.generative import trainer
from training.generative.documents import read_documents
from training.generative.model import IGNORED, Asked, VisionStudent, open_student
from training.generative.prompt import answer_of, instruction
from training.log import read_log

LAYERS = ["q_proj", "v_proj", "up_proj", "down_proj", "lm_head"]
"""A model with random weights must also learn to spell: its last layer is adapted, too."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vlm.save_model(tmp_path_factory.mktemp("models") / "tiny-llava")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_vlm.documents(tmp_path / "data")


def student_of(run: Any, **options: Any) -> VisionStudent:
    torch.manual_seed(1)
    return open_student(run.generative, **options)


def asked(run: Any, at: int = 0) -> Asked:
    document = read_documents(run, "train")["made-up"][at]
    return Asked(document.pictures(1, 64), instruction(tiny_vlm.TASK), answer_of(document.label, tiny_vlm.TASK))


def test_the_loss_of_four_documents_falls_and_the_adapters_come_back(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model, epochs=12, merge=True, targets=LAYERS, dropout=0.0)
    made = trainer.train(run)
    losses = [line["answer"] for line in read_log(made) if "answer" in line]
    assert len(losses) == 12
    assert losses[-1] < 0.8 * losses[0]
    figures = read_log(made)[-1]
    assert {"made-up.total", "made-up.date", "made-up.malformed", "mean"} <= set(figures)
    one, fresh = student_of(run, adapters=made / "adapters"), student_of(run)
    with torch.no_grad():
        one.model.eval()
        fresh.model.eval()
        taught, untaught = float(one.loss([asked(run)])), float(fresh.loss([asked(run)]))
    assert taught < 0.8 * untaught
    whole = tiny_vlm.run(folder, made / "merged").generative
    assert whole
    merged = open_student(whole)
    merged.model.eval()
    with torch.no_grad():
        assert float(merged.loss([asked(run)])) == pytest.approx(taught, rel=1e-3)
    assert trainer.train(run) == made, "a run that is done is not done again"


class Killed(Exception):
    pass


@pytest.mark.parametrize("moment", [1, 3])
def test_a_run_that_is_broken_off_ends_as_an_unbroken_one(
    model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    options: dict[str, Any] = {"epochs": 2, "batch": 1, "accumulation": 2, "checkpoint_minutes": 0}
    whole = trainer.train(tiny_vlm.run(folder, model, name="whole", **options))
    step, seen = trainer._Session._step, []

    def killed(session: Any, *given: Any) -> float:
        seen.append(1)
        if len(seen) == moment + 1:
            raise Killed
        return step(session, *given)

    run = tiny_vlm.run(folder, model, name="broken", **options)
    with monkeypatch.context() as patch:
        patch.setattr(trainer._Session, "_step", killed)
        with pytest.raises(Killed):
            trainer.train(run)
    broken = trainer.train(run)
    one, other = (torch.load(each / "checkpoint.pt", weights_only=True)["adapters"] for each in (whole, broken))
    assert one
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_only_the_answer_is_learnt_and_it_follows_what_is_given_when_writing(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model)
    student = student_of(run)
    document = asked(run)
    given = student._given(document)["input_ids"][0].tolist()
    taught = student._taught(document)
    ids, labels = taught["input_ids"][0].tolist(), taught["labels"][0].tolist()
    assert ids[: len(given)] == given
    assert set(labels[: len(given)]) == {IGNORED}
    assert labels[len(given) :] == ids[len(given) :]
    assert ids[-1] == student.tokenizer.eos_token_id
    assert student.tokenizer.decode(ids[len(given) : -1]) == document.answer


def test_documents_weigh_alike_in_a_batch_and_alone(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model, dropout=0.0)
    student = student_of(run)
    student.model.eval()
    same = [asked(run), asked(run)]
    longer = Asked(same[0].pictures, same[0].instruction + " " * 20, same[0].answer)
    with torch.no_grad():
        alone, twice = float(student.loss(same[:1])), float(student.loss(same))
        other, both = float(student.loss([longer])), float(student.loss([same[0], longer]))
    assert twice == pytest.approx(alone, rel=1e-5)
    assert both == pytest.approx((alone + other) / 2, rel=1e-4)


def test_what_is_written_on_dev_is_scored_and_broken_json_counts_as_unread(
    model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tiny_vlm.run(folder, model, epochs=0.5)
    label = read_documents(run, "dev")["made-up"][0].label
    figures = []
    for answer in (answer_of(label, tiny_vlm.TASK), '{"total": "5.'):
        with monkeypatch.context() as patch:
            patch.setattr(VisionStudent, "write", lambda *_, answer=answer: (answer, 0.9))
            figures.append(read_log(trainer.train(run, fresh=True))[-1])
    assert [each["mean"] for each in figures] == [1.0, 0.0]
    assert [each["made-up.malformed"] for each in figures] == [0.0, 1.0]
    assert figures[0]["made-up.items"] == 1.0


def test_a_model_that_has_learnt_nothing_writes_something_it_is_not_sure_of(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model)
    text, confidence = student_of(run).write(asked(run), 12)
    assert isinstance(text, str)
    assert 0.0 <= confidence < 0.5


def test_labels_that_are_too_long_are_left_out_and_none_left_is_an_error(
    model: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="no document to learn from"):
        trainer.train(tiny_vlm.run(folder, model, longest_answer=20))
    assert "4 documents are left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"targets": ["nowhere"]}, "no layers named nowhere"),
        ({"model": "/nowhere"}, "can't be loaded"),
        pytest.param(
            {"quantise": "4bit"}, "need a CUDA GPU", marks=pytest.mark.skipif(torch.cuda.is_available(), reason="GPU")
        ),
    ],
)
def test_what_can_not_be_opened_is_named(model: Path, folder: Path, changes: dict[str, Any], told: str) -> None:
    run = tiny_vlm.run(folder, **{"model": model, **changes})
    with pytest.raises(UsageError, match=told):
        trainer.train(run)


def test_without_peft_the_extra_is_named(model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtra, match=r"tailor\[generative\]"):
        student_of(tiny_vlm.run(folder, model))


def test_an_epoch_shows_every_document_once_and_half_an_epoch_half_of_them(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model, epochs=1.5, batch=1, accumulation=1)
    assert run.generative
    first, second = trainer.plan({"made-up": 8}, run, run.generative)
    assert sorted(place.at for step in first for place in step) == list(range(8))
    assert len(second) == 4
    assert first[:4] != second


def test_the_command_trains_it_and_export_says_that_it_is_not_exported(
    model: Path, folder: Path, tmp_path: Path
) -> None:
    import typer
    from typer.testing import CliRunner

    from training.cli import train

    app = typer.Typer()
    app.command()(train)
    run = tiny_vlm.run(folder, model, epochs=1)
    config = tmp_path / "run.yaml"
    config.write_text(run.model_dump_json(exclude={"stages"}), encoding="utf-8")
    done = CliRunner().invoke(app, [str(config), "evaluation.limit=1"])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip().splitlines()[-1] == str(folder / "runs" / "tiny")
    with pytest.raises(UsageError, match="generative student, which is not exported"):
        publish(folder / "runs" / "tiny", tmp_path / "model", name="x", precision=None, calibrate=False)


def test_the_section_and_the_kind_go_together(model: Path, folder: Path) -> None:
    declared = tiny_vlm.run(folder, model).model_dump(mode="json", exclude={"stages"})
    with pytest.raises(UsageError, match="go together"):
        parse(declared | {"generative": None})
    with pytest.raises(UsageError, match="go together"):
        parse(declared | {"student": {"kind": "compact"}})
    with pytest.raises(UsageError, match=r"generative.rnak is not a known key \(did you mean rank\?\)"):
        parse(declared | {"generative": {"model": "x", "rnak": 3}})


def test_synthetic_documents_are_shown_as_pictures(model: Path, folder: Path) -> None:
    run = tiny_vlm.run(folder, model)
    declared = run.model_dump(mode="json", exclude={"stages"})
    synthetic = {"kind": "synthetic", "documents": 1, "locales": ["en_US"], "kinds": ["parking"]}
    made = read_documents(parse(declared | {"data": {"sources": [synthetic]}}), "train")["synthetic"]
    (picture,) = made[0].pictures(1, 200)
    assert max(picture.size) <= 200
    assert made[0].label["total"]
