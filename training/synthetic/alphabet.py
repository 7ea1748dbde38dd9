"""Kinds of characters, as far as engines confuse them differently."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SCRIPTS = (
    ("thai", 0x0E00, 0x0E7F),
    ("arabic", 0x0600, 0x06FF),
    ("arabic", 0x0750, 0x077F),
    ("arabic", 0xFB50, 0xFEFC),
    ("hebrew", 0x0590, 0x05FF),
    ("devanagari", 0x0900, 0x097F),
    ("cjk", 0x3040, 0x30FF),
    ("cjk", 0x3400, 0x9FFF),
    ("cjk", 0xAC00, 0xD7A3),
)

KINDS = ("digit", "upper", "lower", "accented", "sign", "cjk", "thai", "arabic", "hebrew", "devanagari", "other")


BACKWARDS = frozenset(("arabic", "hebrew"))
"""Scripts that run from right to left."""

FOREIGN = frozenset(("thai", "arabic", "hebrew", "devanagari"))
"""Scripts that the default engine's model does not know: pages in them are read by another engine."""


@lru_cache(maxsize=8192)
def kind_of(sign: str) -> str:
    """One of KINDS: a script's own letters and marks, else Latin's kinds, digits (ASCII) or signs."""
    if sign.isascii():
        if sign.isdigit():
            return "digit"
        if sign.isalpha():
            return "upper" if sign.isupper() else "lower"
        return "sign"
    code = ord(sign)
    for script, first, last in _SCRIPTS:
        if first <= code <= last:
            return script
    if sign.isalpha():
        return "accented" if "LATIN" in unicodedata.name(sign, "") else "other"
    return "sign" if unicodedata.category(sign)[0] in "PS" else "other"


@lru_cache(maxsize=8192)
def without_accent(sign: str) -> str:
    """The bare letter of a Latin letter with marks ("é" → "e"), else the character itself."""
    if kind_of(sign) != "accented":
        return sign
    return {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i"}.get(
        sign, unicodedata.normalize("NFD", sign)[0]
    )
