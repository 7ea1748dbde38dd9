"""Invented purchases: what a synthetic document tells of, before it is laid out."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from training.synthetic import kinds, money
from training.synthetic.goods import CATEGORY
from training.synthetic.names import customer, digits, merchant, person
from training.synthetic.purchase import Kind, Locale, Party, Purchase

_FIRST_DAY = datetime(2010, 1, 1)
_DAYS = 18 * 365
_NUMBERS = (
    *("######", "####", "########", "#####", "R######", "A#####", "####-####", "INV-#####", "#/####", "CS#####"),
    *("T##-######", "##########", "###-###-####", "0000#####", "?#######", "OR######", "V######", "##-####"),
)
_INVOICE_NUMBERS = ("INV-####", "####-###", "#####", "R-####-##", "F#######", "{year}-####", "{year}/####", "IV######")
_OPEN = {
    "restaurant": (11, 23),
    "cafe": (7, 18),
    "hotel": (6, 12),
    "taxi": (0, 23),
    "fuel": (5, 23),
    "parking": (6, 23),
}


def purchase(seed: int | str, locale: Locale, kind: Kind) -> Purchase:
    """An invented purchase of this kind in this locale, the same for the same arguments.

    Merchants, customers and addresses are made up (every fourth merchant is a known chain, its branch made up);
    amounts add up as `Purchase` says. `details` holds plain values by concept, as `training.synthetic.kinds` states;
    `details["tip"]`, where present, says that `service_charge` is a tip. Where `items` is empty (most card slips),
    `subtotal` is the amount of the goods.
    """
    rng = random.Random(f"{seed}|{locale.name}|{kind}")
    trade = kinds.sector(kind, rng)
    when = _moment(trade, rng)
    method = _method(kind, locale, rng)
    matter = kinds.matter(kind, trade, locale, when, rng)
    subtotal = sum((line.amount for line in matter.items), Decimal(0))
    bill = money.settle(
        subtotal, locale, trade, method, rng, taxed=kind != "card_slip" or rng.random() < 0.1, tip=_tip_chance(kind)
    )
    payment = money.pay(bill.total, locale, method, rng)
    details = {**matter.details, **({"tip": str(bill.service_charge)} if bill.is_tip else {})}
    return Purchase(
        kind=kind,
        locale=locale,
        merchant=merchant(locale, trade, rng),
        number=_number(kind, when, rng),
        when=when,
        category=CATEGORY[trade],
        items=tuple(line for line in matter.items if line.description),
        subtotal=bill.subtotal,
        total=bill.total,
        tax=bill.tax,
        tax_rate=bill.tax_rate,
        tax_included=bill.tax_included,
        service_charge=bill.service_charge,
        discount=bill.discount,
        rounding=bill.rounding,
        customer=_customer(kind, locale, details, rng),
        payment_method=payment.payment_method,
        tendered=payment.tendered,
        change=payment.change,
        card_last4=payment.card_last4,
        card_brand=payment.card_brand,
        details=details,
    )


def _moment(trade: str, rng: random.Random) -> datetime:
    first, last = _OPEN.get(trade, (8, 21))
    day = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    return day.replace(hour=rng.randint(first, last), minute=rng.randrange(60), second=rng.randrange(60))


def _method(kind: Kind, locale: Locale, rng: random.Random) -> money.Method | None:
    match kind:
        case "card_slip":
            return "card"
        case "invoice":
            return rng.choices(("transfer", "card", None), (35, 10, 55))[0]
        case "folio":
            return rng.choices(("card", "cash", "transfer", None), (65, 12, 3, 20))[0]
    return money.draw_method(locale, rng)


def _tip_chance(kind: Kind) -> float:
    return {"taxi": 0.12, "card_slip": 0.08}.get(kind, 0.0)


def _number(kind: Kind, when: datetime, rng: random.Random) -> str:
    if kind == "invoice" and rng.random() < 0.7:
        return digits(rng.choice(_INVOICE_NUMBERS).replace("{year}", str(when.year)), rng)
    if rng.random() < 0.1:
        return when.strftime("%Y%m%d") + digits("####", rng)
    return digits(rng.choice(_NUMBERS), rng)


def _customer(kind: Kind, locale: Locale, details: dict[str, str], rng: random.Random) -> Party | None:
    if kind == "invoice":
        return customer(locale, rng)
    if kind == "folio" and rng.random() < 0.4:
        return customer(locale, rng)
    if kind == "folio":
        return Party(details.get("guest") or person(locale, rng))
    return customer(locale, rng) if kind == "receipt" and rng.random() < 0.03 else None
