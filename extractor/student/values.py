"""The value of a field inside the words that the student pointed at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from extractor.normalize.amounts import format_amount, parse_amount
from extractor.normalize.dates import choose_date, find_dates
from extractor.normalize.misread_dates import find_misread_date
from extractor.normalize.text import clean_text
from extractor.normalize.times import parse_time
from extractor.student.encoder import Token
from extractor.task import RECEIPTS, FieldType

_CLEANED_LIKE: Mapping[FieldType, str] = {
    "name": "merchant_name",
    "address": "merchant_address",
    "phone": "merchant_phone",
    "tax_id": "merchant_tax_id",
    "number": "receipt_number",
    "text": "",
}
"""The field of receipts whose labels and stray marks are taken off a text of this type."""

_HALF_OF_DAY = re.compile(r"[ap]\.? ?m\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    value: str
    text: str


def join(tokens: Sequence[Token]) -> str:
    """The text of a run of tokens, as printed: a space between words, none inside one."""
    return "".join(("" if token.glued or not at else " ") + token.text for at, token in enumerate(tokens))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values as a document writes them: its country orders dates, its decimal sign orders amounts.

    `types` says how each field's value is read, `positive` which amounts are reported without their sign.
    """

    country: str | None = None
    decimal_sign: str | None = None
    types: Mapping[str, FieldType] = field(default_factory=lambda: RECEIPTS.types)
    positive: frozenset[str] = frozenset({"discount"})

    def value(self, name: str, tokens: Sequence[Token], following: str = "") -> Value | None:
        """The value of a field in these tokens, or None where they hold none of its kind.

        `following` is the word behind them on their row: "PM" behind a time belongs to it, pointed at or not.
        """
        text = join(tokens)
        kind = self.types.get(name, "text")
        if kind == "amount":
            return self.amount(name, text)
        if kind == "date":
            return self._date(text)
        if kind == "time":
            return self._time(text, following)
        if kind == "card":
            digits = "".join(sign for sign in text if sign.isdigit())[-4:]
            return Value(digits, text) if len(digits) == 4 else None
        cleaned = clean_text(text, _CLEANED_LIKE.get(kind, ""))
        return Value(cleaned, text) if cleaned else None

    def amount(self, name: str, text: str) -> Value | None:
        number = parse_amount(text, decimal_sign=self.decimal_sign)
        if number is None:
            return None
        # A discount is reported as what it takes off, however it is printed.
        return Value(format_amount(abs(number) if name in self.positive else number), text)

    def _time(self, text: str, following: str) -> Value | None:
        time = parse_time(text)
        if time is None:
            return None
        if _HALF_OF_DAY.fullmatch(following):
            return Value(parse_time(f"{text} {following}") or time, f"{text} {following}")
        return Value(time, text)

    def _date(self, text: str) -> Value | None:
        found = find_dates(text)
        match = found[0] if found else find_misread_date(text)
        if match is None:
            return None
        return Value(choose_date(match, self.country).isoformat(), match.text)
