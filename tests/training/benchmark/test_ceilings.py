import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.truth import Truth
from tests.extractor.student.documents import tokens
from tests.training.benchmark.records import corpus_folders, record
from training.benchmark import ceilings
from training.benchmark.ceilings import Score, measure, scores
from training.benchmark.corpus import corpora
from training.benchmark.predict import Reader

shares = st.floats(0.0, 1.0)


@given(shares, shares, shares, shares, st.booleans())
def test_the_parts_of_a_loss_add_up(one, two, three, taught, follows):
    measured, reached, printed = sorted((one, two, three))
    parts = Score("date", measured, reached, printed, taught, follows).shares
    assert all(part >= -1e-12 for part in parts)
    assert sum(parts) == pytest.approx(1 - measured)


def test_a_loss_goes_to_the_ocr_first_then_to_reading_convention_and_student():
    assert Score("date", 0.0, 0.6, 0.9).shares == pytest.approx((0.1, 0.3, 0.0, 0.6))
    assert Score("date", 0.5, 1.0, 1.0, taught=0.7, follows=True).shares == pytest.approx((0.0, 0.0, 0.3, 0.2))
    assert Score("date", 0.5, 1.0, 1.0, taught=0.7, follows=False).shares == pytest.approx((0.0, 0.0, 0.0, 0.5))


def test_exactly_is_all_or_nothing():
    assert Score("total", 0.9, 1.0, 1.0, 0.8, True).exactly() == Score("total", 0.0, 1.0, 1.0, 0.0, True)


def test_who_loses_what_is_told_for_each_value():
    truth = Truth("000", {"merchant_name": "SHOP SDN BHD", "total": "9.00", "date": "25/12/2018", "tax": None})
    label = Truth("000", {"merchant_name": "SHOP", "total": "9.00", "date": "25/12/2018"})
    words = {"000": tokens("SHOP SDN BHD", "25/12/2013", "TOTAL 9.00 CASH 10.00")}
    read = {"000": record("000", merchant_name="SHOP", total="10.00", date="25/12/2013")}
    found = {each.field: each for each in scores(read, {"000": truth}, {"000": label}, words)}
    assert set(found) == {"merchant_name", "total", "date"}
    ocr, _, convention, student = found["merchant_name"].shares
    assert (ocr, convention, student) == (0.0, 1.0, 0.0), "the student said what the teacher says"
    assert found["total"].shares[3] == 1 - found["total"].measured, "the words held the total"
    assert found["date"].shares == pytest.approx((0.1, 0.0, 0.0, 0.0)), "the OCR misread a digit"


def test_a_document_that_was_not_read_counts():
    truth = Truth("000", {"total": "9.00"}, ({"amount": "9.00"},))
    found = {each.field: each for each in scores({}, {"000": truth}, {}, {"000": tokens("TOTAL 9.00")})}
    assert found["total"].shares == (0.0, 0.0, 0.0, 1.0)
    assert (found["line_items"].measured, found["line_items"].reached) == (0.0, 1.0)


def test_the_analysis_is_markdown_with_what_is_asked(tmp_path, pipeline, monkeypatch):
    known = corpora(*corpus_folders(tmp_path, ["000", "005"], ["w0000"]))
    words = tokens("SHOP SDN BHD", "1 HIGH STREET", "25/12/2018", "TEA 1 9.00")
    monkeypatch.setattr(ceilings, "words_of", lambda *_: dict.fromkeys(("000", "005", "w0000"), words))
    text = measure(known.values(), Reader(out=tmp_path / "out"), None)
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    rows = {cells[1]: cells[2:-1] for cells in lines if len(cells) > 9}
    assert rows["SROIE dev, total, exact"] == ["2", "0.95", "1.000", "1.000", "–", "0.0", "0.0", "0.0", "0.0"]
    assert rows["SROIE dev, merchant_name, ANLS"][:4] == ["2", "", "0.000", "1.000"]
    assert rows["SROIE dev, merchant_name, ANLS"][4] == "0.000", "the teacher names the shop in another way"
    assert rows["wild dev, line items, ANLS*"][-1] == "100.0"
    assert rows["wild dev, total, ANLS"][1] == "0.92"
