"""The data of synthetic documents is whole: every language says every concept, and says none ambiguously."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from babel.numbers import list_currencies

from extractor.errors import UsageError
from training.synthetic.dates import printed_date
from training.synthetic.locales import HELD_OUT_LANGUAGES, LOCALES, locale
from training.synthetic.purchase import Locale
from training.synthetic.wordings import CONCEPTS, GOODS, SECTORS, countries, language

ALL = pytest.mark.parametrize("place", LOCALES.values(), ids=LOCALES)
AMOUNTS = (
    *("total", "subtotal", "tax", "tax_included", "net", "service_charge", "tip", "discount", "rounding"),
    *("cash", "card", "change", "tendered"),
)
"""Concepts that stand before different amounts of one document: no wording may mean two of them."""
MUST = ["en", "ms", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "tr", "vi", "zh", "ja", "th", "ar", "hi", "id"]


@pytest.mark.parametrize("code", [*MUST, *sorted(HELD_OUT_LANGUAGES)])
def test_documents_come_in_this_language(code: str) -> None:
    assert any(place.language == code for place in LOCALES.values())


@ALL
def test_every_concept_has_a_wording(place: Locale) -> None:
    assert set(place.terms) == set(CONCEPTS)
    assert [concept for concept, wordings in place.terms.items() if not all(wordings) or not wordings] == []


@ALL
def test_no_wording_stands_for_two_amounts(place: Locale) -> None:
    said = {concept: {wording.casefold() for wording in place.terms[concept]} for concept in AMOUNTS}
    assert [(one, two, said[one] & said[two]) for one, two in combinations(AMOUNTS, 2) if said[one] & said[two]] == []


@ALL
def test_total_comes_in_several_wordings(place: Locale) -> None:
    assert len(set(place.terms["total"])) >= 3


@ALL
def test_currency_exists_and_has_its_usual_places(place: Locale) -> None:
    assert place.currency in list_currencies()
    assert place.places == (0 if place.currency in {"JPY", "KRW", "CLP", "VND", "IDR", "COP"} else 2)
    assert place.decimal != place.grouping
    assert all(rate >= 0 for rate in place.tax_rates)


@pytest.mark.parametrize("name", sorted({country.language for country in countries().values()}))
def test_every_language_names_shops_and_goods_of_every_sector(name: str) -> None:
    words = language(name)
    assert set(words.names) == set(SECTORS)
    assert {
        category: len(set(words.goods[category])) for category in GOODS if len(set(words.goods[category])) < 15
    } == {}
    assert len(words.emblem) >= 10


def test_english_has_thirty_items_where_most_receipts_are() -> None:
    assert all(len(set(language("en").goods[category])) >= 30 for category in ("meals", "groceries", "hardware"))


@ALL
def test_every_date_pattern_prints_the_day_month_and_year(place: Locale) -> None:
    for pattern in place.dates:
        printed = printed_date(date(2019, 11, 24), pattern, place)
        assert "24" in printed
        assert "%" not in printed
        assert any(year in printed for year in ("19", "2562", "62"))


def test_dates_speak_the_language_of_the_document() -> None:
    day = date(2021, 3, 4)
    assert printed_date(day, "%-d. %B %Y", LOCALES["de_DE"]) == "4. März 2021"
    assert printed_date(day, "%^b-%d-%Y", LOCALES["en_US"]) == "MAR-04-2021"
    assert printed_date(day, "%d/%m/%EY", LOCALES["th_TH"]) == "04/03/2564"
    with pytest.raises(ValueError, match="%H"):
        printed_date(day, "%H", LOCALES["en_US"])


def test_swiss_amounts_are_grouped_by_an_apostrophe() -> None:
    assert (LOCALES["de_CH"].grouping, LOCALES["de_CH"].decimal) == ("'", ".")
    assert LOCALES["de_DE"].tax_rates == (Decimal(19), Decimal(7))


def test_an_unknown_locale_is_refused_with_the_nearest_named() -> None:
    with pytest.raises(UsageError, match="de_DE"):
        locale("de_DD")
    assert locale("de_DE").name == "de_DE"
