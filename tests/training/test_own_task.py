"""A user's own task: a YAML file and labels, nothing more, from the documents to records, tables and figures."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from extractor import Extractor
from extractor.cli.main import app
from extractor.errors import UsageError
from extractor.ocr.fake import FakeOcr
from extractor.task import RECEIPTS, load_task
from extractor.truth import split_of
from tests.extractor.student.documents import ROWS, page, tokens
from tests.training import tiny
from training.alignment import align
from training.artifact import publish
from training.config_file import load
from training.corpus import read_examples
from training.loop import train
from training.sources import read_stores

ROOT = Path(__file__).resolve().parents[2]
TASK_FILE = ROOT / "configs/tasks/hotel_folios.yaml"
SMALL = (
    "student.hidden=48", "student.layers=2", "student.spelling=32", "student.picture=false", "student.dropout=0",
    "optimiser.epochs=8", "optimiser.rate=5e-3", "optimiser.average=0.95", "precision=fp32", "evaluation.every=1000",
)  # fmt: skip


@pytest.fixture(scope="module")
def folios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Born-digital folios, whose text needs no OCR, with their labels."""
    spec = importlib.util.spec_from_file_location("folios", ROOT / "examples/folios.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("folios")
    module.render(folder, 30)
    return folder


@pytest.fixture(scope="module")
def model(folios: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The model folder that the shipped configuration makes of these folios, with a smaller student."""
    folder = tmp_path_factory.mktemp("own")
    places = (
        f"task={TASK_FILE}",
        f"data.sources.folios.pictures={folios}",
        f"data.sources.folios.labels={folios / 'labels.jsonl'}",
        f"data.cache={folder / 'prepared'}",
        f"data.ocr_cache={folder / 'ocr'}",
        f"output={folder / 'runs'}",
    )
    with pytest.MonkeyPatch.context() as patch:
        # The documents have a text layer: an engine that is asked all the same fails.
        patch.setattr("training.sources.build_engine", lambda *_, **__: FakeOcr([]))
        run = train(load(ROOT / "configs/hotel-folios.yaml", [*SMALL, *places]))
        publish(run, folder / "model", name="folios", precision="fp32", calibrate=True)
    yield folder / "model"
    shutil.rmtree(folder)


def held_out(folios: Path) -> list[dict[str, Any]]:
    lines = (folios / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [label for line in lines if split_of((label := json.loads(line))["id"]) == "dev"]


def test_the_model_reads_the_fields_of_the_task_and_says_what_it_is(model: Path, folios: Path) -> None:
    extractor = Extractor(model=model, ocr="rapidocr")
    task = load_task(TASK_FILE)
    right, asked = 0, 0
    for label in held_out(folios):
        record = extractor.extract(folios / f"{label['id']}.pdf")
        assert record.status == "ok", record.warnings
        assert set(record.receipt.fields) <= set(task.names)
        asked += len(task.names)
        right += sum(record.receipt.value(name) == label[name] for name in task.names)
    assert right > 0.7 * asked
    assert "hotel folios" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")


@pytest.fixture
def tailor() -> Callable[..., Result]:
    return lambda *given: CliRunner().invoke(app, [str(each) for each in given])


def test_the_commands_write_and_score_the_fields_of_the_task(
    model: Path, folios: Path, tmp_path: Path, tailor: Callable[..., Result]
) -> None:
    dev = [folios / f"{label['id']}.pdf" for label in held_out(folios)]
    for name in ("read.jsonl", "read.csv"):
        done = tailor("extract", *dev, "--model", model, "-o", tmp_path / name, "--workers", "1", "--no-cache")
        assert done.exit_code == 0, done.output
    with (tmp_path / "read.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"guest_name", "room_rate", "room_rate_confidence", "booking_channel"} <= set(rows[0])
    truth = folios / "labels.jsonl"
    scored = tailor("evaluate", tmp_path / "read.jsonl", truth, "--task", TASK_FILE, "--split", "dev", "--by", "field")
    assert scored.exit_code == 0, scored.output
    found = {line.split("\t")[0]: line.split("\t")[1:] for line in scored.stdout.splitlines()}
    assert {"hotel", "guest_name", "arrival", "arrival_iso", "nights", "city_tax", "booking_channel"} <= set(found)
    assert float(found["all"][1]) > 0.7
    without = tailor("evaluate", tmp_path / "read.jsonl", truth, "--split", "dev", "--by", "field")
    assert "guest_name" not in without.stdout


def test_a_document_of_another_kind_is_said_to_be_none(model: Path) -> None:
    extractor = Extractor(model=model)
    extractor.student.manifest = extractor.student.manifest.model_copy(
        update={"answer_above": dict.fromkeys(load_task(TASK_FILE).spans, 2.0)}
    )
    extractor.engine = FakeOcr(page(*ROWS).words)
    record = extractor.extract(ROOT / "examples/mart-japan.jpg")
    assert record.status == "partial"
    assert [notice.message[:30] for notice in record.warnings] == ["None of the fields that the mo"]


def test_the_task_with_a_cost_centre_is_the_shipped_one_and_a_field_more() -> None:
    task = load_task(ROOT / "configs/tasks/receipts_cost_centre.yaml")
    assert [each for each in task.fields if each.name != "cost_centre"] == list(RECEIPTS.fields)
    assert task.names[-1] == "cost_centre"
    assert task.line_items == RECEIPTS.line_items


def test_synthetic_receipts_teach_a_longer_task_nothing_about_what_they_do_not_know(tmp_path: Path) -> None:
    synthetic = [{"kind": "synthetic", "documents": 2, "locales": ["en_US"], "kinds": ["receipt"]}]
    task = ROOT / "configs/tasks/receipts_cost_centre.yaml"
    changes: dict[str, Any] = {"data__sources": synthetic, "data__cache": str(tmp_path)}
    store = read_stores(tiny.run(tmp_path, **changes).model_copy(update={"task": str(task)}), "train")["synthetic"]
    assert all(not each.spans["cost_centre"].known for each in store)
    assert any(each.spans["total"].candidates for each in store)
    with pytest.raises(UsageError, match="does not ask for all fields of receipts"):
        read_stores(tiny.run(tmp_path, **changes), "train")


def test_a_field_added_to_receipts_is_found_where_it_is_printed() -> None:
    task = load_task(ROOT / "configs/tasks/receipts_cost_centre.yaml")
    found = tokens(*ROWS, "Cost centre: CC-4711")
    target = align(found, dict(tiny.LABEL) | {"cost_centre": "CC-4711"}, task)["cost_centre"]
    assert [found[first].text for first, _ in target.candidates] == ["CC-4711"]


def test_a_single_digit_is_found_where_it_stands_alone() -> None:
    task = load_task(TASK_FILE)
    found = tokens("Arrival 13.03.2026", "Nights 3", "Rate 133.00")
    target = align(found, {"nights": "3"}, task)["nights"]
    assert [found[first].text for first, _ in target.candidates] == ["3"]


def test_labels_and_pdf_files_are_all_that_is_read(folios: Path) -> None:
    run = load(ROOT / "configs/hotel-folios.yaml", [f"data.sources.folios.pictures={folios}"])
    (source,) = run.data.sources
    given = source.model_copy(update={"labels": folios / "labels.jsonl"})
    made = list(read_examples(given, "dev", FakeOcr([]), load_task(TASK_FILE), limit=2))  # type: ignore[arg-type]
    assert [each.name for each in made] == [label["id"] for label in held_out(folios)[:2]]
    assert all(each.spans["room_rate"].candidates for each in made)
