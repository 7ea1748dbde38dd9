"""Whom a bill is made out to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.customers import customer_lines


@pytest.mark.parametrize(
    "label", ["Guest: Ms A. Person", "BILL TO", "Bill to Person Ltd", "Kunde:", "Facturé à : Person SA", "客户：某公司"]
)
def test_the_line_of_the_label_and_what_stands_under_it_are_the_customers(label: str) -> None:
    lines = ["HOTEL BAY", "1 Quay", label, "Person Ltd", "2 Street", "Deluxe room 220.00"]
    assert sorted(customer_lines(lines)) == [2, 3, 4]


def test_the_next_label_ends_it() -> None:
    assert sorted(customer_lines(["Guest: A. Person", "Room: 1207", "HOTEL BAY"])) == [0]


@pytest.mark.parametrize(
    "heading",
    ["Guest Check", "CUSTOMER RECEIPT", "Customer copy", "CLIENT'S CAFE", "Kundenbeleg", "Gasthaus zum Bären"],
)
def test_a_merchants_own_heading_is_not_taken_for_a_label(heading: str) -> None:
    assert not customer_lines([heading, "EL CAFE", "1 Street"])


@given(st.lists(st.text(max_size=30), max_size=8))
def test_the_lines_named_are_lines_of_the_document(lines: list[str]) -> None:
    assert customer_lines(lines) <= set(range(len(lines)))
