"""Evidence about values that are text: names, addresses, numbers of all kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from rapidfuzz import fuzz

from labeling.critic.family import Evidence
from labeling.critic.sheet import Match, Sheet, squeezed

COMPANY = re.compile(
    r"(?i)\b(?:sdn|bhd|s/b|sb|berhad|enterprise|trading|gmbh|ag|kg|ltd|limited|inc|llc|corp|co|plc|pte|pty|s\.?a|s\.?r\.?l|"
    r"sarl|sas|b\.?v|oy|ab|a/s|aps|kft|s\.?l|lda|ltda|株式会社|有限公司)\b\.?|sdn ?\.?bhd"
)
"""Forms in which companies are registered."""

_OWNER = re.compile(r"(?i)\bown(?:ed)? ?by|dimiliki|operated ?by|managed ?by|franchise|betreiber|inh\.|inhaber|exploit")
_HEAD_ROWS = 4
_MISREAD, _CHANCE = 0.8, 0.5
# Above the first a stretch is the value misread; below the second it is alike by chance.
_BRANCH = re.compile(r"^\W*\([^\d)]{4,}\)?\W*$")
_POSTCODE = re.compile(r"(?<!\d)(?:\d{4,6}|\d{5}-\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?!\d)")

FIELD_WORDS = {
    "merchant_phone": re.compile(r"(?i)te[l1]|phone|\bph\b|mobile|\bhp\b|hotline|contact|call"),
    "merchant_tax_id": re.compile(r"(?i)gst|sst|vat|tax|abn|tin|ust|uid|siret|p\.? ?iva|nif|cif|reg"),
    "receipt_number": re.compile(r"(?i)inv|receipt|rcpt|bill|check|chk|order|no\b|#|doc|trans|ticket|slip|ref"),
    "card_last4": re.compile(r"(?i)card|visa|master|amex|debit|x{3}|\*{3}"),
}
_ANY_WORD = re.compile(r"(?i)no\b|#|:")

_TAX_NUMBERS = {
    "AU": "au.abn", "AT": "at.uid", "BE": "be.vat", "CH": "ch.uid ch.vat", "DE": "de.vat de.stnr",
    "ES": "es.nif es.cif", "FI": "fi.alv", "FR": "fr.tva fr.siret fr.siren",
    "GB": "gb.vat", "IN": "in_.gstin", "IT": "it.iva", "NL": "nl.btw",
    "NO": "no.mva", "NZ": "nz.ird", "PL": "pl.nip", "PT": "pt.nif", "SE": "se.vat", "SG": "sg.uen", "MX": "mx.rfc",
    "TR": "tr.vkn", "TH": "th.tin", "TW": "tw.ubn",
}  # fmt: skip
"""Modules of python-stdnum that check a country's tax numbers by their check digits."""


def placed(sheet: Sheet, match: Match | None) -> Evidence:
    """Whether and how surely a value stands on the page."""
    if match is None:
        return {"found": 0.0, "alike": 0.0, "missing": 1.0, "confidence": 0.0, "times": 0.0}
    return {
        "found": float(match.times > 0),
        "alike": match.alike,
        "missing": min(max((_MISREAD - match.alike) / (_MISREAD - _CHANCE), 0.0), 1.0),
        "confidence": match.confidence,
        "times": min(match.times, 3) / 3,
    }


def around(sheet: Sheet, match: Match | None) -> Evidence:
    """What stands around a value: how far down its first row is, what of its rows it leaves out before (`lead`) and
    behind (`trail`), rows of plain text above and below that might belong to it, how tall its print is."""
    if match is None:
        return {}
    first, last = sheet.row_of[match.first], sheet.row_of[match.last]
    before = [at for at in sheet.rows[first] if at < match.first]
    behind = [at for at in sheet.rows[last] if at > match.last]
    above = next((row for row in range(first - 1, -1, -1) if sheet.free(row)), None)
    tall = sheet.height(match.first, match.last)
    return {
        "row": min(first, 10) / 10,
        "lead": _letters(sheet, before),
        "trail": _letters(sheet, behind),
        "free_above": min(sum(sheet.free(row) for row in range(first)), 4) / 4,
        "just_above": float(sheet.free(first - 1)),
        "just_below": float(sheet.free(last + 1)),
        "tall": min(tall, 3.0),
        "above_taller": 0.0
        if above is None
        else min(sheet.height(sheet.rows[above][0], sheet.rows[above][-1]) / max(tall, 1e-6), 3.0),
    }


def _letters(sheet: Sheet, tokens: list[int]) -> float:
    """Letters outside brackets and registration numbers, as a share of twenty."""
    text = " ".join(sheet.tokens[at].text for at in tokens)
    return min(sum(sign.isalpha() for sign in re.sub(r"\(.*?(?:\)|$)|\b[\d-]{4,}\S*", "", text)), 20) / 20


