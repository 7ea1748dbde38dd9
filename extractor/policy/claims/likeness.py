"""How alike a claim and a receipt are: merchants by fuzzy names, days by distance, sums by ratio; each 0 to 1."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from rapidfuzz import fuzz

from extractor.types import Document

_LEGAL = re.compile(
    r"(?<!\w)(?:sdn\.? ?bhd|s/?b|bhd|berhad|enterprises?|gmbh(?: ?& ?co\.? ?kgaa?)?|(?:e\.? ?)?k\.?g|ohg|ag|"
    r"e\.? ?k|ug|mbh|"
    r"ltd|limited|pte|pty|plc|llc|llp|inc|incorporated|corp|corporation|co|company|s\.?a\.?r\.?l|s\.?a\.?s|s\.?a|"
    r"s\.?p\.?a|s\.?r\.?l|s\.?l\.?u?|s\.? ?de ?r\.?l|de ?c\.?v|b\.?v|n\.?v|a/?s|a\.?b|o\.?y(?:j)?|aps|"
    r"sp\.? ?z ?o\.? ?o|"
    r"s\.?r\.?o|a\.?s|kft|zrt|d\.?o\.?o|ooo|ооо|tbk|k\.?k)\.?(?!\w)|株式会社|有限会社|有限公司|㈱|\([a-z]{1,2}\)"
)
_NUMBER = re.compile(r"\(?\b[a-z]{0,3}\d{4,}(?:-[a-z0-9]{1,2})?\b\)?")
"""A registration number behind a company's name."""
_APART = re.compile(r"[^\w]+")

SHORT = 4
"""Names of fewer signs are found in almost any text, so that only the merchant's own name can match them."""


@lru_cache(maxsize=65536)
def bare_name(name: str) -> str:
    """A merchant's name without legal form, registration number, accents and punctuation: "Café Rex (M) Sdn Bhd" is
    "cafe rex". A name that is nothing else stays as it is."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("ß", "ss")
    plain = plain.replace("'", "").replace("’", "")
    short = _APART.sub(" ", _LEGAL.sub(" ", _NUMBER.sub(" ", plain))).strip()
    return short or _APART.sub(" ", plain).strip()


@lru_cache(maxsize=262144)
def same_merchant(claimed: str, read: str) -> float:
    """How alike two merchants' names are, 0–1, whatever the order of their words and their legal forms.

    A name that stands whole in the other counts ("Ibis" is "Ibis Berlin Mitte"); so do words run together by OCR.
    """
    one, other = bare_name(claimed), bare_name(read)
    if not one or not other:
        return 0.0
    tight_one, tight_other = one.replace(" ", ""), other.replace(" ", "")
    scores = [fuzz.token_sort_ratio(one, other), fuzz.ratio(tight_one, tight_other)]
    if min(len(tight_one), len(tight_other)) >= SHORT:
        # Half a name in common ("Hotel …") must not make a match: the whole shorter one has to stand in the longer.
        scores += [fuzz.token_set_ratio(one, other) if set(one.split()) & set(other.split()) else 0]
        scores += [fuzz.partial_ratio(tight_one, tight_other) * 0.95]
    return max(scores) / 100


JOINED = 3
"""Over so many lines a name may be spread."""


def stands_on(claimed: str, document: Document | None) -> float:
    """How surely a merchant's name is printed somewhere on the pages, on one line or broken over some, 0–1: trading
    names and logos count."""
    wanted = bare_name(claimed).replace(" ", "")
    if document is None or len(wanted) < SHORT:
        return 0.0
    return max((_in_lines(wanted, lines) for lines in _bare_lines(document)), default=0.0)


@lru_cache(maxsize=256)
def _bare_lines(document: Document) -> tuple[tuple[str, ...], ...]:
    """The lines of each page as bare names without gaps."""
    return tuple(
        tuple(bare_name(" ".join(word.text for word in line)).replace(" ", "") for line in page.lines())
        for page in document.pages
    )


def _in_lines(wanted: str, lines: Sequence[str]) -> float:
    joined = ("".join(lines[at : at + count]) for count in range(1, JOINED + 1) for at in range(len(lines) - count + 1))
    return max((fuzz.partial_ratio(wanted, held) / 100 for held in joined if len(held) >= len(wanted) * 0.8), default=0)


def near_days(one: dt.date, other: dt.date, within: int) -> float:
    """1 on the same day, falling to 0 just behind `within` days."""
    return max(0.0, 1 - abs((one - other).days) / (within + 1))


def near_amounts(one: Decimal, other: Decimal) -> float:
    """1 for equal amounts, 0 where half of the larger lies between. Ranks only: money is compared exactly."""
    larger = max(abs(one), abs(other))
    if one == other:
        return 1.0
    return max(0.0, 1 - float(abs(one - other) / larger) * 2) * 0.8
