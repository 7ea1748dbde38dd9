"""Small papers: card slips, taxi and fuel receipts, parking tickets."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from training.synthetic.layouts.base import Align, Roll, Template, cell
from training.synthetic.layouts.foots import digits, foot
from training.synthetic.layouts.heads import HeadStyle, date_runs, fact_style, facts, head, labelled, time_runs, told
from training.synthetic.layouts.items import ItemStyle, item_style, items
from training.synthetic.layouts.till import ended, roll_of, sign
from training.synthetic.layouts.totals import masked, payment, tax_table, total_style, totals, valued
from training.synthetic.purchase import Purchase
from training.synthetic.sheet import Run, Sheet


def card_slip(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 24, 36)
    words = roll.words
    order = draw.choice((("name", "address", "phone"), ("name", "address"), ("name",)))
    side: Align = draw.choice(("centre", "left"))
    head(roll, HeadStyle(side, draw.choice((1.0, 1.3)), roll.chance(0.4), order, paper="slip"))
    roll.gap()
    _terminal(roll)
    if roll.chance(0.5):
        roll.pair((*date_runs(roll),), time_runs(roll))
    else:
        facts(roll, fact_style(roll))
    roll.gap(0.5)
    title = "sale" if words.has("sale") else "receipt"
    roll.text(words.term(title), draw.choice(("left", "centre")), draw.choice((1.0, 1.5)), True)
    brand = purchase.card_brand or "VISA"
    if purchase.card_last4:
        number = masked(roll, purchase.card_last4)
        if roll.chance(0.5):
            roll.pair(brand, number)
        else:
            roll.text((Run(words.label("card") + " "), *number))
            roll.text(brand)
    if roll.chance(0.4):
        roll.text(f"AID: A0000000{digits(roll, 6)}")
    if "receipt_number" not in roll.done and roll.chance(0.7):
        roll.text(labelled(roll, ("receipt_number", "invoice_number"), purchase.number, roll.role("receipt_number")))
    if roll.chance(0.8):
        roll.text(f"{words.label('approval')} {purchase.details.get('approval') or digits(roll, 6)}")
    roll.gap()
    _slip_amounts(roll)
    roll.gap()
    if words.has("approved") and roll.chance(0.7):
        roll.text(words.term("approved"), "centre")
    if roll.chance(0.5):
        roll.text(f"{words.term('signature')} {'_' * 16}")
    roll.text(words.term(draw.choice(("merchant_copy", "customer_copy"))), "centre")
    if roll.chance(0.5):
        roll.text(words.term("thanks"), "centre")
    return ended(roll)


def _terminal(roll: Roll) -> None:
    for concept, size, share in (("merchant_id", 12, 0.6), ("terminal", 8, 0.7), ("batch", 6, 0.4)):
        if roll.words.has(concept) and roll.chance(share):
            roll.text(labelled(roll, (concept,), digits(roll, size)))


def _slip_amounts(roll: Roll) -> None:
    purchase, words = roll.purchase, roll.words
    tip = purchase.service_charge
    if tip:
        before = purchase.total - tip
        roll.pair(words.label("amount", "total"), words.money(before))
        roll.pair(words.label("tip", "service_charge"), valued(roll, "service_charge", tip))
    elif roll.chance(0.25):
        roll.pair(words.label("amount", "total"), valued(roll, "total", purchase.total, "total"))
        for concept in ("tip", "total"):
            roll.gap(0.5)
            roll.pair(words.label(concept), "_" * 12)
        return
    size = roll.draw.choice((1.0, 1.3, 1.6))
    roll.pair(words.label("total"), valued(roll, "total", purchase.total, "total"), size=size, bold=roll.chance(0.6))


def taxi(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 22, 34)
    words, details = roll.words, purchase.details
    if roll.chance(0.6):
        roll.text(words.term("taxi", "receipt"), "centre", draw.choice((1.0, 1.5)), True)
    order = draw.choice((("name", "phone"), ("name", "address", "phone", "tax_id"), ("name",)))
    head(roll, HeadStyle("centre", 1.0, roll.chance(0.5), order))
    roll.gap()
    facts(roll, fact_style(roll))
    for concept, value in (
        ("vehicle", details.get("vehicle")),
        ("driver", details.get("driver")),
        ("start", words.time(purchase.when - timedelta(minutes=draw.randrange(5, 50)))),
        ("end", words.time(purchase.when)),
        ("distance", told(roll, "distance")),
    ):
        if value and words.has(concept) and roll.chance(0.7):
            roll.pair(words.label(concept), value)
    roll.rule(sign(roll))
    items(roll, item_style(roll, "plain"))
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    foot(roll)
    return ended(roll)


def fuel(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 28, 42)
    words, details = roll.words, purchase.details
    head(roll, HeadStyle(draw.choice(("centre", "left")), draw.choice((1.0, 1.5, 2.0)), roll.chance(0.6)))
    roll.gap()
    facts(roll, fact_style(roll))
    roll.gap(0.4)
    pump = details.get("pump") or str(draw.randrange(1, 13))
    if roll.chance(0.5):
        roll.pair(words.label("pump"), pump)
        items(roll, item_style(roll, "two lines", "table", "quantity above"))
    else:
        _fuel_block(roll, pump)
    roll.rule(sign(roll))
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    if style.tax_table:
        tax_table(roll)
    foot(roll)
    return ended(roll)


def _fuel_block(roll: Roll, pump: str) -> None:
    """Pump, product, volume and price as facts, one a row; what else was bought as lines."""
    purchase, words = roll.purchase, roll.words
    item = purchase.items[0]
    roll.pair(words.label("pump"), pump)
    roll.pair(words.label("description"), Run(words.named(item.description), "item.0.description"))
    volume = (Run(words.number(item.quantity), "item.0.quantity"), Run(f" {item.unit or 'L'}"))
    roll.pair(words.label("litres", "quantity"), volume)
    roll.pair(words.label("price_per_litre", "unit_price"), Run(words.money(item.unit_price), "item.0.unit_price"))
    roll.pair(words.label("amount", "total"), Run(words.money(item.amount), "item.0.amount"))
    style = item_style(roll, "plain")
    for number, other in enumerate(purchase.items[1:], start=1):
        roll.row(
            cell(Run(words.named(other.description)[: roll.columns - 12], f"item.{number}.description")),
            cell((Run(words.money(other.amount), f"item.{number}.amount"), *_letter(style)), 1.0, "right"),
        )


def _letter(style: ItemStyle) -> tuple[Run, ...]:
    return (Run(" "), Run(style.letters[0])) if style.letters and style.letters[0] else ()


def parking(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 20, 32)
    words, details = roll.words, purchase.details
    when = purchase.when
    roll.text(words.term("parking", "receipt"), "centre", draw.choice((1.0, 1.4, 1.8)), True)
    order = draw.choice((("name", "address"), ("name", "address", "phone", "tax_id"), ("name",)))
    head(roll, HeadStyle(draw.choice(("centre", "left")), 1.0, roll.chance(0.4), order))
    roll.gap()
    entered = told(roll, "entry") or words.date(when - timedelta(minutes=draw.randrange(20, 600)))
    if roll.chance(0.6):
        # Both ends of the stay are printed; the day and hour of payment is that of leaving.
        roll.pair(words.label("entry"), entered)
        roll.pair(words.label("exit"), (*date_runs(roll), Run(" "), *time_runs(roll)))
        if details.get("duration") and roll.chance(0.6):
            roll.pair(words.label("duration"), details["duration"])
    if "date" not in roll.done or roll.chance(0.3):
        facts(roll, fact_style(roll))
    elif roll.chance(0.7):
        roll.text(labelled(roll, ("receipt_number",), purchase.number, roll.role("receipt_number")))
    for concept in ("plate", "zone"):
        if details.get(concept) and roll.chance(0.6):
            roll.pair(words.label(concept), details[concept])
    if roll.chance(0.4):
        items(roll, item_style(roll, "plain"))
    roll.gap(0.4)
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    if words.has("paid") and purchase.change == Decimal(0) and roll.chance(0.3):
        roll.text(words.term("paid"), "centre")
    foot(roll)
    return ended(roll)


TEMPLATES = (
    Template("card slip", ("card_slip",), card_slip),
    Template("taxi slip", ("taxi",), taxi),
    Template("fuel slip", ("fuel",), fuel),
    Template("parking ticket", ("parking",), parking),
)
