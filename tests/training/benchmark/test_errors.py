import pytest

from extractor.truth import Truth
from tests.training.benchmark.records import record
from training.benchmark.errors import amount_stands_in, blamed, faults, stands_in, summary


@pytest.mark.parametrize(
    ("truth", "text", "stands"),
    [
        ("9.00", "TOTAL RM9.00", True),
        ("9.00", "TOTAL 19.00", False),
        ("9.00", "9 00 items", False),
        ("1234.50", "1,234.50", True),
        ("25/12/2018", "Date:25-12-2018 20:13", True),
        ("25/12/2018", "Date:26/12/2018", False),
        ("BOOK TALK (TAMAN DAYA) SDN BHD", "x\nBOOK TALK\n(TAMAN DAYA) SDN. BHD\n789417-W", True),
        ("BOOK TALK (TAMAN DAYA) SDN BHD", "BOOK", False),
        ("-", "-", False),
    ],
)
def test_a_value_stands_in_a_text_by_its_letters_and_digits(truth, text, stands):
    assert stands_in(truth, text) is stands


TRUTHS = {
    "000": Truth("000", {"total": "9.00", "date": "25/12/2018", "tax": None, "country": "MY", "time": "20:13"}),
    "005": Truth("005", {"total": "5.00"}),
}
RECORDS = {
    "000": record("000", total="9.00", date="25/12/2013", tax="0.50", country="US"),
    "005": record("005", total="6.00"),
    "010": record("010", total="1.00"),
}


def test_only_wrong_fields_are_listed_worst_first():
    found = faults(RECORDS, TRUTHS, ["country"])
    assert [(fault.id, fault.field, fault.predicted, fault.truth) for fault in found] == [
        ("000", "tax", "0.50", None),
        ("000", "time", None, "20:13"),
        ("005", "total", "6.00", "5.00"),
        ("000", "date", "25/12/2013", "25/12/2018"),
    ]
    assert found[0].confidence == 0.9
    assert found[1].confidence is None


def test_the_ocr_is_blamed_where_the_truth_was_not_read_and_asked_once_a_document():
    asked: list[str] = []

    def text_of(identifier: str) -> str:
        asked.append(identifier)
        return {"000": "25/12/2018 2O:13", "005": "TOTAL 5.00"}[identifier]

    found = blamed(faults(RECORDS, TRUTHS, ["country"]), text_of)
    assert {(fault.id, fault.field): fault.in_ocr for fault in found} == {
        ("000", "tax"): None,
        ("000", "time"): False,
        ("000", "date"): True,
        ("005", "total"): True,
    }
    assert sorted(asked) == ["000", "005"]
    assert "time\t1\t0\t1\t0" in summary(found)
    assert "tax\t1\t0\t0\t1" in summary(found)


def test_a_fault_is_one_line_that_names_who_erred():
    (line,) = [fault.line() for fault in blamed(faults(RECORDS, TRUTHS), lambda _: "5.00") if fault.id == "005"]
    assert line.split("\t")[:2] == ["005", "total"]
    assert "student" in line
    assert "6.00 (0.90)" in line


@pytest.mark.parametrize(
    ("truth", "text", "stands"),
    [
        ("18930.00", "CELKEM KČ: 18 930,00", True),
        ("1234567.50", "1 234 567,50", True),
        ("1442.00", "¥1,442", True),
        ("1442.00", "¥11,442", False),
        ("930.00", "18 931,00", False),
        ("9.00", "9 00 items", False),
        ("9.50", "9", False),
    ],
)
def test_an_amount_may_have_no_decimals_or_thousands_apart(truth, text, stands):
    assert amount_stands_in(truth, text) is stands
