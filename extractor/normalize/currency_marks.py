"""The printed marks of currencies: symbols, abbreviations and words, each with the currencies it may stand for.

The first currency of a mark is its usual one; the others share it. Longer marks are listed so that "US$" wins over "$".
"""

from __future__ import annotations

SYMBOLS: dict[str, tuple[str, ...]] = {
    "US$": ("USD",), "S$": ("SGD",), "HK$": ("HKD",), "NT$": ("TWD",), "A$": ("AUD",), "AU$": ("AUD",),
    "C$": ("CAD",), "CA$": ("CAD",), "NZ$": ("NZD",), "R$": ("BRL",), "MX$": ("MXN",), "J$": ("JMD",), "B$": ("BND",),
    "TT$": ("TTD",), "EC$": ("XCD",), "RD$": ("DOP",),
    "$": ("USD", "CAD", "AUD", "SGD", "HKD", "MXN", "NZD", "TWD", "CLP", "COP", "ARS", "XCD", "BSD", "JMD", "BBD"),
    "€": ("EUR",), "£": ("GBP", "EGP", "LBP"), "¥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY", "TWD", "HKD"),
    "₹": ("INR",), "฿": ("THB",), "₫": ("VND",), "₱": ("PHP",), "₩": ("KRW",), "원": ("KRW",), "₺": ("TRY",),
    "₽": ("RUB",), "₴": ("UAH",), "₪": ("ILS",), "₦": ("NGN",), "₡": ("CRC",), "₲": ("PYG",), "₭": ("LAK",),
    "៛": ("KHR",), "₸": ("KZT",), "₵": ("GHS",), "₼": ("AZN",), "₾": ("GEL",), "৳": ("BDT",), "บาท": ("THB",),
}  # fmt: skip
"""Signs that stand on their own, without a word boundary."""

WORDS: dict[str, tuple[str, ...]] = {
    "RM": ("MYR",), "Rs": ("INR", "LKR", "PKR", "NPR", "MUR"), "Rp": ("IDR",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK",), "zł": ("PLN",), "zl": ("PLN",), "Kč": ("CZK",), "Kc": ("CZK",), "Ft": ("HUF",), "lei": ("RON",),
    "лв": ("BGN",), "руб": ("RUB",), "грн": ("UAH",), "kn": ("HRK",), "kuna": ("HRK",), "din": ("RSD",), "Fr": ("CHF",),
    "Fr.": ("CHF",), "SFr": ("CHF",), "Dhs": ("AED",), "Dh": ("AED", "MAD"), "DHS": ("AED",), "DH": ("MAD", "AED"),
    "TL": ("TRY",), "VNĐ": ("VND",), "đ": ("VND",), "Php": ("PHP",), "P": ("PHP", "BWP"), "R": ("ZAR",), "DM": ("DEM",),
    "SR": ("SAR",), "S.R": ("SAR",), "QR": ("QAR",), "RO": ("OMR",), "R.O": ("OMR",), "KD": ("KWD",), "BD": ("BHD",),
    "JD": ("JOD",), "DT": ("TND",), "Ksh": ("KES",), "KSh": ("KES",), "Q": ("GTQ",), "RMB": ("CNY",), "NT": ("TWD",),
    "Bs": ("BOB", "VES"), "S/": ("PEN",), "S/.": ("PEN",), "MRP": ("INR",),
    "ringgit": ("MYR",), "rupiah": ("IDR",), "rupees": ("INR", "LKR", "PKR", "NPR", "MUR"), "baht": ("THB",),
    "euro": ("EUR",), "euros": ("EUR",), "dong": ("VND",), "pesos": ("MXN", "PHP", "ARS", "CLP", "COP"),
    "peso": ("PHP", "MXN"), "dirhams": ("AED", "MAD"), "dirham": ("AED", "MAD"), "rand": ("ZAR",), "yen": ("JPY",),
    "yuan": ("CNY",), "won": ("KRW",), "forint": ("HUF",), "pounds": ("GBP",), "sterling": ("GBP",),
    "dollars": ("USD", "CAD", "AUD", "SGD", "NZD", "HKD"),
}  # fmt: skip
"""Abbreviations and words; the short ones count only right beside a number."""

_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DEM DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWD ZWL"
)
ISO_CODES = frozenset(_CODES.split())
"""ISO 4217 codes in use, and a few retired ones that still stand on receipts."""


MARK = r"(?:[A-Z]{1,3}\$|[$€£¥円元₹฿₫₱₩원₺₽₴₪₦₡₲₭៛₸₵₼₾৳]|บาท|S/\.?|(?<![^\W\d_])[^\W\d_]{1,8}(?![^\W\d_]))"
"""A pattern for what may be a mark; `currencies_of_mark` tells whether it is one."""


def currencies_of_mark(mark: str) -> tuple[str, ...]:
    """The ISO 4217 codes that a printed mark may stand for, its usual one first; empty for any other word."""
    if mark in ISO_CODES:
        return (mark,)
    if mark.endswith("$") and mark not in SYMBOLS:
        return SYMBOLS["$"]
    return SYMBOLS.get(mark) or WORDS.get(mark) or _FOLDED_WORDS.get(mark.lower()) or ()


# Words are known in any case, short abbreviations only as printed ("Rs" but not "RS"): they stand for other things too.
_FOLDED_WORDS = {
    word.lower(): codes for word, codes in WORDS.items() if len(word) > 2 or word in {"RM", "kr", "zł", "Kč"}
}