def name_evidence(sheet: Sheet, value: str) -> Evidence:
    match = sheet.find(value)
    form = bool(COMPANY.search(value))
    own = set() if match is None else set(range(sheet.row_of[match.first], sheet.row_of[match.last] + 1))
    others = [text for row, text in enumerate(sheet.row_texts) if row not in own]
    below = max(own, default=-2) + 1
    head_row = next((row for row in range(len(sheet.rows)) if sheet.free(row)), None)
    head = "" if head_row is None else sheet.row_text(head_row)
    apart = head_row is not None and head_row not in own and not COMPANY.search(head)
    before = "" if match is None else sheet.row_text(min(own) - 1) if min(own) else ""
    lead = (
        ""
        if match is None
        else " ".join(sheet.tokens[at].text for at in sheet.rows[sheet.row_of[match.first]] if at <= match.first)
    )
    owner = bool(_OWNER.search(f"{before} {lead}"))
    return {
        **placed(sheet, match),
        **around(sheet, match),
        "form": float(form),
        "form_elsewhere": float(not form and any(COMPANY.search(text) for text in others)),
        "below_name": float(sheet.free(below) and not any(sign.isdigit() for sign in sheet.row_text(below))),
        "below_bracket": float(below < len(sheet.rows) and bool(_BRANCH.match(sheet.row_text(below)))) if own else 0.0,
        "rows": float(min(len(own), 3)),
        "length": min(len(squeezed(value)), 40) / 40,
        "head": fuzz.partial_ratio(squeezed(head), squeezed(value)) / 100 if head else 0.0,
        "head_apart": float(form and apart),
        "owner": float(owner),
        "owner_below": float(owner and min(own) >= _HEAD_ROWS),
    }


def address_evidence(sheet: Sheet, value: str) -> Evidence:
    match = sheet.find(value)
    below = -1 if match is None else sheet.row_of[match.last] + 1
    above = -1 if match is None else sheet.row_of[match.first] - 1
    postcode = bool(_POSTCODE.search(value))
    beside = [sheet.row_text(row) for row in (above, below, below + 1) if 0 <= row < len(sheet.rows)]
    covered = 0
    if match is not None:
        covered = sum(len(squeezed(token.text)) for token in sheet.tokens[match.first : match.last + 1])
    length = len(squeezed(value))
    return {
        **placed(sheet, match),
        **around(sheet, match),
        "postcode": float(postcode),
        "postcode_beside": float(not postcode and any(_POSTCODE.search(text) for text in beside)),
        "below_code": float(sheet.free(below) and bool(re.match(r"\W*\d", sheet.row_text(below)))),
        "starts": float(bool(re.match(r"(?i)\W*(?:\d|no\b|lot\b|unit\b|suite\b|[a-z]{1,2}-?\d)", value))),
        "length": min(length, 100) / 100,
        # Words of other things between the lines of the address: columns, or a value that joins what is apart.
        "gap": min(abs(covered - length) / max(length, 1), 1.0),
    }


def code_evidence(sheet: Sheet, value: str, field: str, label: Mapping[str, Any]) -> Evidence:
    """Numbers of all kinds: telephone, tax number, number of the receipt, card."""
    match = sheet.find(value)
    words = FIELD_WORDS.get(field, _ANY_WORD)
    digits = "".join(sign for sign in value if sign.isdigit())
    page = "".join(sign for sign in sheet.text if sign.isdigit())
    row = -1 if match is None else sheet.row_of[match.first]
    near = [sheet.row_text(at) for at in (row - 1, row) if at >= 0]
    return {
        **placed(sheet, match),
        "digits": float(bool(digits) and digits in page),
        "plausible": _plausible(field, value, digits),
        "check_digit": check_digit(value, str(label.get("country") or "")) if field == "merchant_tax_id" else 0.5,
        "label": float(any(words.search(text) for text in near)),
        "label_elsewhere": float(field in FIELD_WORDS and any(words.search(text) for text in sheet.row_texts)),
        "length": min(len(squeezed(value)), 20) / 20,
    }


def _plausible(field: str, value: str, digits: str) -> float:
    if field == "merchant_phone":
        return float(6 <= len(digits) <= 14 and not re.search(r"[^\W\d_]{4}", value))
    if field == "card_last4":
        return float(len(digits) == 4 and len(value) == 4)
    if field == "merchant_tax_id":
        return float(5 <= len(squeezed(value)) <= 16 and len(digits) >= 5)
    return float(bool(digits) and len(value) <= 30)


def check_digit(value: str, country: str) -> float:
    """1 where a country's rule confirms a tax number, 0 where all its rules refuse it, 0.5 where there is no rule."""
    modules = _TAX_NUMBERS.get(country, "").split()
    if not modules:
        return 0.5
    plain = re.sub(r"(?i)\b(?:MWST|TVA|IVA|VAT)\b\.?", "", value)
    return float(any(_rule(name).is_valid(plain) for name in modules))


@cache
def _rule(name: str) -> Any:
    return import_module(f"stdnum.{name}")
