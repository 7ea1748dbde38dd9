"""What a purchase comes to: discount, service, tax, rounding and payment, adding up as `Purchase` says."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Literal

from training.synthetic.goods import nearest, rounded
from training.synthetic.purchase import Locale
from training.synthetic.wordings import countries

Method = Literal["cash", "card", "ewallet", "transfer", "other"]
_TIPPING = frozenset({"US", "CA"})
_BRANDS = ("VISA", "MASTERCARD", "VISA DEBIT", "AMEX", "MAESTRO")
_LOCAL_BRANDS = {
    "DE": "girocard",
    "AU": "EFTPOS",
    "CA": "INTERAC",
    "SG": "NETS",
    "MY": "MyDebit",
    "JP": "JCB",
    "CN": "银联",
    "HK": "UnionPay",
    "IN": "RuPay",
    "FR": "CB",
    "BE": "BANCONTACT",
    "NL": "PIN",
    "DK": "DANKORT",
    "IT": "PAGOBANCOMAT",
    "BR": "ELO",
    "TR": "TROY",
    "SA": "mada",
    "NO": "BankAxept",
    "PT": "MULTIBANCO",
    "AT": "BANKOMAT",
    "TW": "JCB",
    "ID": "GPN",
    "VN": "NAPAS",
    "KR": "BC카드",
    "US": "DISCOVER",
    "NZ": "EFTPOS",
}


@dataclass(frozen=True)
class Bill:
    """The amounts of a `Purchase`, by its names."""

    subtotal: Decimal
    total: Decimal
    tax: Decimal | None
    tax_rate: Decimal | None
    tax_included: bool
    service_charge: Decimal | None
    discount: Decimal | None
    rounding: Decimal | None
    is_tip: bool


@dataclass(frozen=True)
class Payment:
    """How it was paid, by the names of `Purchase`."""

    payment_method: Method | None
    tendered: Decimal | None = None
    change: Decimal | None = None
    card_last4: str | None = None
    card_brand: str | None = None


def settle(
    subtotal: Decimal,
    locale: Locale,
    sector: str,
    method: Method | None,
    rng: random.Random,
    *,
    taxed: bool = True,
    tip: float = 0.0,
) -> Bill:
    """The bill of goods worth `subtotal`, paid by `method`. `tip` is the chance of one where none is customary."""
    places = locale.places
    discount = _discount(subtotal, places, rng)
    rest = subtotal - (discount or 0)
    service = _service(rest, locale, sector, rng)
    base = rest + (service or 0)
    included, rate, tax = _tax(base, locale, sector, rng) if taxed else (True, None, None)
    total = base if included or tax is None else base + tax
    gratuity = None if service is not None else _tip(rest, locale, sector, tip, rng)
    total += gratuity or 0
    rounding = _rounding(total, locale, method, rng)
    return Bill(
        subtotal=subtotal,
        total=total + (rounding or 0),
        tax=tax,
        tax_rate=rate,
        tax_included=included,
        service_charge=service if gratuity is None else gratuity,
        discount=discount,
        rounding=rounding,
        is_tip=gratuity is not None,
    )


def _discount(subtotal: Decimal, places: int, rng: random.Random) -> Decimal | None:
    if subtotal <= 0 or rng.random() > 0.11:
        return None
    share = rng.choice((5, 10, 10, 15, 20, 25, 50)) if rng.random() < 0.97 else 100
    return rounded(subtotal * share / 100, places) or None


def _service(rest: Decimal, locale: Locale, sector: str, rng: random.Random) -> Decimal | None:
    customary = countries()[locale.name].service
    if customary is None or sector not in ("restaurant", "cafe", "hotel") or rest <= 0 or rng.random() > 0.55:
        return None
    return rounded(rest * customary / 100, locale.places) or None


def _tip(rest: Decimal, locale: Locale, sector: str, chance: float, rng: random.Random) -> Decimal | None:
    if locale.country in _TIPPING and sector in ("restaurant", "cafe", "taxi"):
        chance = max(chance, 0.35)
    if rest <= 0 or rng.random() >= chance:
        return None
    return rounded(rest * rng.choice((5, 10, 15, 18, 20)) / 100, locale.places) or None


def _tax(base: Decimal, locale: Locale, sector: str, rng: random.Random) -> tuple[bool, Decimal | None, Decimal | None]:
    """(whether prices include it, rate in per cent, amount): the last two None where none is printed."""
    country = countries()[locale.name]
    included = country.with_tax == "yes" or (country.with_tax == "mixed" and rng.random() < 0.5)
    if not country.rates or rng.random() < (0.2 if included or sector == "grocery" else 0.05):
        return True, None, None
    rate = Decimal(rng.choice(country.rates))
    if included:
        return True, rate, rounded(base * rate / (100 + rate), locale.places)
    return False, rate, rounded(base * rate / 100, locale.places)


def _rounding(total: Decimal, locale: Locale, method: Method | None, rng: random.Random) -> Decimal | None:
    country = countries()[locale.name]
    step = country.bill_step or (country.cash_step if method in ("cash", None) else None)
    if step is None:
        return None
    difference = rounded(nearest(total, step) - total, locale.places)
    if difference == 0 and rng.random() < 0.7:
        return None
    return difference


def draw_method(locale: Locale, rng: random.Random) -> Method | None:
    """How a customer at a till pays there; None where the document does not say."""
    wallets = 12 if locale.terms.get("ewallet") else 0
    return rng.choices(("cash", "card", "ewallet", None), (42, 34, wallets, 12))[0]


def pay(total: Decimal, locale: Locale, method: Method | None, rng: random.Random) -> Payment:
    """The payment of `total`: notes given and change, or a card."""
    if method == "cash" and total > 0:
        given = total if rng.random() < 0.2 else _notes(total, rng)
        if given == total and rng.random() < 0.5:
            return Payment(method)
        given = rounded(given, locale.places)
        return Payment(method, tendered=given, change=given - total)
    if method == "card":
        last4 = f"{rng.randint(0, 9999):04d}" if rng.random() < 0.8 else None
        local = _LOCAL_BRANDS.get(locale.country)
        brand = local if local and rng.random() < 0.35 else rng.choice(_BRANDS)
        return Payment(method, card_last4=last4, card_brand=brand)
    return Payment(method)


def _notes(total: Decimal, rng: random.Random) -> Decimal:
    """A sum that someone would hand over: the total rounded up to a note."""
    power = Decimal(10) ** max(total.adjusted() - rng.choice((0, 0, 1)), -1)
    note = power * rng.choice((1, 2, 5, 10))
    return (total / note).quantize(Decimal(1), ROUND_UP) * note
