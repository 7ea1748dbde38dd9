from decimal import Decimal

import pytest

from extractor.policy.claims.likeness import bare_name, same_merchant, stands_on
from extractor.policy.claims.printed import Role, amounts_on, role_of
from tests.extractor.policy.claims.making import page_of


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("TOTAL RM", Role.TOTAL),
        ("Grand Total", Role.TOTAL),
        ("Total Sales (Inclusive of GST)", Role.TOTAL),
        ("TOTAL ROUNDED", Role.TOTAL),
        ("Summe EUR", Role.TOTAL),
        ("Net à payer", Role.TOTAL),
        ("合計", Role.TOTAL),
        ("Sub-Total", Role.SUBTOTAL),
        ("Zwischensumme", Role.SUBTOTAL),
        ("Total (Excluding GST)", Role.SUBTOTAL),
        ("CASH", Role.TENDER),
        ("Change due", Role.TENDER),
        ("Gegeben", Role.TENDER),
        ("お釣り", Role.TENDER),
        ("Total Qty", Role.OTHER),
        ("GST 6%", Role.OTHER),
        ("Rounding Adj", Role.OTHER),
        ("Nasi Lemak", Role.PLAIN),
        ("Barbecue sauce", Role.PLAIN),
    ],
)
def test_the_words_of_a_line_say_what_its_amount_is(line, role):
    assert role_of(line) is role


def test_a_label_above_stands_for_the_line_below():
    found = amounts_on(page_of("a.jpg", ("Tea 3.00", "TOTAL", "RM 9.00", "Cash 10.00")))
    assert [(each.value, each.role) for each in found] == [
        (Decimal("3.00"), Role.PLAIN),
        (Decimal("9.00"), Role.TOTAL),
        (Decimal("10.00"), Role.TENDER),
    ]


def test_an_amount_knows_where_it_stands():
    (total,) = amounts_on(page_of("a.jpg", ("TOTAL 9.00",)))
    assert total.page == 0
    assert total.box.x0 == pytest.approx(1 / 3)
    assert total.may_be(Decimal("-9.00"))
    assert not total.may_be(Decimal("9.01"))


def test_legal_forms_numbers_and_accents_are_no_part_of_a_name():
    assert bare_name("CAFÉ REX (M) SDN. BHD. 123456-X") == "cafe rex"
    assert bare_name("Müller GmbH & Co. KG") == "muller"
    assert bare_name("GmbH") == "gmbh"


@pytest.mark.parametrize(
    ("claimed", "read"),
    [
        ("Mr DIY", "MR D.I.Y. (JOHOR) SDN BHD"),
        ("Ibis Berlin", "ibis Hotel Berlin Mitte"),
        ("Starbucks", "STARBUCKS COFFEE COMPANY"),
        ("McDonald's", "MCDONALDS"),
        ("Sanyu Stationery", "SANYU STATIONERY SHOP"),
    ],
)
def test_one_merchant_under_two_names_is_known(claimed, read):
    assert same_merchant(claimed, read) >= 0.8


@pytest.mark.parametrize(("claimed", "read"), [("Shell", "Petronas Dagangan"), ("Hotel Adler", "Café Lune"), ("", "X")])
def test_two_merchants_are_told_apart(claimed, read):
    assert same_merchant(claimed, read) < 0.55


def test_a_trading_name_is_found_among_the_words():
    page = page_of("a.jpg", ("URBAN IDEA SDN BHD", "Subway # 42210", "Total 9.00"))
    assert stands_on("Subway", page) > 0.9
    assert stands_on("Shell Station", page) < 0.6
    assert stands_on("TT", page) == 0
    assert stands_on("Subway", None) == 0
