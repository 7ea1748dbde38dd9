"""How one document words its labels, amounts, dates and times: chosen once, kept through the document."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from training.synthetic.dates import printed_date
from training.synthetic.layouts.english import ENGLISH, SHORT
from training.synthetic.purchase import Locale, Purchase

TIMES = ("%H:%M", "%H:%M", "%H:%M:%S", "%H:%M:%S")
TWELVE_HOURS = ("%I:%M %p", "%I:%M%p", "%I:%M:%S %p")
_TWELVE_HOUR_COUNTRIES = frozenset({"US", "CA", "AU", "IN", "MY", "PH", "NZ", "GB", "SG"})
_LAKH_COUNTRIES = frozenset({"IN"})


ALIKE: Mapping[str, tuple[str, ...]] = {
    "server": ("cashier",),
    "bill_to": ("customer",),
    "rate": ("tax",),
    "tax_summary": ("tax",),
    "balance": ("total",),
}
"""What a document says instead of a concept that its language has no wording for here."""


@lru_cache(maxsize=4096)
def _sign_width(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1


def columns_of(text: str) -> int:
    """How many ordinary characters wide a text is: East Asian signs take two, marks over letters none."""
    return len(text) if text.isascii() else sum(map(_sign_width, text))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken at spaces, or anywhere where a word is longer."""
    lines: list[str] = []
    held = ""
    for word in text.split():
        while columns_of(word) > width:
            if held:
                lines.append(held)
                held = ""
            cut, used = 0, 0
            while cut < len(word) and (used + _sign_width(word[cut]) <= width or not _sign_width(word[cut])):
                used += _sign_width(word[cut])
                cut += 1
            lines.append(word[: max(cut, 1)])
            word = word[max(cut, 1) :]
        if not word:
            continue
        joined = f"{held} {word}" if held else word
        if columns_of(joined) > width:
            lines.append(held)
            joined = word
        held = joined
    return [*lines, held] if held else lines


def grouped(value: Decimal, places: int, locale: Locale, separators: bool = True) -> str:
    """A number as the locale writes it, with its sign in front."""
    whole = f"{abs(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)):f}"
    digits, _, fraction = whole.partition(".")
    if separators and locale.grouping and len(digits) > 3:
        step = 2 if locale.country in _LAKH_COUNTRIES else 3
        tail, head = digits[-3:], digits[:-3]
        while head:
            tail, head = f"{head[-step:]}{locale.grouping}{tail}", head[:-step]
        digits = tail
    text = f"{digits}{locale.decimal}{fraction}" if fraction else digits
    return f"-{text}" if value < 0 else text


class Wording:
    """The choices of one document. `draw` is used once for each choice, in the order in which they are first asked."""

    def __init__(self, purchase: Purchase, draw: random.Random) -> None:
        self.locale = purchase.locale
        self._draw = draw
        self._chosen: dict[str, str] = {}
        self._case = draw.choices(("as is", "upper", "title"), (5, 3, 1))[0]
        self.short = draw.random() < 0.2
        self.colon = draw.choices(("", ":", " :"), (4, 5, 1))[0]
        self.glued = draw.random() < 0.15
        self.symbols = draw.choices(("none", "total", "all"), (5, 3, 3))[0]
        self._symbol = draw.choice(self.locale.symbols) if self.locale.symbols else ""
        self._gap = " " if len(self._symbol) > 2 or draw.random() < 0.5 else ""
        self._separators = draw.random() < 0.75
        self._minus = draw.choices(("front", "behind"), (6, 1))[0]
        self.date_format = _mostly_first(self.locale.dates or ("%d/%m/%Y",), draw)
        half_days = self.locale.country in _TWELVE_HOUR_COUNTRIES and draw.random() < 0.5
        self.time_format = draw.choice(TWELVE_HOURS if half_days else TIMES)

    def term(self, *concepts: str) -> str:
        """The document's wording for the first of these concepts that the locale knows; English where it knows none."""
        first = concepts[0]
        held = self._chosen.get(first)
        if held is None:
            held = self._chosen[first] = self.cased(self._pick(concepts))
        return held

    def has(self, concept: str) -> bool:
        """Whether the locale itself words this concept: optional lines are left out otherwise."""
        return self._terms(concept) is not None

    def label(self, *concepts: str) -> str:
        """A term with the document's sign between label and value."""
        return self.term(*concepts) + self.colon

    def cased(self, text: str) -> str:
        if self._case == "upper":
            return text.upper()
        if self._case != "title":
            return text
        return " ".join(word.capitalize() if word.islower() else word for word in text.split(" "))

    def named(self, text: str) -> str:
        """A name or an article as this document prints it: capitals where it prints all in capitals."""
        return text.upper() if self._case == "upper" else text

    def money(self, value: Decimal, where: str = "amount") -> str:
        """An amount as printed. `where` is "total" or "amount": some documents print the sign of the currency only at
        the total. A space may stand between them."""
        text = grouped(value, self.locale.places, self.locale, self._separators)
        shown = self.symbols == "all" or (self.symbols == "total" and where == "total")
        if text.startswith("-") and self._minus == "behind":
            text = f"{text[1:]}-"
        if not shown or not self._symbol:
            return text
        if not self.locale.symbol_first:
            return f"{text}{self._gap}{self._symbol}"
        if text.startswith("-") and not self._gap:
            return f"-{self._symbol}{text[1:]}"
        return f"{self._symbol}{self._gap}{text}"

    def number(self, value: Decimal) -> str:
        """A quantity: without decimals where it is whole."""
        if value == value.to_integral_value():
            return str(int(value))
        places = min(-int(value.normalize().as_tuple().exponent), 3)
        return grouped(value, places, self.locale, separators=False)

    def date(self, when: datetime) -> str:
        return printed_date(when, self.date_format, self.locale)

    def time(self, when: datetime) -> str:
        return when.strftime(self.time_format)

    def _terms(self, concept: str) -> tuple[str, ...] | None:
        found = self.locale.terms.get(concept)
        if found:
            return found
        return ENGLISH.get(concept) if self.locale.language == "en" else None

    def _pick(self, concepts: tuple[str, ...]) -> str:
        if self.short and self.locale.language == "en" and concepts[0] in SHORT:
            return SHORT[concepts[0]]
        for concept in (*concepts, *ALIKE.get(concepts[0], ())):
            found = self._terms(concept)
            if found:
                return _mostly_first(found, self._draw)
        return _mostly_first(ENGLISH[concepts[0]], self._draw)


def _mostly_first(options: tuple[str, ...], draw: random.Random) -> str:
    return options[min(int(draw.expovariate(0.9)), len(options) - 1)] if len(options) > 1 else options[0]
