"""A teacher's label and a receipt say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractor.task import RECEIPTS
from labeling.review.convert import results_of, reviewed_receipt
from labeling.review.labels import label_of_receipt, receipt_of_label

LABEL = {
    "id": "7",
    **dict.fromkeys(RECEIPTS.names),
    "document_type": "receipt",
    "date_text": "25/12/2018",
    "date": "2018-12-25",
    "total": "9.00",
    "line_items": [["Clay", "1", None, "9.00"], [None, None, None, "-1.00"]],
}


@pytest.mark.parametrize("gone", [[], ["date"], ["date_text"], ["date", "date_text"]])
def test_a_label_comes_back_as_it_was(gone: list[str]) -> None:
    label = {**LABEL, **dict.fromkeys(gone)}
    assert label_of_receipt("7", receipt_of_label(label, RECEIPTS), RECEIPTS) == label


def test_the_keys_stand_in_the_order_of_teachers_labels() -> None:
    keys = list(label_of_receipt("7", receipt_of_label(LABEL, RECEIPTS), RECEIPTS))
    assert keys[:2] == ["id", "document_type"]
    assert keys.index("date_text") + 1 == keys.index("date")
    assert keys[-1] == "line_items"


def test_trust_becomes_confidence() -> None:
    label = {**LABEL, "trust": {"total": 0.25, "line_items": 0.5}}
    receipt = receipt_of_label(label, RECEIPTS)
    assert [receipt.fields[name].confidence for name in ("total", "date")] == [0.25, 1.0]
    assert receipt.line_items[0].amount
    assert receipt.line_items[0].amount.confidence == 0.5
    assert receipt_of_label({**LABEL, "provenance": {"trust": 0.75}}, RECEIPTS).fields["total"].confidence == 0.75


@pytest.mark.parametrize("file", ["labels_sroie.jsonl", "labels_wild.jsonl"])
def test_every_label_of_the_teacher_survives_the_desk(shared: Path, file: str) -> None:
    for line in (shared / "teacher" / file).read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        label = json.loads(line)
        receipt = receipt_of_label(label, RECEIPTS)
        results = json.loads(json.dumps(results_of(receipt, RECEIPTS, [(800, 1200)])))
        reviewed, problems = reviewed_receipt(results, RECEIPTS, results)
        assert (label_of_receipt(label["id"], reviewed, RECEIPTS), problems) == (label, ())
        assert not [each for each in results if each["from_name"] == "_more"] or file == "labels_wild.jsonl"
