"""Invented purchases add up, are plausible, and come out the same for the same seed."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from training.synthetic.content import purchase
from training.synthetic.locales import LOCALES
from training.synthetic.purchase import KINDS, Kind, Locale, Purchase
from training.synthetic.wordings import CONCEPTS, countries

CATEGORIES = frozenset(
    [
        "meals",
        "groceries",
        "lodging",
        "transport",
        "fuel",
        "parking",
        "office_supplies",
        "hardware",
        "clothing",
        "health",
        "telecom",
        "entertainment",
        "education",
        "services",
        "other",
    ]
)
SEEDS = range(25)
ALL = pytest.mark.parametrize("place", LOCALES.values(), ids=LOCALES)
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def some(place: Locale, kind: Kind) -> list[Purchase]:
    return [purchase(seed, place, kind) for seed in SEEDS]


@ALL
@EACH_KIND
def test_amounts_add_up(place: Locale, kind: Kind) -> None:
    for made in some(place, kind):
        zero = Decimal(0)
        on_top = zero if made.tax_included else made.tax or zero
        due = made.subtotal - (made.discount or zero) + (made.service_charge or zero) + on_top + (made.rounding or zero)
        assert made.total == due
        if made.items:
            assert sum(item.amount for item in made.items) == made.subtotal
        if made.tendered is not None:
            assert made.change == made.tendered - made.total
            assert made.change >= 0
        for item in made.items:
            assert abs(item.quantity * item.unit_price - item.amount) <= Decimal("0.5").scaleb(-place.places)


@ALL
@EACH_KIND
def test_amounts_have_no_more_places_than_the_currency(place: Locale, kind: Kind) -> None:
    for made in some(place, kind):
        amounts = (made.subtotal, made.total, made.tax, made.service_charge, made.discount, made.rounding)
        told = [amount for amount in (*amounts, made.tendered, made.change) if amount is not None]
        assert all(amount == round(amount, place.places) for amount in told)


@ALL
@EACH_KIND
def test_every_purchase_tells_who_what_and_when(place: Locale, kind: Kind) -> None:
    for made in some(place, kind):
        assert made.merchant.name.strip() == made.merchant.name != ""
        assert made.number
        assert made.category in CATEGORIES
        assert 2010 <= made.when.year <= 2027
        assert len(made.items) <= 26
        assert all(item.description.strip() for item in made.items)
        assert made.items or kind == "card_slip"
        assert set(made.details) <= set(CONCEPTS)
        printed = [made.merchant.name, *made.merchant.address, *(item.description for item in made.items)]
        assert not any(sign in text for text in printed for sign in "{}|\n~")


@ALL
def test_the_same_seed_gives_the_same_purchase(place: Locale) -> None:
    assert purchase("a", place, "receipt") == purchase("a", place, "receipt")
    assert purchase("a", place, "receipt") != purchase("b", place, "receipt")


@EACH_KIND
def test_each_kind_brings_its_own_details(kind: Kind) -> None:
    wanted = {"folio": {"arrival", "departure", "nights", "room"}, "fuel": {"litres", "price_per_litre", "pump"}}
    wanted |= {"parking": {"entry", "exit", "duration"}, "card_slip": {"approval", "terminal"}}
    for made in some(LOCALES["en_GB"], kind):
        assert wanted.get(kind, set()) <= set(made.details)
        assert (kind == "invoice") <= (made.customer is not None)
        assert (kind == "card_slip") <= (made.payment_method == "card")


def test_prices_are_large_where_the_money_is_small() -> None:
    def typical(name: str) -> Decimal:
        totals = sorted(made.total for made in some(LOCALES[name], "receipt"))
        return totals[len(totals) // 2]

    assert 3 < typical("de_DE") < 200
    assert 400 < typical("ja_JP") < 30_000
    assert 60_000 < typical("vi_VN") < 5_000_000


def test_cash_is_rounded_where_small_coins_are_gone() -> None:
    step = countries()["en_MY"].cash_step
    assert step == Decimal("0.05")
    cash = [
        made for seed in range(300) if (made := purchase(seed, LOCALES["en_MY"], "receipt")).payment_method == "cash"
    ]
    assert cash
    assert all(one.total % step == 0 for one in cash)


def test_us_prices_come_without_tax_and_german_ones_with_it() -> None:
    assert any(not made.tax_included and made.tax for made in some(LOCALES["en_US"], "receipt"))
    assert all(made.tax_included for made in some(LOCALES["de_DE"], "receipt"))


def test_rare_things_happen_but_rarely() -> None:
    made = [purchase(seed, LOCALES["en_US"], "receipt") for seed in range(600)]
    assert 0 < sum(any(item.amount < 0 for item in one.items) for one in made) < 60
    assert 0 < sum(one.details.get("tip") is not None for one in made) < 200
    assert max(len(one.items) for one in made) > 12
    assert sum(len(one.items) <= 4 for one in made) > 300


def test_a_purchase_takes_about_a_millisecond_or_less() -> None:
    purchase(0, LOCALES["de_DE"], "receipt")
    begun = time.process_time()
    for seed in range(200):
        purchase(seed, LOCALES["de_DE"], "receipt")
    assert (time.process_time() - begun) / 200 < 0.005
