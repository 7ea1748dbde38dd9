"""Words of a field as they stand in the record: white space folded, labels and stray marks taken off."""

from __future__ import annotations

import re
from functools import lru_cache

from extractor.normalize.characters import digits_repaired

_NUMBER_WORD = r"(?:no|nos|nr|num|number|n[°ºo]|#|id|code|num[eé]ro|n[uú]mero|nombor)"
_LABELS = {
    "merchant_phone": (
        r"(?:tel\.? ?[/&] ?fax|tele?phone|t[eé]l[eé]phone|telefono?|tel[eé]fono|telefax|t[eé]l|tlf|tel|phone|ph|pho|"
        r"mobile|mob|hp|h/p|handphone|"
        r"contact(?: us)?|hotline|call(?: us)?|customer (?:service|care)|t|p|电话|電話|โทร)"
    ),
    "merchant_tax_id": (
        r"(?:gst|sst|vat|tva|tax|hst|pst|abn|acn|uid|ust[ .-]?id(?:[ .-]?nr)?|ust|mwst|steuer|st|npwp|"
        r"p\.? ?iva|partita iva|iva|nif|cif|nie|rfc|tin|trn|brn|uen|afm|btw|siret|company|co|business|"
        r"reg(?:istration|istered|n|d)?|"
        r"service tax|identification|税号|เลขประจำตัวผู้เสียภาษี)"
    ),
    "receipt_number": (
        r"(?:tax invoice|invoice|inv|receipt|rcpt|rec|bill|check|chk|cheque|ticket|tkt|order|ord|trx|trn|"
        r"trans(?:action)?|document|doc|slip|folio|ref(?:erence)?|rechnung|beleg|bon|quittung|facture|fattura|factura|recibo|"
        r"ticket de caisse|scontrino|resit|struk|nota|kvitto|sale|sales|cash bill|cash sale|单号|票号|no)"
    ),
    "merchant_address": r"(?:address|addr|add|alamat|adresse|direcci[oó]n|indirizzo)",
    "merchant_name": r"(?:welcome to|company name|company|merchant|store name)",
}  # fmt: skip


def _label_pattern(words: str, needs_sign: bool) -> re.Pattern[str]:
    """One label at the start with what belongs to it; with `needs_sign` it counts only before a colon or the like."""
    if needs_sign:
        return re.compile(rf"\s*{words}\.?\s*[:=]\s*", re.IGNORECASE)
    sign = r"(?:\s*[:#.=]+\s*|\s+(?=[\w(+#:])|(?<=tel)(?=[\d(+]))"
    number = rf"(?:[\s.\-]*{_NUMBER_WORD}(?![^\W_])\.?)?"
    return re.compile(rf"\s*(?:{words}(?![^\W\d_])\.?{number}{sign}|{_NUMBER_WORD}\s*[:.#]+\s*|#\s*)", re.IGNORECASE)


_PATTERNS = {
    field: _label_pattern(words, needs_sign=field == "merchant_address")
    for field, words in _LABELS.items()
    if field != "merchant_name"
}
_NAME_LABEL = re.compile(rf"\s*(?:[wmvn]e[l1i|]c[o0]me\s+t[o0]\s+|{_LABELS['merchant_name']}\s*:\s*)", re.IGNORECASE)
_SECOND_PHONE = re.compile(
    r"\s*[,;|(]?\s*\b(?:fax|telefax|facsimile|email|e-mail|www|http|hp|mobile|tel)\b.*", re.IGNORECASE
)
_TAX_WORD = re.compile(r"\s(?:MWST|TVA|IVA|VAT)\.?$", re.IGNORECASE)
_MIXED_WORD = re.compile(r"[^\W_]*[^\W\d_][01][^\W_]*")
_INNER = re.compile(r"(?<=[^\W\d_])[01](?=[^\W\d_])|(?<=[^\W\d_]l)1$")
_STRANGERS = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]+")
_STRAY = " \t\r\n|~_:;·•*=-–—<>^\\"
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


