"""Evidence about inferred fields: do country, currency and language fit each other and what is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from extractor.normalize.currency import currency_from_text, currency_of_country
from labeling.critic.family import Evidence
from labeling.critic.sheet import Sheet

_LANGUAGES = {
    "MY": "en ms zh", "SG": "en zh", "US": "en es", "GB": "en", "AU": "en", "NZ": "en", "IE": "en", "CA": "en fr",
    "DE": "de", "AT": "de", "CH": "de fr it en", "FR": "fr", "BE": "nl fr", "NL": "nl", "IT": "it", "ES": "es ca",
    "PT": "pt", "BR": "pt", "MX": "es", "ID": "id en", "TH": "th en", "JP": "ja", "KR": "ko", "CN": "zh", "TW": "zh",
    "HK": "zh en", "PH": "en", "IN": "en", "SE": "sv", "NO": "no", "DK": "da", "FI": "fi sv", "PL": "pl", "TR": "tr",
}  # fmt: skip
"""Languages in which receipts of a country are usual, ISO 639-1."""

_PAYMENTS = {
    "cash": re.compile(r"(?i)\bcash\b(?! ?(?:bill|sale|ier))|tunai|bar\b|change|espèces|contant|tender"),
    "card": re.compile(r"(?i)visa|master|amex|card|debit|credit|maestro|karte|approv|auth"),
    "ewallet": re.compile(r"(?i)pay(?:pal|wave|lah)?\b|wallet|grab|touch|boost|alipay|wechat"),
}
_KINDS = {
    "invoice": re.compile(r"(?i)invoice|rechnung|facture|fattura|factura"),
    "card_slip": re.compile(r"(?i)approval|auth|merchant copy|terminal|\baid\b|\bmid\b|\btid\b"),
}


def choice_evidence(sheet: Sheet, field: str, label: Mapping[str, Any], today: date) -> Evidence:
    """`fits`: something printed or labelled confirms the value; `contradicts`: something speaks against it."""
    value = str(label[field])
    country, currency = str(label.get("country") or ""), str(label.get("currency") or "")
    text = " ".join(sheet.row_texts)
    if field in ("country", "currency"):
        marks = currency_from_text(text)
        usual = currency_of_country(country or None, today)
        fits = marks.get(currency, 0.0) > 0 and (usual in (None, currency))
        against = bool(country and currency and usual not in (None, currency)) or (
            bool(marks) and currency not in marks
        )
        return {"fits": float(fits), "contradicts": float(against)}
    if field == "language":
        usual_languages = _LANGUAGES.get(country)
        known = usual_languages is not None
        fits = known and value in str(usual_languages).split()
        return {"fits": float(fits), "contradicts": float(known and not fits)}
    signs = _PAYMENTS if field == "payment_method" else _KINDS if field == "document_type" else {}
    own = signs.get(value)
    others = [sign for kind, sign in signs.items() if kind != value]
    return {
        "fits": float(bool(own and own.search(text))),
        "contradicts": float(bool(own and not own.search(text)) and any(sign.search(text) for sign in others)),
    }
