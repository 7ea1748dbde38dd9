"""Documents with labels, ready to learn from."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from extractor.errors import UsageError
from extractor.ocr.fake import FakeOcr
from extractor.truth import split_of
from tests.extractor.student.documents import ROWS, page
from tests.training.tiny import FIELDS, LABEL, example
from training import corpus
from training.config import Data, Source


def source(folder: Path, *labels: object, pictures: int = 0) -> Source:
    """A source of labels as JSON lines and blank pictures named 1, 2, …"""
    (folder / "pictures").mkdir()
    for number in range(1, pictures + 1):
        image = Image.new("RGB", (120, 240), "white")
        ImageDraw.Draw(image).text((10, 20 * number), f"receipt {number}", fill="black")
        image.save(folder / "pictures" / f"{number}.png")
    lines = [label if isinstance(label, str) else json.dumps(label) for label in labels]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Source(name="made-up", pictures=folder / "pictures", labels=folder / "labels.jsonl")


def labels(count: int) -> list[dict[str, object]]:
    return [dict(LABEL) | {"id": str(number)} for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("name", "held"), [("5", True), ("wild-10", True), ("X510056", False), ("7", False), ("a²3", False)]
)
def test_documents_whose_number_is_divisible_by_five_are_held_out(name: str, held: bool) -> None:
    assert (split_of(name) == "dev") == held


def test_pictures_are_read_once_and_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeOcr(page(*ROWS).words)
    monkeypatch.setattr(corpus, "build_engine", lambda *_, **__: engine)
    data = Data(sources=(source(tmp_path, *labels(6), pictures=6),), ocr_cache=tmp_path)
    fitted = corpus.read_examples(data, FIELDS, dev=False)
    held = corpus.read_examples(data, FIELDS, dev=True)
    assert [each.name for each in fitted] == ["1", "2", "3", "4", "6"]
    assert [each.name for each in held] == ["5"]
    assert fitted[0].spans == example().spans
    assert np.array_equal(fitted[0].items.tags, example().items.tags)
    assert len(fitted[0].pictures) == 1
    assert len(engine.seen) == 6
    few = corpus.read_examples(data.model_copy(update={"limit": 2}), FIELDS, dev=False)
    assert [each.name for each in few] == ["1", "2"]


def test_a_document_without_words_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "build_engine", lambda *_, **__: FakeOcr((), page(*ROWS).words))
    data = Data(sources=(source(tmp_path, *labels(2), pictures=2),), ocr_cache=tmp_path)
    assert [each.name for each in corpus.read_examples(data, FIELDS, dev=False)] == ["2"]


def test_labels_without_picture_are_passed_over(tmp_path: Path) -> None:
    found = corpus.labelled(source(tmp_path, *labels(3), pictures=2))
    assert [(path.name, label["id"]) for path, label in found] == [("1.png", "1"), ("2.png", "2")]


@pytest.mark.parametrize("line", ["{", "[1]", '"1"'])
def test_a_line_that_is_no_label_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match=r"Line 2 of .*labels\.jsonl"):
        list(corpus.labelled(source(tmp_path, labels(1)[0], line, pictures=1)))


def test_signs_that_end_lines_elsewhere_may_stand_in_a_label(tmp_path: Path) -> None:
    line = json.dumps({"id": "1", "merchant_name": "Corner\u2028Bakery"}, ensure_ascii=False)
    ((_, label),) = corpus.labelled(source(tmp_path, line, "", pictures=1))
    assert label["merchant_name"] == "Corner\u2028Bakery"


def test_missing_labels_and_pictures_are_named(tmp_path: Path) -> None:
    given = source(tmp_path, *labels(1))
    with pytest.raises(UsageError, match="holds no pictures"):
        list(corpus.labelled(given))
    given.labels.unlink()
    with pytest.raises(UsageError, match="can't be read"):
        list(corpus.labelled(given))


def test_rare_values_are_no_classes_and_none_always_is() -> None:
    values = ["MY"] * 4 + ["US"] * 3 + ["FR"] * 2 + [None]
    examples = [example("a", label={"id": "1", "country": value}) for value in values]
    assert corpus.classes(examples, ["country"]) == {"country": ["MY", "US", ""]}


def test_an_epoch_holds_each_document_as_often_as_its_source_weighs() -> None:
    light = replace(example("a"), name="light", weight=0.5)
    heavy = replace(example("a"), name="heavy", weight=2.0)
    seen = [[each.name for each in epoch] for epoch in islice(corpus.epochs([light, heavy], seed=3), 200)]
    assert all(epoch.count("heavy") == 2 for epoch in seen)
    assert sum(epoch.count("light") for epoch in seen) == pytest.approx(100, abs=25)
    again = [[each.name for each in epoch] for epoch in islice(corpus.epochs([light, heavy], seed=3), 200)]
    assert again == seen
    assert len({tuple(epoch) for epoch in seen}) > 2
