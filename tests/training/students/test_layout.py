"""A layout encoder of transformers as the student: trained, saved, exported and read with like the compact one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from typer.testing import CliRunner

from extractor import Extractor
from extractor.errors import UsageError
from extractor.ocr.fake import FakeOcr
from extractor.student.artifact import model_hash, read_manifest
from extractor.student.layout_inputs import TOKENIZER_FILE
from extractor.student.runtime import Student
from tests.extractor.student.documents import ROWS, page
from tests.training import tiny
from tests.training.students.backbones import backbone
from training import loop
from training.artifact import publish
from training.config import StudentChoice
from training.config_file import parse
from training.corpus import Example
from training.export import TOLERANCE, export, parity
from training.log import read_log
from training.outputs import Exported
from training.students.build import build_student, load_student
from training.students.layout import LayoutStudent
from training.students.licences import TERMS, terms_of, warning_of

KINDS = ("lilt", "layoutlm", "layoutlmv3", "bros")
COUNTRIES = {"country": ["MY", "US", ""]}


@pytest.fixture(scope="module")
def backbones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backbones")
    for kind in KINDS:
        backbone(kind, folder / kind)
    return folder


def built(folder: Path, backbones: Path, kind: str, **changes: Any) -> LayoutStudent:
    choice = StudentChoice(kind="layout", backbone=str(backbones / kind), dropout=0.0, **changes)
    made = build_student(tiny.run(folder).model_copy(update={"student": choice}), COUNTRIES)
    assert isinstance(made, LayoutStudent)
    return made.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_the_student_takes_over_the_weights_of_its_backbone_and_comes_back_as_saved(
    kind: str, backbones: Path, tmp_path: Path
) -> None:
    student = built(tmp_path, backbones, kind)
    theirs = transformers.AutoModel.from_pretrained(backbones / kind).state_dict()
    ours = student.body.state_dict()
    assert ours
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.items())
    student.save_pretrained(tmp_path / "student")
    again = load_student(tmp_path / "student")
    inputs = student.collate([tiny.of_length(5), tiny.of_length(90)])
    with torch.no_grad():
        one, other = student(**inputs), again(**again.collate([tiny.of_length(5), tiny.of_length(90)]))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_answered_alike_alone_and_beside_a_longer_one(kind: str, backbones: Path, tmp_path: Path) -> None:
    student = built(tmp_path, backbones, kind, pooling="mean")
    short, long = tiny.of_length(6), tiny.of_length(80)
    assert len(student.collate([long])["input_ids"]) > 1, "read in several windows"
    with torch.no_grad():
        alone, beside = student(**student.collate([short])), student(**student.collate([short, long]))
    assert torch.allclose(alone["tags"][0], beside["tags"][0, :6], atol=1e-5)
    assert torch.allclose(alone["absent"][0], beside["absent"][0], atol=1e-5)
    assert torch.allclose(alone["spans"][0], beside["spans"][0, :, :6, :6], atol=1e-5)


def test_only_layoutlmv3_looks_at_the_picture_and_only_where_it_may(backbones: Path, tmp_path: Path) -> None:
    bright = tiny.of_length(6)
    dark = replace(bright, encoded=replace(bright.encoded, pictures=np.zeros_like(bright.encoded.pictures)))
    for kind, picture, sees in (("layoutlmv3", True, True), ("layoutlmv3", False, False), ("lilt", True, False)):
        student = built(tmp_path, backbones, kind, picture=picture)
        with torch.no_grad():
            one, other = (student(**student.collate([each]))["tags"] for each in (bright, dark))
        assert torch.equal(one, other) != sees
        assert ("page_pictures" in student.inputs) == sees


@pytest.mark.parametrize(
    "kind",
    ["lilt", "layoutlmv3", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("layoutlm", "bros"))],
)
def test_the_exported_model_answers_as_pytorch_does_at_any_length(kind: str, backbones: Path, tmp_path: Path) -> None:
    student = built(tmp_path, backbones, kind)
    student.save_pretrained(tmp_path / "run" / "student")
    traced = [tiny.of_length(length) for length in (4, 50)]
    assert export(tmp_path / "run", tmp_path / "model", traced, name=kind, task=tiny.TASK) < TOLERANCE
    others = [tiny.of_length(length) for length in (1, 2, 33, 300)]
    assert parity(Exported(student).eval(), tmp_path / "model", others) < TOLERANCE
    manifest = read_manifest(tmp_path / "model")
    assert (manifest.kind, manifest.layout) == ("layout", student.settings)
    assert manifest.licences == (TERMS[kind].sentence,)
    before = model_hash(tmp_path / "model")
    (tmp_path / "model" / TOKENIZER_FILE).write_text("{}", encoding="utf-8")
    assert model_hash(tmp_path / "model") != before, "the tokenizer is part of the model"


def shown(monkeypatch: pytest.MonkeyPatch, examples: list[Example]) -> None:
    monkeypatch.setattr("training.loop.read_stores", lambda *_: {"made-up": examples})
    monkeypatch.setattr("training.artifact.read_stores", lambda *_: {"made-up": examples})


def test_it_learns_by_the_same_loop_and_reads_by_the_same_run_time(
    backbones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = tiny.receipts(6)
    shown(monkeypatch, examples)
    student = {"kind": "layout", "backbone": str(backbones / "lilt"), "dropout": 0.0, "pointer": 8}
    run = tiny.run(tmp_path, student=student, optimiser__epochs=25, optimiser__rate=1e-2)
    folder = loop.train(run)
    losses = [line["spans"] for line in read_log(folder) if "spans" in line]
    assert losses[-1] < 0.5 * losses[0]
    said = publish(folder, tmp_path / "model", name="lilt", precision="fp32", calibrate=True)
    assert "fp32" in said
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "LiLT" in card
    assert "commercial use is allowed" in card
    reads = Student(tmp_path / "model", cuda="off")
    assert reads.manifest.kind == "layout"
    one = tiny.plain(examples[0])
    answers = reads.run([one.encoded])[0]
    assert len(answers.tags) == len(one.tokens)
    extractor = Extractor(model=tmp_path / "model", cuda="off")
    extractor.engine = FakeOcr(page(*ROWS).words)
    record = extractor.extract(Image.new("RGB", (120, 240), "white"))
    assert record.error is None
    assert record.model.startswith("lilt@")


def test_a_backbone_that_may_not_be_sold_is_said_so_where_it_is_chosen(
    backbones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    from training.cli import train

    app = typer.Typer()
    app.command()(train)
    monkeypatch.setattr("training.loop.train", lambda run, fresh: tmp_path / "done")
    config = tmp_path / "run.yaml"
    declared = tiny.run(tmp_path).model_dump(mode="json", exclude={"stages", "student"})
    said = {}
    for kind in ("layoutlmv3", "lilt"):
        chosen = declared | {"student": {"kind": "layout", "backbone": str(backbones / kind)}}
        config.write_text(json.dumps(chosen), encoding="utf-8")
        said[kind] = CliRunner().invoke(app, [str(config)])
        assert said[kind].stdout.strip().endswith("done"), said[kind].output
    assert "warning [backbone_licence]" in said["layoutlmv3"].stderr
    assert "commercial use is NOT allowed" in said["layoutlmv3"].stderr
    assert "backbone_licence" not in said["lilt"].stderr


def test_terms_that_nobody_wrote_down_are_to_be_looked_up() -> None:
    assert warning_of("lilt") is None
    assert "see the terms" in terms_of("something")
    assert warning_of("something") == terms_of("something")


def test_a_layout_student_without_a_backbone_is_refused(tmp_path: Path) -> None:
    declared = tiny.run(tmp_path).model_dump(mode="json", exclude={"stages", "student"})
    with pytest.raises(UsageError, match="needs a backbone"):
        parse(declared | {"student": {"kind": "layout"}})


def test_what_is_no_layout_encoder_is_refused(tmp_path: Path, backbones: Path) -> None:
    folder = tmp_path / "bert"
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    transformers.BertModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((backbones / "layoutlm" / name).read_bytes())
    choice = StudentChoice(kind="layout", backbone=str(folder))
    with pytest.raises(UsageError, match="kind bert can't be a layout student"):
        build_student(tiny.run(tmp_path).model_copy(update={"student": choice}), COUNTRIES)
    missing = StudentChoice(kind="layout", backbone=str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="nowhere can't be loaded"):
        build_student(tiny.run(tmp_path).model_copy(update={"student": missing}), COUNTRIES)
