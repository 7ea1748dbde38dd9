"""The languages and countries that synthetic documents come in, made from the data files beside this module."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from extractor.errors import UsageError
from training.synthetic.purchase import Locale
from training.synthetic.wordings import Country, countries, language

HELD_OUT_LANGUAGES = frozenset({"sv", "fi", "ro", "hu", "da", "no"})
"""Languages that training never sees: documents in them show how the student reads a language it was not taught."""

Script = Literal["latin", "cjk", "thai", "arabic", "devanagari"]
_SCRIPTS: dict[str, Script] = {
    **dict.fromkeys(("zh", "ja", "ko"), "cjk"),
    "th": "thai",
    "ar": "arabic",
    "hi": "devanagari",
}
_BORROWED = ("total", "cash", "change", "tax", "date", "thanks")
"""Concepts whose wordings stand in both languages where documents of a country mix two."""


def _terms(country: Country) -> Mapping[str, tuple[str, ...]]:
    terms = dict(language(country.language).terms)
    terms.update(country.terms)
    if country.mix and country.language not in ("en",):
        other = language(country.mix).terms
        terms.update({key: (*terms[key], *other[key][:2]) for key in _BORROWED})
    return MappingProxyType(terms)


def _locale(name: str, country: Country) -> Locale:
    code, _, land = name.partition("_")
    return Locale(
        language=code,
        country=land,
        currency=country.currency,
        faker=country.faker,
        script=_SCRIPTS.get(code, "latin"),
        terms=_terms(country),
        dates=country.dates,
        decimal=country.signs[0],
        grouping=country.signs[1:],
        places=country.places_after_point,
        symbols=country.symbols,
        symbol_first=country.after == "no",
        tax_rates=tuple(dict.fromkeys(Decimal(rate) for rate in country.rates)),
        prices_with_tax=country.with_tax != "no",
    )


LOCALES: Mapping[str, Locale] = MappingProxyType({name: _locale(name, found) for name, found in countries().items()})
"""Every locale by its name ("de_DE")."""


def locale(name: str) -> Locale:
    """The locale of this name. Raises UsageError, with the nearest one named, where there is none."""
    found = LOCALES.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, LOCALES, n=1, cutoff=0.0)
    raise UsageError(f"There is no locale {name!r}.", hint=f"Did you mean {near[0]!r}? Known: {', '.join(LOCALES)}.")
