"""What a report says about predictions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.evaluation import calibration_error, document_id, evaluate, load_predictions
from extractor.truth import Truth
from extractor.types import Extraction, Field, LineItem, Notice, Receipt


def _field(value: str, text: str | None = None, confidence: float = 1.0) -> Field:
    return Field(value=value, text=value if text is None else text, confidence=confidence)


def _read(file: str, items: list[LineItem] | None = None, **fields: Field) -> Extraction:
    receipt = Receipt(fields=fields, line_items=items or [])
    return Extraction(file=file, sha256="", status="ok", pages=1, receipt=receipt)


def test_a_document_is_known_by_its_file_name_without_folder_and_ending():
    assert document_id("in/a.b.pdf") == "a.b"
    assert document_id("C:\\scans\\w0001.jpg") == "w0001"


def test_amounts_are_equal_as_decimals_and_the_date_is_scored_as_printed():
    truths = {"1": Truth("1", {"total": "80.90", "date": "25/12/18", "date_iso": "2018-12-25"})}
    report = evaluate([_read("1.jpg", total=_field("80.9"), date=_field("2018-12-25", "25/12/18"))], truths)
    assert report.field("total").exact == report.field("date").exact == report.field("date_iso").exact == 1.0
    assert report.anls == report.exact == 1.0


def test_the_date_counts_once_in_the_overall_mean():
    truths = {"1": Truth("1", {"total": "80.90", "date": "25/12/18", "date_iso": "2018-12-25"})}
    report = evaluate([_read("1.jpg", total=_field("80.90"))], truths)
    assert report.anls == 0.5


def test_a_date_of_which_only_the_day_is_known_counts_by_that():
    truths = {"1": Truth("1", {"arrival_iso": "2018-12-25", "room": "7"}, dates=frozenset({"arrival"}))}
    report = evaluate([_read("1.jpg", arrival=_field("2018-12-25", "25/12/18"))], truths)
    assert report.field("arrival_iso").exact == 1.0
    assert report.anls == 0.5


def test_coverage_is_the_share_answered_where_there_is_a_value():
    truths = {str(n): Truth(str(n), {"time": "12:00"}) for n in range(4)}
    report = evaluate([_read("0.jpg", time=_field("12:00")), _read("1.jpg", time=_field("13:59"))], truths)
    time = report.field("time")
    assert (time.n, time.coverage, time.exact) == (4, 0.5, 0.25)
    assert time.anls == pytest.approx((1.0 + 0.0) / 4)
    assert report.missing == 2


def test_an_answer_where_there_is_none_is_a_false_reading_and_leaves_anls_alone():
    truths = {"1": Truth("1", {"tax": None}), "2": Truth("2", {"tax": None}), "3": Truth("3", {"tax": "1.00"})}
    tax = evaluate([_read("1.jpg", tax=_field("6.00")), _read("3.jpg", tax=_field("1.00"))], truths).field("tax")
    assert (tax.nulls, tax.false_readings, tax.anls) == (2, 0.5, 1.0)
    assert tax.ece == pytest.approx(0.5)


def test_of_two_predictions_for_one_document_the_last_counts_and_strangers_are_ignored():
    records = [_read("a/1.jpg", total=_field("1.00")), _read("b/1.jpg", total=_field("2.00")), _read("9.jpg")]
    report = evaluate(records, {"1": Truth("1", {"total": "2.00"})})
    assert (report.documents, report.exact) == (1, 1.0)


def test_failed_documents_count_as_not_read():
    error = Notice(code="empty_file", message="Empty.")
    failed = Extraction(file="1.jpg", sha256="", status="failed", pages=0, error=error)
    report = evaluate([failed], {"1": Truth("1", {"total": "2.00"})})
    assert (report.failed, report.missing, report.anls) == (1, 0, 0.0)


def test_line_items_are_scored_by_anls_star_over_receipts_that_have_some():
    item = LineItem(description=_field("Kopi"), quantity=_field("1.000"), amount=_field("2.5"))
    truths = {
        "1": Truth("1", {}, ({"description": "Kopi", "quantity": "1", "amount": "2.50"},)),
        "2": Truth("2", {}, ({"description": "Roti", "amount": "3.00"},)),
        "3": Truth("3", {}, ()),
    }
    items = evaluate([_read("1.jpg", [item]), _read("3.jpg", [item])], truths).line_items
    assert (items.n, items.anls, items.exact, items.nulls, items.false_readings) == (2, 0.5, 0.5, 1, 1.0)


def test_nothing_measured_is_none_not_zero():
    report = evaluate([], {})
    assert (report.documents, report.anls, report.line_items, report.fields) == (0, None, None, ())


def test_calibration_error_of_answers_as_sure_as_they_are_right_is_zero():
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert calibration_error([1.0, 1.0], [False, False]) == 1.0


def test_calibration_error_weighs_each_bin_by_its_answers():
    assert calibration_error([0.9] * 3 + [0.1], [True, True, True, True]) == pytest.approx((3 * 0.1 + 0.9) / 4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_error_stays_between_the_overall_gap_and_one(answers):
    confidences, right = [c for c, _ in answers], [hit for _, hit in answers]
    error = calibration_error(confidences, right)
    assert abs(sum(confidences) - sum(right)) / len(answers) - 1e-9 <= error <= 1.0


def test_predictions_come_back_as_they_were_written(tmp_path):
    record = _read("ü.jpg", total=_field("1.00"))
    path = tmp_path / "p.jsonl"
    path.write_text(record.to_json() + "\n\n", encoding="utf-8")
    assert load_predictions(path) == [record]


@pytest.mark.parametrize("content", [b"{}\n", b"\xff\xfe\n", b"nonsense\n"])
def test_a_file_without_records_is_a_usage_error(tmp_path, content):
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_predictions(path)
    assert caught.value.code == "predictions_unreadable"
