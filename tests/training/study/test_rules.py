"""The baseline by rules: an honest reader of plain receipts."""

from __future__ import annotations

from datetime import date

import pytest

from extractor.truth import truth_of_label
from tests.extractor.student.documents import tokens
from tests.training.study.made_up import label, rows
from training.study.rules import read, record
from training.study.scores import score, summary

TODAY = date(2026, 11, 1)


def values(*printed: str) -> dict[str, str]:
    return {name: field.value for name, field in read(tokens(*printed), TODAY).fields.items()}


def test_a_plain_receipt_is_read_whole() -> None:
    said = label(7, "x")
    found = values(*rows(7))
    for name in ("merchant_name", "merchant_address", "merchant_phone", "date", "time", "total"):
        assert found[name] == said[name], name


@pytest.mark.parametrize(
    ("printed", "total"),
    [
        (("Subtotal 10.00", "Total 11.00", "Cash 20.00", "Change 9.00"), "11.00"),
        (("Total 11.02", "Rounding -0.02", "Total after rounding 11.00", "Cash 11.00"), "11.00"),
        (("Total Qty 3", "Summe EUR 14,90", "Gegeben EUR 20,00"), "14.90"),
        (("TOTAL TTC", "14,90", "CB 14,90"), "14.90"),
        (("小計 900", "合計 ¥972", "お預り 1000"), "972.00"),
        (("Coffee 3.20", "Cake 4.10", "7.30", "Cash 10.00"), "7.30"),
        (("Total 53.00", "GST summary Amount Tax", "Total 50.00 3.00"), "53.00"),
    ],
)
def test_the_total_is_the_surest_of_the_amounts(printed: tuple[str, ...], total: str) -> None:
    head = ("CORNER SHOP LTD", "1 Mill Street", "Thank you", "Bread 1.00")
    assert values(*head, *printed)["total"] == total


def test_a_heading_is_no_merchant_and_a_company_is_one_line_or_two() -> None:
    assert values("TAX INVOICE", "CORNER SHOP LTD", "Total 1.00")["merchant_name"] == "CORNER SHOP LTD"
    assert values("CORNER SHOP", "SDN BHD", "12345-X", "Total 1.00")["merchant_name"] == "CORNER SHOP SDN BHD"
    assert values("CORNER SHOP SDN BHD (126926-H)", "Total 1.00")["merchant_name"] == "CORNER SHOP SDN BHD"


def test_a_date_that_can_be_no_purchase_is_passed_over() -> None:
    assert values("SHOP LTD", "Valid until 01/01/2031", "24/10/2018", "Total 1.00")["date"] == "2018-10-24"


def test_what_is_not_printed_is_absent() -> None:
    assert values("HELLO WORLD") == {"merchant_name": "HELLO WORLD"}
    assert values() == {}


def test_records_carry_where_a_value_stands() -> None:
    found = record("r1", tokens(*rows(3)))
    assert found.file == "r1.jpg"
    field = found.receipt.fields["total"]
    assert field.page == 0
    assert field.box is not None
    assert field.box[1] > 0.5


def test_made_up_receipts_are_read_well() -> None:
    said = [label(number, f"r{number}") for number in range(40)]
    truths = {"made-up": {each["id"]: truth_of_label(each) for each in said}}
    records = [record(f"r{number}", tokens(*rows(number))) for number in range(40)]
    figures = summary([score(records, truths)], ("merchant_name", "merchant_address", "date", "total"))["made-up"]
    assert figures["n"] == 160
    assert figures["mean"] > 0.95