@lru_cache(maxsize=512)
def clean_text(text: str, field: str) -> str:
    """The value of `field` from its words on the page: what the record would call "as printed".

    Joined by single spaces, without the label before it ("Tel:", "GST Reg No:", "Invoice No."), stray marks at its ends
    and brackets that nothing closes. `card_last4` becomes its last four digits ("" where there are fewer).
    """
    value = " ".join(text.split())
    if field == "card_last4":
        return _last_four(value)
    if field == "merchant_name":
        value = _NAME_LABEL.sub("", value, count=1) if _NAME_LABEL.match(value) else value
    elif field in _PATTERNS:
        value = _without_labels(value, _PATTERNS[field])
    if field == "merchant_phone":
        second = _SECOND_PHONE.search(value)
        value = value[: second.start()] if second and re.search(r"\d{3}", value[: second.start()]) else value
    if field == "merchant_tax_id":
        value = _TAX_WORD.sub("", value)
    if field in ("merchant_name", "merchant_address"):
        value = respelt(value)
    if field == "merchant_name":
        value = _one_name(value)
    keep_end = "." if field in {"merchant_name", "merchant_address"} else ""
    return _trimmed(value, keep_end + ("," if field == "merchant_address" else ""))


def respelt(text: str) -> str:
    """`text` with the digits that stand inside words as the letters they look like: "Mal1" and "PARAD1SO" are words.

    Only 0 and 1 between letters are changed, and 1 behind an l at a word's end, and only in words that are letters
    almost whole: "Unit1", "B2B" and postcodes ("EC1Y 2AA", "M1P") stay.
    """
    return _MIXED_WORD.sub(lambda word: _respelt_word(word[0]), text)


def _respelt_word(word: str) -> str:
    letters = sum(sign.isalpha() for sign in word)
    if letters < 4 and not (letters == 3 and word.endswith("l1")):
        return word

    def letter(digit: re.Match[str]) -> str:
        capital = all(sign.isupper() for sign in word[digit.start() - 1 :: 2][:2])
        return {"0": "oO", "1": "lI"}[digit[0]][capital]

    return _INNER.sub(letter, word)


def _one_name(text: str) -> str:
    """A name without what a logo leaves beside it: one or two signs of another script."""
    latin = sum(sign.isalpha() and ord(sign) < 0x250 for sign in text)
    strangers = sum(len(run) for run in _STRANGERS.findall(text))
    if latin >= 3 and strangers <= 2:
        text = _STRANGERS.sub(" ", text).strip()
    return " ".join(text.split())


def fold(text: str) -> str:
    """`text` as values are compared: case folded, each run of white space one space, none at the ends."""
    return " ".join(text.casefold().split())


def _without_labels(value: str, label: re.Pattern[str]) -> str:
    """`value` after the labels at its start; kept whole where nothing with a letter or digit would be left."""
    for _ in range(4):
        inner = value.lstrip(_STRAY + "([.,")
        found = label.match(inner)
        rest = inner[found.end() :] if found else ""
        if not any(c.isalnum() for c in rest):
            return value
        value = rest
    return value


def _trimmed(value: str, keep_end: str) -> str:
    before = None
    while before != value:
        before = value
        value = value.lstrip(_STRAY + ".,)]}'").rstrip(_STRAY + ",.".translate({ord(c): None for c in keep_end}))
        for opening, closing in _PAIRS:
            if value.count(opening) > value.count(closing):
                value = value.removeprefix(opening) if value.startswith(opening) else value.removesuffix(opening)
            elif value.count(closing) > value.count(opening):
                value = value.removesuffix(closing)
            elif value.startswith(opening) and value.find(closing) == len(value) - 1:
                value = value[1:-1]
    return value


def _last_four(value: str) -> str:
    digits = digits_repaired(value)
    runs: list[str] = re.findall(r"\d+", digits)
    if runs and len(runs[-1]) >= 4:
        return runs[-1][-4:]
    joined = "".join(runs)
    return joined[-4:] if len(joined) >= 4 else ""
