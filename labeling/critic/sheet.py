"""A document as the critic searches it: its words as one string without spaces and marks, its rows, its numbers.

OCR drops spaces and misreads single signs, so values are looked for in letters and digits alone, exactly first and then
by the most similar stretch (rapidfuzz's partial alignment).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np
from rapidfuzz import fuzz

from extractor.normalize.amounts import document_decimal_sign, find_amounts
from extractor.normalize.dates import find_dates
from extractor.student.encoder import Token, tokenize
from extractor.types import Page

SHORTEST = 4
"""Values of fewer letters and digits than this must fill whole words: they stand inside other words by chance."""

LABELS = re.compile(
    r"(?i)\b(?:te[l1]|phone|fax|gst|sst|vat|tax|invoice|inv|receipt|rcpt|date|time|cashier|table|id|reg|bill|order|"
    r"www|e-?mail|cash|thank|welcome|co\.? ?no|roc|no\. ?:|qty|item|total|copy|member|counter|terminal|server)\b|:|@"
)
"""What marks a row of the head as something else than a name or a line of an address."""


def squeezed(text: str) -> str:
    """Letters and digits alone, case folded: "S/B (M)" is "sbm"."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


@dataclass(frozen=True, slots=True)
class Match:
    """Where a value stands: tokens `first` to `last`, how alike (0–1), how often exactly so, how surely read."""

    first: int
    last: int
    alike: float
    times: int
    confidence: float


class Sheet:
    """The words of a document, ready to be searched. `rows` holds the token numbers of each visual row, top first."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.tokens: tuple[Token, ...] = tokenize(pages)
        rows: dict[int, list[int]] = {}
        for at, token in enumerate(self.tokens):
            rows.setdefault(token.row, []).append(at)
        self.rows = [rows[row] for row in sorted(rows)]
        self.row_of = {at: place for place, row in enumerate(self.rows) for at in row}
        parts = [squeezed(token.text) for token in self.tokens]
        self.text = "".join(parts)
        self._owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self._starts = {0, *np.cumsum([len(part) for part in parts]).tolist()}

    def row_text(self, row: int) -> str:
        return " ".join(self.tokens[at].text for at in self.rows[row])

    @cached_property
    def row_texts(self) -> list[str]:
        return [self.row_text(row) for row in range(len(self.rows))]

    def find(self, value: str) -> Match | None:
        """The place of a value, or the most similar stretch; None on an empty page or for an empty value."""
        sought = squeezed(value)
        if not sought or not self.text:
            return None
        found = self._exactly(sought)
        if found:
            first, last = self._covered(found[0], found[0] + len(sought))
            return Match(first, last, 1.0, len(found), self._confidence(first, last))
        near = fuzz.partial_ratio_alignment(sought, self.text) if len(sought) >= SHORTEST else None
        if near is None or near.dest_end <= near.dest_start:
            return None
        # Where the value is longer than the page, the alignment runs the other way: what is left over is not found.
        share = near.score / 100.0 * min(1.0, len(self.text) / len(sought))
        first, last = self._covered(near.dest_start, near.dest_end)
        return Match(first, last, share, 0, self._confidence(first, last))

    def _exactly(self, sought: str) -> list[int]:
        found, at = [], self.text.find(sought)
        while at >= 0:
            whole = at in self._starts and at + len(sought) in self._starts
            if whole or len(sought) >= SHORTEST:
                found.append(at)
            at = self.text.find(sought, at + 1)
        return found

    def _covered(self, start: int, end: int) -> tuple[int, int]:
        return int(self._owner[start]), int(self._owner[min(end, len(self._owner)) - 1])

    def _confidence(self, first: int, last: int) -> float:
        return float(np.mean([token.confidence for token in self.tokens[first : last + 1]]))

    def free(self, row: int) -> bool:
        """Whether a row is plain text, as names and addresses are: letters, no label, no amount."""
        if not 0 <= row < len(self.rows):
            return False
        text = self.row_texts[row]
        letters = sum(sign.isalpha() for sign in text)
        return letters >= 4 and not LABELS.search(text) and not re.search(r"\d[.,]\d\d\b", text)

    def height(self, first: int, last: int) -> float:
        """The median height of the print of some tokens, against that of the page."""
        heights = [token.box.height for token in self.tokens]
        return float(np.median(heights[first : last + 1]) / max(float(np.median(heights)), 1e-6))

    @cached_property
    def amounts(self) -> dict[Decimal, list[int]]:
        """The amounts printed with decimals, without sign, and the rows that they stand in."""
        sign = document_decimal_sign(self.row_texts)
        found: dict[Decimal, list[int]] = {}
        for row, text in enumerate(self.row_texts):
            for match in find_amounts(text, decimal_sign=sign):
                if match.decimals >= 1 or match.marked:
                    for value in (match.value, *match.alternatives):
                        found.setdefault(abs(value), []).append(row)
        return found

    @cached_property
    def dates(self) -> dict[date, list[int]]:
        """Every day that a printed date may mean, and its rows."""
        found: dict[date, list[int]] = {}
        for row, text in enumerate(self.row_texts):
            for match in find_dates(text):
                for day in match.readings:
                    found.setdefault(day, []).append(row)
        return found

    def printed_dates(self) -> int:
        """How many different dates are printed."""
        return len({match.readings for text in self.row_texts for match in find_dates(text)})
