"""What stands in the lines of a purchase: items of a trade, as tills print them, with prices of the country."""

from __future__ import annotations

import random
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal

from training.synthetic.purchase import Item, Locale
from training.synthetic.wordings import Country, countries, language

CATEGORY: dict[str, str] = {
    "restaurant": "meals",
    "cafe": "meals",
    "grocery": "groceries",
    "hotel": "lodging",
    "fuel": "fuel",
    "parking": "parking",
    "taxi": "transport",
    "pharmacy": "health",
    "hardware": "hardware",
    "clothing": "clothing",
    "telecom": "telecom",
    "office": "office_supplies",
    "books": "education",
    "leisure": "entertainment",
    "services": "services",
}
"""The expense category of each sector, by the names of the TAIL prompt."""

_PRICES: dict[str, tuple[float, float]] = {
    "meals": (2.2, 26),
    "groceries": (0.4, 13),
    "hardware": (0.9, 90),
    "clothing": (6, 120),
    "health": (1.5, 35),
    "office_supplies": (0.6, 60),
    "entertainment": (3, 60),
    "services": (12, 220),
    "telecom": (5, 90),
    "education": (4, 150),
}
"""Cheapest and dearest item of a category, in EUR; the country's scale makes its own money of it."""

_SIZES = ("500G", "1KG", "250G", "1L", "2L", "6PK", "330ML", "12S", "100G", "750ML", "2LB", "16OZ")
_VOWELS = re.compile(r"(?<=[A-Z])[AEIOU](?=[A-Z])")
Style = Literal["plain", "upper", "till"]


def rounded(amount: Decimal, places: int) -> Decimal:
    """To the currency's places, halves away from zero, as tills do."""
    return amount.quantize(_unit(places), ROUND_HALF_UP)


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def nearest(amount: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` that lies nearest."""
    return (amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def money(euros: float, locale: Locale, rng: random.Random) -> Decimal:
    """About this many euros' worth in the locale's money, ending as prices there do."""
    country = countries()[locale.name]
    amount = Decimal(f"{euros:.2f}") * country.scale
    if country.step > Decimal("0.01"):
        return rounded(max(nearest(amount, country.step), country.step), locale.places)
    whole = Decimal(int(amount))
    ending = rng.choice(("0.99", "0.95", "0.90", "0.50", "0.00", "0.49", "0.29", "", "", "", ""))
    return rounded(max(whole + Decimal(ending), Decimal("0.10")) if ending else amount, locale.places)


def items(locale: Locale, category: str, count: int, rng: random.Random) -> tuple[Item, ...]:
    """`count` lines of an expense category of `CATEGORY`, as one till prints them."""
    country = countries()[locale.name]
    style: Style = rng.choices(("plain", "upper", "till"), (45, 43, 12))[0]
    coded = rng.choices((None, 13, 6, 4), (70, 12, 10, 8))[0]
    mixed = country.mix if country.mix and rng.random() < 0.4 else None
    names = list(language(country.language).goods[category])
    if mixed:
        names += language(mixed).goods[category]
    chosen = rng.sample(names, min(count, len(names)))
    return tuple(_item(name, locale, country, category, style, coded, rng) for name in chosen)


def _item(
    name: str, locale: Locale, country: Country, category: str, style: Style, coded: int | None, rng: random.Random
) -> Item:
    low, high = _PRICES[category]
    price = money(low * (high / low) ** rng.random() ** 1.3, locale, rng)
    quantity, unit = _quantity(category, rng)
    return Item(
        description=printed_name(name, category, style, locale, rng),
        quantity=quantity,
        unit_price=price,
        amount=rounded(quantity * price, locale.places),
        code="".join(rng.choice("0123456789") for _ in range(coded)) if coded else None,
        unit=unit,
    )


def _quantity(category: str, rng: random.Random) -> tuple[Decimal, str | None]:
    draw = rng.random()
    if category == "groceries" and draw < 0.12:
        return Decimal(rng.randint(90, 2900)).scaleb(-3), "kg"
    if category == "services" and draw < 0.15:
        return Decimal(rng.randint(1, 16)) / 2, None
    if draw < 0.68:
        return Decimal(1), None
    if draw < 0.97:
        return Decimal(rng.randint(2, 6)), None
    return Decimal(rng.choice((8, 10, 12, 20, 24, 50))), None


def printed_name(name: str, category: str, style: Style, locale: Locale, rng: random.Random) -> str:
    """An item's name as tills print it: as it is, in capitals, or cut short to fit ("CHCKN BRST 500G")."""
    if category == "groceries" and not any(sign.isdigit() for sign in name) and rng.random() < 0.3:
        name = f"{name} {rng.choice(_SIZES)}"
    if style == "plain" or locale.script not in ("latin",):
        return name
    name = name.upper()
    if style == "till":
        name = " ".join(_VOWELS.sub("", word) if len(word) > 5 else word for word in name.split())[:20].strip()
    return name


def line(description: str, quantity: Decimal, price: Decimal, locale: Locale, unit: str | None = None) -> Item:
    """A line of `quantity` at `price`."""
    return Item(description, quantity, price, rounded(quantity * price, locale.places), unit=unit)


def scale(locale: Locale) -> Decimal:
    """What goods of one euro cost in the locale's money."""
    return countries()[locale.name].scale
