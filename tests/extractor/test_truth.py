"""The two kinds of truth files, the splits, and the form in which amounts are compared."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.task import Task
from extractor.truth import amount, in_split, load_truths, quantity, split_of


def _written(folder: Path, *entries: object) -> Path:
    path = folder / "truth.jsonl"
    path.write_text("\n".join(json.dumps(entry) for entry in entries) + "\n", encoding="utf-8")
    return path


def test_ground_truth_of_sroie_gives_four_fields_by_our_names(tmp_path):
    entry = {"id": "007", "company": "KEDAI", "date": "1/2/18", "address": "JALAN 1", "total": "RM 1,007.50"}
    truth = load_truths(_written(tmp_path, entry))["007"]
    assert truth.fields == {
        "merchant_name": "KEDAI",
        "date": "1/2/18",
        "merchant_address": "JALAN 1",
        "total": "1007.50",
    }
    assert truth.line_items is None


def test_a_field_called_company_makes_no_ground_truth_of_sroie_out_of_a_label(tmp_path):
    field = {"name": "company", "kind": "span", "meaning": "Who pays."}
    task = Task.model_validate({"name": "own", "fields": [field]})
    truth = load_truths(_written(tmp_path, {"id": "1", "company": "ACME"}), task)["1"]
    assert truth.fields == {"company": "ACME"}


def test_what_sroie_left_empty_is_unknown_rather_than_absent(tmp_path):
    entry = {"id": "33", "company": "KEDAI", "date": "1/2/18", "address": "", "total": ""}
    assert set(load_truths(_written(tmp_path, entry))["33"].fields) == {"merchant_name", "date"}


def test_a_teacher_label_keeps_null_apart_and_its_date_in_both_forms(tmp_path):
    entry = {"id": "w1", "merchant_name": "ALDI", "tax": None, "date_text": "04/18/15", "date": "2015-04-18"}
    truth = load_truths(_written(tmp_path, entry | {"line_items": [["Oats", "1.000", None, "2.9"]]}))["w1"]
    assert truth.fields == {"merchant_name": "ALDI", "tax": None, "date": "04/18/15", "date_iso": "2015-04-18"}
    assert truth.line_items == ({"description": "Oats", "quantity": "1", "amount": "2.90"},)


@pytest.mark.parametrize(
    "line", ["no json", "[]", '{"id": "1"}', '{"company": "A"}', '{"id": "1", "total": "1", "line_items": [["a"]]}']
)
def test_a_line_that_is_no_truth_is_named(tmp_path, line):
    path = tmp_path / "truth.jsonl"
    path.write_text('{"id": "0", "total": "1.00"}\n' + line + "\n")
    with pytest.raises(UsageError, match="line 2") as caught:
        load_truths(path)
    assert caught.value.code == "truth_unreadable"


def test_a_missing_truth_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError):
        load_truths(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("printed", "compared"),
    [
        ("80.9", "80.90"),
        ("RM 1,007.50", "1007.50"),
        ("$8.20", "8.20"),
        ("-5.590", "-5.59"),
        ("-0.00", "0.00"),
        ("9.000", "9.00"),
        ("1.125", "1.125"),
        ("100", "100.00"),
        ("illegible", "illegible"),
        ("12.30.40", "12.30.40"),
    ],
)
def test_amounts_are_compared_as_decimals(printed, compared):
    assert amount(printed) == compared


@given(st.text())
def test_any_text_has_a_form_to_compare_and_it_stays(text):
    assert amount(amount(text)) == amount(text)
    assert quantity(quantity(text)) == quantity(text)


def test_an_exponent_does_not_unroll_into_zeros():
    assert quantity("1e999999") == "1e999999"


def test_every_fifth_document_is_dev():
    assert [number for number in ("000", "001", "w0005", "w1299", "625") if split_of(number) == "dev"] == [
        "000",
        "w0005",
        "625",
    ]
    assert split_of("coffee") == "train"
    assert in_split("001", "all")
    assert not in_split("001", "dev")
