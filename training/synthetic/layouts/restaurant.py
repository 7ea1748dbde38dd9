"""Restaurant bills: table, guests, server; tips suggested or left open."""

from __future__ import annotations

import random
from decimal import Decimal

from training.synthetic.layouts.base import Roll, Template, cell
from training.synthetic.layouts.foots import digits, foot
from training.synthetic.layouts.heads import HeadStyle, date_runs, fact_style, facts, head, labelled, time_runs
from training.synthetic.layouts.items import item_style, items
from training.synthetic.layouts.till import ended, roll_of, sign
from training.synthetic.layouts.totals import payment, tax_table, total_style, totals
from training.synthetic.purchase import Purchase
from training.synthetic.sheet import Run, Sheet


def _seating(roll: Roll) -> list[tuple[str, str]]:
    details = roll.purchase.details
    found = []
    if roll.chance(0.85):
        found.append(("table", details.get("table") or str(roll.draw.randrange(1, 60))))
    if roll.chance(0.5):
        found.append(("guests", details.get("guests") or str(roll.draw.randrange(1, 9))))
    if roll.chance(0.7):
        server = details.get("server") or details.get("cashier") or digits(roll, 3)
        found.append(("server", server))
    return found


def bill(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 28, 42)
    order = draw.choice((("name", "address", "phone"), ("name", "address", "phone", "tax_id"), ("name",)))
    head(roll, HeadStyle("centre", draw.choice((1.0, 1.4, 1.8, 2.2)), roll.chance(0.6), order))
    roll.gap()
    facts(roll, fact_style(roll), tuple(_seating(roll)))
    roll.rule(sign(roll))
    items(roll, item_style(roll, "quantity first", "quantity first", "plain", "two lines", "table"))
    roll.rule(sign(roll))
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    if style.tax_table:
        tax_table(roll)
    _suggestions(roll, 0.3)
    foot(roll)
    return ended(roll)


def check(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """A guest check: facts in a block of two columns, open lines for the tip and the total with it."""
    roll = roll_of(purchase, draw, 28, 40)
    words = roll.words
    head(roll, HeadStyle("centre", draw.choice((1.0, 1.3)), True, ("name", "address", "phone")))
    roll.gap()
    seats = _seating(roll)
    for concept, value in seats[:1]:
        roll.row(cell(labelled(roll, (concept,), value)), cell(time_runs(roll), 1.0, "right"))
    number = labelled(roll, ("receipt_number", "invoice_number"), purchase.number, roll.role("receipt_number"))
    roll.pair(number, date_runs(roll))
    for concept, value in seats[1:]:
        roll.text(labelled(roll, (concept,), value))
    roll.rule(sign(roll))
    items(roll, item_style(roll, "quantity first", "plain"))
    roll.gap()
    style = total_style(roll)
    totals(roll, style)
    roll.gap()
    payment(roll, style)
    if not purchase.service_charge and roll.chance(0.7):
        for concept in ("tip", "total"):
            roll.gap(0.6)
            roll.pair(words.label(concept), "_" * 14)
        if roll.chance(0.6):
            roll.gap(0.6)
            roll.text(f"{words.term('signature')} {'_' * 18}")
    _suggestions(roll, 0.6)
    foot(roll)
    return ended(roll)


def bistro(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """Facts above the name, a table with a header, the total between rules."""
    roll = roll_of(purchase, draw, 34, 46)
    roll.pair(date_runs(roll), time_runs(roll))
    for concept, value in _seating(roll):
        roll.text(labelled(roll, (concept,), value), "centre")
    roll.gap()
    head(roll, HeadStyle("centre", 1.5, True, ("name", "address", "tax_id", "phone")))
    roll.gap()
    number = (Run(roll.words.label("receipt_number", "invoice_number") + " "),)
    roll.text((*number, Run(purchase.number, roll.role("receipt_number"))), "centre", 1.2)
    items(roll, item_style(roll, "table", "table quantity first"))
    roll.rule("=")
    style = total_style(roll)
    totals(roll, style)
    roll.rule("=")
    payment(roll, style)
    tax_table(roll)
    foot(roll)
    return ended(roll)


def _suggestions(roll: Roll, share: float) -> None:
    purchase, words = roll.purchase, roll.words
    if purchase.service_charge or not words.has("tip_suggestions") or not roll.chance(share):
        return
    roll.gap()
    roll.text(words.term("tip_suggestions"), "centre")
    for rate in roll.draw.choice(((15, 18, 20), (18, 20, 22), (10, 15))):
        tip = (purchase.subtotal * rate / 100).quantize(Decimal("0.01"))
        roll.text(f"{rate}% = {words.money(tip)}", "centre")


def _meals(purchase: Purchase) -> bool:
    return purchase.category == "meals"


TEMPLATES = (
    Template("restaurant bill", ("receipt",), bill, weight=5.0, suits=_meals),
    Template("restaurant check", ("receipt",), check, weight=4.0, suits=_meals),
    Template("bistro", ("receipt",), bistro, held_out=True, weight=2.0, suits=_meals),
)
