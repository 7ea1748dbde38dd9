"""What the student knows of a word besides its place: hashed pieces of its spelling, and numbers about it.

Spelling is hashed into a fixed number of buckets (feature hashing; Weinberger et al. 2009, with character n-grams as in
fastText, Bojanowski et al. 2017): a misread letter changes some pieces of a word and leaves the others. The module
uses no vocabulary, so that any language and any misreading has features.

Anything changed here changes what a trained student sees: raise `ENCODER_VERSION` in encoder.py with it.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

BUCKETS = 16384
PIECES = 24
"""How many hashed pieces of a word are kept."""

NUMBERS = 24
"""How many plain numbers describe a word."""

_AMOUNT = re.compile(r"(?<![\d.,])[-(]?\d{1,3}(?:[.,' ]?\d{3})*[.,]\d{2}(?!\d)(?![.,]\d)")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[-/. ]?[a-z]{3,9}[-/., ']*\d{2,4}", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}:\d{2}")
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"(.)\1+")


@lru_cache(maxsize=4_096)
def pieces(text: str) -> tuple[int, ...]:
    """The buckets (1 … BUCKETS-1) of a word's whole spelling, its shape, and its character 2- to 4-grams."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    masked = _DIGIT.sub("0", plain)
    framed = f"<{masked}>"
    found = [f"w{masked}", f"s{shape(text)}"]
    for size in (3, 2, 4):
        found += [f"{size}{framed[at : at + size]}" for at in range(len(framed) - size + 1)]
    return tuple(1 + zlib.crc32(piece.encode()) % (BUCKETS - 1) for piece in dict.fromkeys(found))[:PIECES]


def shape(text: str) -> str:
    """The word's outline: capitals X, small letters x, digits 0, runs folded to one sign and their length class."""
    outline = "".join(
        "0" if sign.isdigit() else "X" if sign.isupper() else "x" if sign.isalpha() else sign for sign in text[:24]
    )
    return _RUN.sub(lambda run: run[1] + ("+" if len(run[0]) > 3 else str(len(run[0]))), outline)


@lru_cache(maxsize=4_096)
def cents(text: str) -> int | None:
    """The amount with two decimals that a word contains, in hundredths, its sign dropped."""
    found = _AMOUNT.search(text)
    if not found:
        return None
    digits = "".join(sign for sign in found[0] if sign.isdigit())
    # Longer ones are misread bar codes; they would not fit NumPy's integers either.
    return int(digits) if len(digits) < 20 else None


def numbers(
    texts: Sequence[str], heights: npt.NDArray[np.float32], confidences: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Plain numbers about each word of a document: words × NUMBERS.

    They tell what a reader sees at a glance: is it an amount, how large beside the others, how often it stands there,
    is it the sum of two others, is the print tall.
    """
    table = np.zeros((len(texts), NUMBERS), np.float32)
    amounts = [cents(text) for text in texts]
    known = [amount for amount in amounts if amount is not None]
    counts, distinct = Counter(known), sorted(set(known))
    sums = _sums(distinct)
    middle = float(np.median(heights)) if len(heights) else 1.0
    if not len(texts):
        return table
    table[:, :14] = [_looks(text) for text in texts]
    table[:, 14] = confidences
    table[:, 15] = np.minimum(heights.astype(np.float64) / max(middle, 1e-6), 4.0) - 1.0
    for row, amount in enumerate(amounts):
        if amount is not None:
            place = np.searchsorted(distinct, amount)
            table[row, 16:24] = (
                1.0,
                np.log1p(amount) / 12.0,
                (place + 1) / len(distinct),
                float(amount == distinct[-1]),
                min(counts[amount], 5) / 5.0,
                float(amount in sums),
                float(amount == 0),
                float(len(distinct) > 1 and amount == distinct[-2]),
            )
    return table


@lru_cache(maxsize=4_096)
def _looks(text: str) -> tuple[float, ...]:
    length = max(len(text), 1)
    digits = sum(sign.isdigit() for sign in text)
    letters = sum(sign.isalpha() for sign in text)
    return (
        digits / length,
        letters / length,
        sum(sign.isupper() for sign in text) / length,
        min(length, 24) / 24.0,
        float(digits == length),
        float(bool(_DATE.search(text))),
        float(bool(_TIME.search(text))),
        float(text[-1:] == ":"),
        float("%" in text),
        float("-" in text),
        float(text.isdecimal() and len(text) <= 2),
        float(bool(re.search(r"[$€£¥]|\bRM|CHF", text))),
        float(text[-1:].isalpha() and digits > 0),
        float(any(ord(sign) > 0x2E7F for sign in text)),
    )


def _sums(distinct: Sequence[int]) -> frozenset[int]:
    """The amounts that are the sum of two others (zero aside); work is bounded by taking the 40 largest."""
    largest = [amount for amount in distinct if amount > 0][-40:]
    whole = set(largest)
    return frozenset(one + other for at, one in enumerate(largest) for other in largest[at:] if one + other in whole)


def remember(words: int) -> None:
    """How many words' features are kept for the next document (4,096 unless said; some 1 KB each). Training sees the
    same words in every epoch; a service need not."""
    global pieces, cents, _looks
    pieces = lru_cache(maxsize=words)(pieces.__wrapped__)
    cents = lru_cache(maxsize=words)(cents.__wrapped__)
    _looks = lru_cache(maxsize=words)(_looks.__wrapped__)
