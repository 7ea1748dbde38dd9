"""Character-for-character tidying, so that a place found in the tidied text is the same place in the original.

OCR mixes look-alike letters into numbers and scripts have digits and signs of their own. Every function here returns
a text of exactly the same length as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SIGNS = {
    "٫": ".", "٬": ",", "．": ".", "，": ",", "、": ",", "：": ":", "／": "/", "－": "-", "％": "%", "（": "(", "）": ")",
    "’": "'", "‘": "'", "´": "'", "`": "'", "′": "'", "＇": "'", "＄": "$", "￥": "¥", "￡": "£", "￦": "₩",
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "ー": "-", "·": ".", "٪": "%",
}  # fmt: skip
_LETTERS = {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "a", "œ": "o", "ß": "s", "ς": "σ"}

# A run of digits and the letters that OCR takes for digits. `S` counts as 5 only deep inside a number.
_CONFUSED = re.compile(r"[0-9OoQIl|S]*[OoQIl|S][0-9OoQIl|S]*")
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


def _digits_of_run(match: re.Match[str]) -> str:
    run, text, start, end = match.group(), match.string, match.start(), match.end()
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    head, tail = 0, len(run)
    # At an edge a letter may belong to a word or to a unit ("15OCT", "0,5l"), so an edge counts only where it can't.
    inside = before in ".," and text[start - 2 : start - 1].isdigit()
    while head < tail and not run[head].isdigit() and (before.isalpha() or head or (run[head] == "S" and not inside)):
        head += 1
    if head == 0 and not run[0].isdigit() and not (run[1:2].isdigit() or after in ".,/-:" or run[1:2] in "OoQIl|"):
        return run
    while (
        tail > head and not run[tail - 1].isdigit() and (after.isalpha() or not _number_goes_on(run, text, tail, end))
    ):
        tail -= 1
    inner = run[head:tail]
    neighbours = text[max(0, start - 2) : start] + text[end : end + 2]
    if not any(c.isdigit() for c in inner) and not any(c.isdigit() for c in neighbours):
        return run
    return run[:head] + inner.translate(_INSIDE) + run[tail:]


def _number_goes_on(run: str, text: str, tail: int, end: int) -> bool:
    """Whether the look-alike letter that ends a run is part of the number rather than a unit or a tax code."""
    if run[tail - 1] in "OoQ":
        return True
    return tail == len(run) and re.match(r"[.,/:\-][0-9OoQ]", text[end : end + 2]) is not None


@lru_cache(maxsize=4096)
def digits_repaired(text: str) -> str:
    """`plain_signs` with the letters that OCR took for digits put right inside numbers ("1O.S0" becomes "10.50").

    Gentle: a letter is changed only inside a run with real digits, so words keep theirs. Same length as `text`.
    """
    plain = text.translate(_PLAIN)
    if not any(c.isdigit() for c in plain):
        return plain
    return _CONFUSED.sub(_digits_of_run, plain)
