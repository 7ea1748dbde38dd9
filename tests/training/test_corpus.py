"""Documents with labels, ready to learn from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from extractor.errors import UsageError
from extractor.ocr.fake import FakeOcr
from extractor.truth import split_of
from tests.extractor.student.documents import ROWS, page
from tests.training.tiny import LABEL, TASK, example
from training import corpus
from training.config import LabelledSource
from training.corpus import Example


def source(folder: Path, *labels: object, pictures: int = 0) -> LabelledSource:
    """A source of labels as JSON lines and blank pictures named 1, 2, …"""
    (folder / "pictures").mkdir()
    for number in range(1, pictures + 1):
        image = Image.new("RGB", (120, 240), "white")
        ImageDraw.Draw(image).text((10, 20 * number), f"receipt {number}", fill="black")
        image.save(folder / "pictures" / f"{number}.png")
    lines = [label if isinstance(label, str) else json.dumps(label) for label in labels]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return LabelledSource(name="made-up", pictures=folder / "pictures", labels=folder / "labels.jsonl")


def labels(count: int) -> list[dict[str, object]]:
    return [dict(LABEL) | {"id": str(number)} for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("name", "held"), [("5", True), ("wild-10", True), ("X510056", False), ("7", False), ("a²3", False)]
)
def test_documents_whose_number_is_divisible_by_five_are_held_out(name: str, held: bool) -> None:
    assert (split_of(name) == "dev") == held


def test_values_that_are_trusted_too_little_count_nothing(tmp_path: Path) -> None:
    weighed, plain = labels(2)
    given = source(tmp_path, weighed | {"trust": {"total": 0.49, "date": 0.5}}, plain, pictures=2)
    told = {label["id"]: label.get("trust") for _, label in corpus.labelled(given)}
    assert told == {"1": {"total": 0.49, "date": 0.5}, "2": None}
    strict = given.model_copy(update={"trusted_above": 0.5})
    told = {label["id"]: label.get("trust") for _, label in corpus.labelled(strict)}
    assert told == {"1": {"total": 0.0, "date": 0.5}, "2": None}


def names(found: Iterable[Example]) -> list[str]:
    return [each.name for each in found]


def test_pictures_are_read_and_split(tmp_path: Path) -> None:
    engine = FakeOcr(page(*ROWS).words)
    given = source(tmp_path, *labels(6), pictures=6)
    fitted = list(corpus.read_examples(given, "train", engine, TASK))
    held = list(corpus.read_examples(given, "dev", engine, TASK))
    assert names(fitted) == ["1", "2", "3", "4", "6"]
    assert names(held) == ["5"]
    assert fitted[0].spans == example().spans
    assert np.array_equal(fitted[0].items.tags, example().items.tags)
    assert len(fitted[0].pictures) == 1
    assert len(engine.seen) == 6
    assert names(corpus.read_examples(given, "train", engine, TASK, limit=2)) == ["1", "2"]


def test_a_source_that_holds_nothing_out_has_no_dev(tmp_path: Path) -> None:
    engine = FakeOcr(page(*ROWS).words)
    given = source(tmp_path, *labels(5), pictures=5).model_copy(update={"hold_out": False})
    assert names(corpus.read_examples(given, "train", engine, TASK)) == ["1", "2", "3", "4", "5"]
    assert names(corpus.read_examples(given, "dev", engine, TASK)) == []


def test_a_document_without_words_is_left_out(tmp_path: Path) -> None:
    engine = FakeOcr((), page(*ROWS).words)
    given = source(tmp_path, *labels(2), pictures=2)
    assert names(corpus.read_examples(given, "train", engine, TASK)) == ["2"]


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
    found = corpus.classes([{"country": value} for value in values], TASK)
    assert found == {"country": ["MY", "US", ""]}


def test_a_label_that_does_not_speak_of_a_field_says_nothing_of_it() -> None:
    assert corpus.classes([{"country": "MY"}] * 3 + [{"total": "1.00"}] * 9, TASK) == {"country": ["MY"]}
