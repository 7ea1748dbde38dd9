"""The task says what a generative student is asked and taught; what it writes becomes a record or a failure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.evaluation import evaluate
from extractor.task import RECEIPTS
from extractor.truth import truth_of_label
from tests.training.tiny import LABEL, TASK
from training.generative.prompt import answer_of, instruction, json_object, record_of


def test_the_instruction_names_every_key_in_the_order_of_the_answer() -> None:
    asked = instruction(TASK)
    keys = list(json.loads(answer_of(LABEL, TASK)))
    places = [asked.index(f"- {key}:") for key in keys]
    assert places == sorted(places)
    assert asked.startswith("Read this document (documents).")
    assert "(one of cash, card, ewallet, transfer, other)" in instruction(RECEIPTS)
    assert len(instruction(RECEIPTS)) < 3000


def test_the_answer_holds_null_for_what_is_absent_and_nothing_of_what_the_label_leaves_out() -> None:
    said = json.loads(answer_of({"id": "x", "total": "9.54", "discount": None, "trust": {"total": 1}}, TASK))
    assert said == {"discount": None, "total": "9.54"}


def test_what_was_taught_is_read_back_as_the_label_says() -> None:
    record = record_of("receipt-1", f"Sure:\n```json\n{answer_of(LABEL, TASK)}\n```", TASK, 0.8)
    assert record.status == "ok"
    assert (record.receipt.fields["date"].value, record.receipt.fields["date"].text) == ("2018-12-25", "25/12/2018")
    report = evaluate([record], {"receipt-1": truth_of_label(dict(LABEL), TASK)})
    assert report.anls == 1.0
    assert report.line_items is not None
    assert report.line_items.anls == 1.0


@pytest.mark.parametrize("answer", ["", "no", '{"total": "9.54"', "[1, 2]", '{"total": }', "{" * 100_000])
def test_broken_json_is_a_document_that_was_not_read(answer: str) -> None:
    record = record_of("receipt-1", answer, TASK, 0.8)
    assert (record.status, record.error and record.error.code) == ("failed", "malformed_answer")
    report = evaluate([record], {"receipt-1": truth_of_label(dict(LABEL), TASK)})
    assert (report.anls, report.failed, report.overall.coverage) == (0.0, 1, 0.0)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
ROWS = st.lists(LEAVES, max_size=5) | st.dictionaries(st.sampled_from(["description", "amount", "x"]), LEAVES)
VALUES = LEAVES | ROWS | st.lists(ROWS, max_size=2)


@given(st.dictionaries(st.sampled_from([*TASK.names, "date_text", "line_items"]), VALUES))
def test_whatever_values_an_object_holds_a_record_comes_of_it(said: dict[str, object]) -> None:
    record = record_of("x", json.dumps(said), TASK, 0.5)
    assert record.status == "ok"
    assert set(record.receipt.fields) <= set(TASK.names)
    assert all(found.value and found.text for found in record.receipt.fields.values())


@given(st.text())
def test_any_text_is_an_object_or_none(text: str) -> None:
    assert json_object(text) is None or "{" in text
