"""Every template prints any purchase of its kinds; what it prints is what the label says."""

from __future__ import annotations

import random
import re
from decimal import Decimal

import pytest

from extractor.types import AMOUNT_FIELDS, SPAN_FIELDS
from tests.training.synthetic.samples import ARABIC, ENGLISH, GERMAN, HINDI, LOCALES, in_cash, many_lines, sample
from training.synthetic.labels import amount, label, printed_texts
from training.synthetic.layouts import TEMPLATES, fitting, kinds_of
from training.synthetic.layouts.base import Roll
from training.synthetic.layouts.wording import grouped, wrap
from training.synthetic.purchase import KINDS, Locale, Purchase
from training.synthetic.sheet import Run, Sheet

SEEDS = range(4)
ITEM_ROLE = re.compile(r"item\.(\d+)\.(description|quantity|unit_price|amount)")


def laid(name: str, purchase: Purchase, seed: int) -> tuple[Sheet, ...]:
    return TEMPLATES[name].lay(purchase, random.Random(seed))


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_a_template_prints_date_and_total_in_every_language(name: str, locale: Locale) -> None:
    for kind in TEMPLATES[name].kinds:
        for seed in SEEDS:
            printed = label(sample(kind, locale), laid(name, sample(kind, locale), seed))
            assert printed["total"] == "1131.00"
            assert printed["date"] == "2019-03-24"
            assert printed["date_text"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_roles_are_span_fields_or_parts_of_items_that_there_are(name: str) -> None:
    for seed in SEEDS:
        purchase = sample(TEMPLATES[name].kinds[0])
        for role in printed_texts(laid(name, purchase, seed)):
            found = ITEM_ROLE.fullmatch(role)
            assert role in SPAN_FIELDS or (found and int(found[1]) < len(purchase.items))


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_amounts_of_the_label_are_those_printed(name: str) -> None:
    for seed in SEEDS:
        purchase = sample(TEMPLATES[name].kinds[0], GERMAN)
        sheets = laid(name, purchase, seed)
        texts, values = printed_texts(sheets), label(purchase, sheets)
        for field in AMOUNT_FIELDS:
            if values[field] is None:
                assert field not in texts
            else:
                digits = "".join(re.findall(r"[\d,]", texts[field])).replace(",", ".")
                assert abs(Decimal(digits)) == abs(Decimal(values[field]))


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_amount_printed_twice_carries_its_role_once(name: str) -> None:
    for seed in SEEDS:
        purchase = in_cash(sample(TEMPLATES[name].kinds[0]))
        rows = [row for sheet in laid(name, purchase, seed) for row in sheet.rows]
        roles = [run.role for row in rows for cell in row.cells for run in cell.runs if run.role and run.text.strip()]
        for field in ("total", "tax", "subtotal", "date", "time", "receipt_number", "merchant_phone"):
            assert roles.count(field) <= 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_same_seed_lays_a_purchase_out_the_same_way(name: str) -> None:
    purchase = sample(TEMPLATES[name].kinds[0])
    assert laid(name, purchase, 3) == laid(name, purchase, 3)
    assert len({laid(name, purchase, seed) for seed in SEEDS}) > 1


def test_every_kind_has_a_template_for_training_and_some_are_held_out() -> None:
    assert set(kinds_of(False)) == set(KINDS)
    held_out = [template.name for template in TEMPLATES.values() if template.held_out]
    assert held_out == ["till address first", "bistro", "invoice two heads"]
    assert not {t.name for t in fitting(sample("invoice"), False)} & set(held_out)
    assert {t.name for t in fitting(sample("receipt"), True)} == {"till address first", "bistro"}
    assert len(TEMPLATES) >= 14


def test_a_layout_of_one_country_serves_no_other() -> None:
    assert "tax invoice" not in {template.name for template in fitting(sample("receipt", ENGLISH))}
    assert "supermarket" not in {template.name for template in fitting(sample("receipt", GERMAN))}


def test_arabic_is_mirrored_amounts_stand_at_the_left() -> None:
    rows = [row for row in laid("till centred", sample("receipt", ARABIC), 1)[0].rows if len(row.cells) > 1]
    totals = [cell for row in rows for cell in row.cells if any(run.role == "total" for run in cell.runs)]
    assert totals
    assert all(cell.x == 0.0 and cell.align == "left" for cell in totals)


def test_an_invoice_of_many_lines_takes_two_pages_and_numbers_them() -> None:
    purchase = many_lines(sample("invoice"), 60)
    sheets = laid("invoice customer left", purchase, 1)
    assert len(sheets) == 2
    texts = [" ".join(run.text for row in sheet.rows for cell in row.cells for run in cell.runs) for sheet in sheets]
    assert "1/2" in texts[0]
    assert "2/2" in texts[1]
    assert len(label(purchase, sheets)["line_items"]) == 40


def test_what_is_not_printed_is_null_in_the_label() -> None:
    texts_seen, absent_seen = set(), set()
    for seed in range(40):
        sheets = laid("till centred", sample(), seed)
        found = label(sample(), sheets)
        for field in ("time", "subtotal", "receipt_number"):
            (absent_seen if found[field] is None else texts_seen).add(field)
            assert (found[field] is None) == (field not in printed_texts(sheets))
    assert texts_seen == absent_seen == {"time", "subtotal", "receipt_number"}


def test_amounts_have_two_decimals_in_every_currency() -> None:
    assert amount(Decimal("1500")) == "1500.00"
    assert amount(Decimal("-0.01")) == "-0.01"


def test_numbers_are_grouped_as_the_country_groups_them() -> None:
    assert grouped(Decimal("1234567.5"), 2, ENGLISH) == "1,234,567.50"
    assert grouped(Decimal("-1234.5"), 2, GERMAN) == "-1234,50".replace("1234", "1.234")
    assert grouped(Decimal("1234567.5"), 2, HINDI) == "12,34,567.50"


def test_two_facts_too_long_for_a_row_are_parted_between_them() -> None:
    roll = Roll(sample(), random.Random(1), 20)
    roll.text((Run("Date: "), Run("24/03/2019", "date"), Run("  "), Run("Time: "), Run("15:42", "time")))
    assert ["".join(run.text for run in row.cells[0].runs) for row in roll.rows] == ["Date: 24/03/2019", "Time: 15:42"]


def test_long_text_is_wrapped_at_spaces_and_wide_signs_count_twice() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("山田文具店", 4) == ["山田", "文具", "店"]
