"""What each kind of document tells of beyond an ordinary till receipt: nights, litres, hours, kilometres, due dates.

`details` holds plain values that a layout prints in its own way: dates as YYYY-MM-DD, moments as YYYY-MM-DDTHH:MM,
durations as H:MM, amounts and quantities as plain decimals, everything else as printed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from training.synthetic import goods
from training.synthetic.names import digits, person, pool
from training.synthetic.purchase import Item, Kind, Locale

SHOPS: dict[str, int] = {
    "restaurant": 22,
    "cafe": 12,
    "grocery": 24,
    "pharmacy": 8,
    "hardware": 9,
    "clothing": 6,
    "office": 6,
    "books": 4,
    "leisure": 4,
    "services": 4,
    "telecom": 3,
}
_BILLED = {"services": 30, "telecom": 12, "hardware": 16, "office": 14, "books": 10, "restaurant": 8, "leisure": 5}
_SLIPS = {**SHOPS, "fuel": 10, "hotel": 8, "parking": 2, "taxi": 3}
_SECTORS: dict[Kind, Mapping[str, int]] = {
    "receipt": SHOPS,
    "card_slip": _SLIPS,
    "invoice": _BILLED,
    "folio": {"hotel": 1},
    "taxi": {"taxi": 1},
    "fuel": {"fuel": 1},
    "parking": {"parking": 1},
}


@dataclass(frozen=True)
class Matter:
    """The lines of a document and what more it prints."""

    items: tuple[Item, ...]
    details: Mapping[str, str] = field(default_factory=dict)


def sector(kind: Kind, rng: random.Random) -> str:
    """The trade of whoever writes a document of this kind."""
    choices = _SECTORS[kind]
    return rng.choices(tuple(choices), tuple(choices.values()))[0]


def matter(kind: Kind, trade: str, locale: Locale, when: datetime, rng: random.Random) -> Matter:
    """The lines and details of a document of `kind` by a merchant of `trade`."""
    match kind:
        case "folio":
            return _folio(locale, when, rng)
        case "taxi":
            return _taxi(locale, rng)
        case "fuel":
            return _fuel(locale, rng)
        case "parking":
            return _parking(locale, when, rng)
        case "invoice":
            return _invoice(trade, locale, when, rng)
        case "card_slip":
            return _card_slip(trade, locale, rng)
    return _receipt(trade, locale, rng)


def _some(details: Mapping[str, str], share: float, rng: random.Random) -> dict[str, str]:
    """Each detail with the chance `share`: documents seldom print everything."""
    return {key: value for key, value in details.items() if rng.random() < share}


def _word(locale: Locale, concept: str, rng: random.Random) -> str:
    wordings = locale.terms[concept]
    return wordings[0] if rng.random() < 0.6 else rng.choice(wordings)


def _receipt(trade: str, locale: Locale, rng: random.Random) -> Matter:
    count = max(1, min(25, int(rng.lognormvariate(1.05, 0.8))))
    lines = goods.items(locale, goods.CATEGORY[trade], count, rng)
    if rng.random() < 0.03:
        lines += (goods.line(_word(locale, "discount", rng), Decimal(1), -lines[0].unit_price, locale),)
    details = _some({"cashier": rng.choice(pool(locale.name, "first_name")), "till": str(rng.randint(1, 20))}, 0.5, rng)
    if trade in ("restaurant", "cafe"):
        details |= _some({"table": str(rng.randint(1, 60)), "guests": str(rng.randint(1, 8))}, 0.5, rng)
    return Matter(lines, details)


def _card_slip(trade: str, locale: Locale, rng: random.Random) -> Matter:
    category = goods.CATEGORY[trade]
    described = rng.random() < 0.15 and category not in ("lodging", "fuel", "parking", "transport")
    euros = 3 * 60 ** rng.random()
    lines = (
        goods.items(locale, category, rng.randint(1, 3), rng)
        if described
        else (goods.line("", Decimal(1), goods.money(euros, locale, rng), locale),)
    )
    details = {"approval": digits("######", rng), "terminal": digits(rng.choice(("########", "?#######")), rng)}
    return Matter(lines, details)


def _folio(locale: Locale, when: datetime, rng: random.Random) -> Matter:
    nights = rng.choices((1, 2, 3, 4, 5, 7, 10), (40, 25, 14, 9, 6, 4, 2))[0]
    rate = goods.money(rng.uniform(45, 280), locale, rng)
    room = _word(locale, "lodging", rng)
    lines = [goods.line(room, Decimal(1), rate, locale) for _ in range(nights)]
    if nights == 1 or rng.random() < 0.5:
        lines = [goods.line(room, Decimal(nights), rate, locale)]
    extras = (("breakfast", 6, 24, 0.4), ("city_tax", 1, 5, 0.35), ("minibar", 3, 18, 0.2), ("laundry", 5, 30, 0.1))
    for concept, low, high, chance in extras:
        if rng.random() < chance:
            quantity = Decimal(nights if concept in ("breakfast", "city_tax") else 1)
            price = goods.money(rng.uniform(low, high), locale, rng)
            lines.append(goods.line(_word(locale, concept, rng), quantity, price, locale))
    arrival = when - timedelta(days=nights)
    details = {"arrival": arrival.date().isoformat(), "departure": when.date().isoformat(), "nights": str(nights)}
    details |= {"guest": person(locale, rng), "room": str(rng.randint(1, 19) * 100 + rng.randint(1, 30))}
    return Matter(tuple(lines), details | _some({"folio": digits(rng.choice(("######", "?######")), rng)}, 0.5, rng))


def _taxi(locale: Locale, rng: random.Random) -> Matter:
    kilometres = Decimal(int(10 * 2 * 25 ** rng.random())).scaleb(-1)
    lines = [
        goods.line(_word(locale, "fare", rng), Decimal(1), goods.money(3 + float(kilometres), locale, rng), locale)
    ]
    for concept, low, high, chance in (("waiting", 1, 6, 0.2), ("toll", 1, 8, 0.2), ("booking_fee", 1, 5, 0.25)):
        if rng.random() < chance:
            price = goods.money(rng.uniform(low, high), locale, rng)
            lines.append(goods.line(_word(locale, concept, rng), Decimal(1), price, locale))
    details = {
        "distance": str(kilometres),
        "driver": rng.choice((digits("#####", rng), person(locale, rng))),
        "vehicle": digits(rng.choice(("####", "?##", "???-####")), rng),
    }
    return Matter(tuple(lines), _some(details, 0.65, rng))


def _fuel(locale: Locale, rng: random.Random) -> Matter:
    litres = Decimal(rng.randint(600, 7000)).scaleb(-2)
    if rng.random() < 0.3:
        litres = Decimal(rng.randint(6000, 70000)).scaleb(-3)
    euros = Decimal(rng.randint(1100, 1999)).scaleb(-3)
    if locale.country == "US":
        litres, euros = (litres / 4).quantize(Decimal("0.001")), euros * 2
    price = goods.rounded(euros * goods.scale(locale), 3 if goods.scale(locale) < 20 else min(locale.places, 2))
    unit = "gal" if locale.country == "US" else "L"
    lines = [goods.line(rng.choice(locale.terms["fuel_grades"]), litres, price, locale, unit)]
    if rng.random() < 0.15:
        lines.extend(goods.items(locale, "groceries", rng.randint(1, 2), rng))
    details = {"litres": str(litres), "price_per_litre": str(price), "pump": str(rng.randint(1, 12))}
    return Matter(tuple(lines), details | _some({"plate": digits("??? ####", rng)}, 0.2, rng))


def _parking(locale: Locale, when: datetime, rng: random.Random) -> Matter:
    minutes = rng.randint(12, 900)
    hours = -(-minutes // 60)
    price = goods.money(rng.uniform(0.8, 3.5) * hours, locale, rng)
    details = {
        "entry": (when - timedelta(minutes=minutes)).isoformat(timespec="minutes"),
        "exit": when.isoformat(timespec="minutes"),
        "duration": f"{minutes // 60}:{minutes % 60:02d}",
    }
    plate = _some({"plate": digits("??? ####", rng)}, 0.3, rng)
    return Matter((goods.line(_word(locale, "parking", rng), Decimal(1), price, locale),), details | plate)


def _invoice(trade: str, locale: Locale, when: datetime, rng: random.Random) -> Matter:
    count = max(1, min(25, int(rng.lognormvariate(1.0, 0.7))))
    days = rng.choice((7, 10, 14, 15, 30, 30, 45, 60))
    details = _some({"due_date": (when + timedelta(days=days)).date().isoformat()}, 0.75, rng)
    bank = {"bank": rng.choice(pool(locale.name, "family")) + " Bank", "account": _account(locale, rng)}
    details |= bank if rng.random() < 0.6 else {}
    details |= _some({"order": digits("######", rng)}, 0.3, rng)
    return Matter(goods.items(locale, goods.CATEGORY[trade], count, rng), details)


_IBAN = frozenset(
    [
        "DE",
        "AT",
        "CH",
        "FR",
        "BE",
        "NL",
        "ES",
        "IT",
        "PT",
        "PL",
        "CZ",
        "IE",
        "SE",
        "DK",
        "NO",
        "FI",
        "RO",
        "HU",
        "GB",
        "AE",
        "SA",
        "TR",
    ]
)


def _account(locale: Locale, rng: random.Random) -> str:
    if locale.country in _IBAN:
        return locale.country + digits("## #### #### #### #### ##", rng)
    return digits(rng.choice(("##########", "###-######-###", "#### #### ####")), rng)
