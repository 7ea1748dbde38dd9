"""Character-for-character tidying, so that a place found in the tidied text is the same place in the original.

OCR mixes look-alike letters into numbers and scripts have digits and signs of their own. Every function here returns
a text of exactly the same length as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SIGNS = {
    "٫": ".", "٬": ",", "．": ".", "，": ",", "、": ",", "：": ":", "／": "/", "－": "-", "％": "%", "（": "(",
    "）": ")",
    "’": "'", "‘": "'", "´": "'", "`": "'", "′": "'", "＇": "'", "＄": "$", "￥": "¥", "￡": "£", "￦": "₩",
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "ー": "-", "·": ".", "٪": "%",
}  # fmt: skip
_LETTERS = {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "a", "œ": "o", "ß": "s", "ς": "σ"}

# A number with the signs inside it, in digits and in the letters that OCR takes for digits.
_NUMBER_LIKE = re.compile(r"[0-9OoQIl|S]+(?:[.,/:\-][0-9OoQIl|S]+)*")
_LOOK_ALIKES = frozenset("OoQIl|S")
_INSIDE = str.maketrans({"O": "0", "o": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "S": "5"})


def _plain(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if char.isspace():
        return " " if char != "\n" else char
    digit = unicodedata.digit(char, None) if char.isdecimal() else None
    return char if digit is None else str(digit)


class _Table(dict[int, str]):
    """A translation table that fills itself: each character is looked up in Unicode's tables once."""

    def __init__(self, fold: bool) -> None:
        super().__init__()
        self._fold = fold

    def __missing__(self, code: int) -> str:
        char = _plain(chr(code))
        if self._fold and char.isalpha():
            char = _LETTERS.get(char.lower(), char)
            base = unicodedata.normalize("NFD", char)[0]
            lowered = base.lower() if not "\uac00" <= char <= "\ud7a3" else char
            char = _LETTERS.get(lowered, lowered)
            char = char if len(char) == 1 else chr(code)
        self[code] = char
        return char


_PLAIN = _Table(fold=False)
_FOLDED = _Table(fold=True)


def plain_signs(text: str) -> str:
    """`text` with any script's digits as ASCII and signs, dashes and spaces in their plain form; same length."""
    return text.translate(_PLAIN)


def folded_letters(text: str) -> str:
    """`plain_signs` with letters in lower case and without accents; same length."""
    return text.translate(_FOLDED)


def _repaired_number(match: re.Match[str]) -> str:
    run, text, start = match.group(), match.string, match.start()
    head, tail = 0, len(run)
    # A letter at an edge may belong to a word or be a unit or a tax code ("15OCT", "0,5l", "12.00S"): leave it then.
    while head < tail and run[head] in _LOOK_ALIKES:
        if run[head] != "S" and not text[max(0, start + head - 1) : start + head].isalpha():
            break
        head += 1
    while tail > head and run[tail - 1] in _LOOK_ALIKES:
        if run[tail - 1] in "OoQ" and not text[start + tail : start + tail + 1].isalpha():
            break
        tail -= 1
    inner = run[head:tail]
    letters = sum(c in _LOOK_ALIKES for c in inner)
    if letters == 0 or letters > sum(c.isdigit() for c in inner):
        return run
    return run[:head] + inner.translate(_INSIDE) + run[tail:]


@lru_cache(maxsize=1024)
def digits_repaired(text: str) -> str:
    """`plain_signs` with the letters that OCR took for digits put right inside numbers ("1O.S0" becomes "10.50").

    Gentle: a letter is changed only inside a run with real digits, so words keep theirs. Same length as `text`.
    """
    plain = text.translate(_PLAIN)
    if not any(c.isdigit() for c in plain):
        return plain
    return _NUMBER_LIKE.sub(_repaired_number, plain)
