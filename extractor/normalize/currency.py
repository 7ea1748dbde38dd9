"""Which currencies the marks of a document speak for, and which a country has."""

from __future__ import annotations

import re
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
_DECIMALS = re.compile(r"\d[\d.,]*[.,]\d\d\d?(?!\d)")

_BESIDE_WEIGHT, _ALONE_WEIGHT = 1.0, 0.5
_SHARED_DECAY = (
    0.6  # each further currency of a shared mark ("$", "kr", "Rs") is this much less likely than the one before
)
_BHD = re.compile(
    r"\b(?i:s[do]n)\W{0,3}(?i:bhd)\b"
    r"|(?P<dinar>\d[.,]\d{2,3} ?BHD\b|\bBHD[.:]? ?-?\d[\d.,]*[.,]\d{2,3}(?!\d)|[(\[]BHD[)\]])"
    r"|\bBHD\b"
)
"""BHD ends the names of Malaysian companies (SDN BHD, "AEON CO. (M) BHD 126926-H"); it is the dinar of Bahrain beside
an amount with decimals, or alone in brackets as over a column."""
_MISREAD_DOLLAR = re.compile(r"(?<![A-Za-z])(EC|HK|NT|TT|NZ|US|AU|CA)S(?=\d)")


@lru_cache(maxsize=512)
def _marks(text: str) -> tuple[tuple[str, float], ...]:
    """How many marks speak for each currency, the most first; a shared mark is shared out."""
    plain = _MISREAD_DOLLAR.sub(r"\1$", plain_signs(text))
    plain = _BHD.sub(lambda match: match["dinar"] or " ", plain)
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


def currency_weights(text: str) -> dict[str, float]:
    """How many marks of `text` speak for each currency; unlike `currency_from_text`, a dozen weigh more than one."""
    return dict(_marks(text))


@lru_cache(maxsize=4096)
def currency_of_country(country: str | None, on: date | None = None) -> str | None:
    """The legal tender of a country (ISO 3166-1 alpha-2) on a day, today where none is given, or None if unknown."""
    if not country:
        return None
    from babel.numbers import get_territory_currencies

    day = on or date.today()
    found = get_territory_currencies(country.upper(), start_date=day, end_date=day)
    return str(found[0]) if found else None
