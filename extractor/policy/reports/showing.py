"""How amounts, times and foreign text are shown to a person."""

from __future__ import annotations

import re
from decimal import Decimal

from extractor.policy.money import UNKNOWN, Money, minor_units

_MOST = 500
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, and those that turn the direction of writing: text from a receipt could pass as other text."""

_LONE = re.compile("[\ud800-\udfff]")


def clean(text: str, most: int = _MOST) -> str:
    """Text from outside, without what could disguise it, on one line and not endless."""
    text = " ".join(_LONE.sub("�", _HIDDEN.sub("�", text)).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def amount(money: Money) -> str:
    """The exact amount with commas, in the minor units of its currency, or with more places where it has more."""
    return f"{money.amount:,.{places(money)}f}"


def places(money: Money) -> int:
    """Decimal places that show an amount exactly: its currency's, or more where it has more."""
    exponent = money.amount.normalize().as_tuple().exponent
    return max(minor_units(money.currency), -exponent if isinstance(exponent, int) else 0)


def said(money: Money) -> str:
    """Currency and exact amount; `?` stands for a currency that was not read."""
    return f"{money.currency if money.currency != UNKNOWN else '?'} {amount(money)}"


def hours(minutes: Decimal) -> str:
    """A time as people say it: 45 min, 2 h 05 min."""
    whole = int(minutes.to_integral_value())
    return f"{minutes.normalize():f} min" if whole < 60 else f"{whole // 60:,} h {whole % 60:02} min"


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
