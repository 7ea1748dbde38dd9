"""Which currency a document is in: from its marks, its country and the model's opinion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from extractor.normalize.characters import plain_signs
from extractor.normalize.currency_marks import ISO_CODES, MARK, currencies_of_mark

_BESIDE = re.compile(rf"(?P<before>{MARK})[.:]? ?-?(?=[\d.,]*\d)|(?<=\d)[.,\-]{{0,3}} ?(?P<after>{MARK})")
_CODE = re.compile(r"(?<![^\W_])[A-Z]{3}(?![^\W_])")
_SPELLED = re.compile(
    r"\b(?:ringgit|rupiah|rupees|baht|euros?|forint|dirhams?|rand|yen|yuan|pounds|sterling|dollars|pesos)\b",
    re.IGNORECASE,
)
_ALSO_WORDS = frozenset("ALL ANG CUP GEL LAK MOP PEN SOS TOP TRY MAD BAM COP CAD ERN STN NAD".split())  # noqa: SIM905
"""Codes that are words, names or abbreviations too: they count only beside a number."""

_SURE_SHORT = frozenset({"RM", "Rp", "Rs", "kr", "Ft", "TL", "zl", "Kc"})
_DECIMALS = re.compile(r"\d[\d.,]*[.,]\d\d(?!\d)")

_BESIDE_WEIGHT, _ALONE_WEIGHT = 1.0, 0.5
_SHARED_DECAY = (
    0.6  # each further currency of a shared mark ("$", "kr", "Rs") is this much less likely than the one before
)
_NO_MODEL, _NO_EVIDENCE, _NO_COUNTRY, _NOT_OF_COUNTRY = 0.003, 0.003, 0.01, 0.05
_SHARE = 0.75


@lru_cache(maxsize=512)
def _marks(text: str) -> tuple[tuple[str, float], ...]:
    """How many marks speak for each currency, the most first; a shared mark is shared out."""
    plain = plain_signs(text)
    weights: dict[str, float] = {}

    def count(mark: str, weight: float) -> None:
        codes = currencies_of_mark(mark)
        shares = [_SHARED_DECAY**i for i in range(len(codes))]
        for code, share in zip(codes, shares, strict=True):
            weights[code] = weights.get(code, 0.0) + weight * share / sum(shares)

    for match in _BESIDE.finditer(plain):
        if _is_meant(match, plain):
            count(match["before"] or match["after"], _BESIDE_WEIGHT)
    for match in _CODE.finditer(plain):
        if match.group() in ISO_CODES and match.group() not in _ALSO_WORDS:
            count(match.group(), _ALONE_WEIGHT)
    for match in _SPELLED.finditer(plain):
        count(match.group().lower(), _ALONE_WEIGHT)
    return tuple(sorted(weights.items(), key=lambda kv: -kv[1]))


def _is_meant(match: re.Match[str], plain: str) -> bool:
    """Whether a mark beside a number is meant as one: short words stand for other things ("ALL 5", "12.00 R")."""
    mark = match["before"] or match["after"]
    doubtful = mark in _ALSO_WORDS or (len(mark) <= 2 and mark.isascii() and mark.isalpha() and mark not in _SURE_SHORT)
    if not doubtful:
        return True
    return bool(match["before"]) and _DECIMALS.match(plain, match.end()) is not None


def currency_from_text(text: str) -> dict[str, float]:
    """The currencies that the marks of `text` speak for, by ISO 4217 code, the strongest first; shares add up to 1.

    A mark shared by several ("$") speaks for all of them, for its usual one most. Empty where there is no mark.
    """
    marks = _marks(text)
    total = sum(weight for _, weight in marks)
    return {code: weight / total for code, weight in marks}


@lru_cache(maxsize=512)
def currency_of_country(country: str | None, on: date | None = None) -> str | None:
    """The legal tender of a country (ISO 3166-1 alpha-2) on a day, today where none is given, or None if unknown."""
    if not country:
        return None
    from babel.numbers import get_territory_currencies

    day = on or date.today()
    found = get_territory_currencies(country.upper(), start_date=day, end_date=day)
    return str(found[0]) if found else None


def settle_place(
    countries: Mapping[str, float], currencies: Mapping[str, float], text: str
) -> tuple[tuple[str, float] | None, tuple[str, float] | None]:
    """The country and the currency of a document, each with its probability, or None where nothing speaks for any.

    `countries` and `currencies` are a model's probabilities ("" for none). They are weighed together: a currency gains
    from the countries whose tender it is and from the marks in `text`; the country then follows the currency. The two
    opinions of one model are no independent ones, so each counts less than full; a small chance is left to what an
    opinion does not name, so that two can overrule the third.
    """
    evidence = currency_from_text(text)
    # One mark may be misread; a dozen leave hardly a chance to a currency that they don't name.
    unnamed = _NO_EVIDENCE / max(1.0, sum(weight for _, weight in _marks(text)))
    codes = sorted({code for code in currencies if code} | evidence.keys())
    scores = {code: _currency_score(code, countries, currencies, evidence, unnamed) for code in codes}
    currency = _likeliest(scores) if scores and (currencies or evidence) else None
    weighed = {
        country: chance**_SHARE * (1.0 if currency and currency_of_country(country) == currency[0] else _NOT_OF_COUNTRY)
        for country, chance in countries.items()
        if country
    }
    return (_likeliest(weighed) if weighed else None), currency


def _currency_score(
    code: str,
    countries: Mapping[str, float],
    currencies: Mapping[str, float],
    evidence: Mapping[str, float],
    unnamed: float,
) -> float:
    score = max(currencies.get(code, 0.0), _NO_MODEL) ** _SHARE if currencies else 1.0
    score *= max(evidence.get(code, 0.0), unnamed) if evidence else 1.0
    if countries:
        at_home = sum(chance for country, chance in countries.items() if currency_of_country(country) == code)
        score *= (at_home + _NO_COUNTRY) ** _SHARE
    return score


def _likeliest(scores: Mapping[str, float]) -> tuple[str, float]:
    best = max(sorted(scores), key=lambda code: scores[code])
    return best, scores[best] / sum(scores.values())
