"""Hotel folios: charges by day, with a running balance or charges and credits in columns."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from training.synthetic.layouts.base import Align, Roll, Template, cell
from training.synthetic.layouts.foots import digits
from training.synthetic.layouts.heads import INVOICE_NUMBER, HeadStyle, head, told
from training.synthetic.layouts.invoice import beside, customer_block, numbered, page_roll
from training.synthetic.layouts.items import part
from training.synthetic.layouts.totals import TotalStyle, payment, tax_table, totals
from training.synthetic.layouts.wording import wrap
from training.synthetic.purchase import Purchase
from training.synthetic.sheet import Run, Sheet


def folio(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = page_roll(purchase, draw)
    words = roll.words
    seller: Align = draw.choice(SIDES)
    order = draw.choice((("name", "address", "phone"), ("name", "address", "phone", "tax_id", "website")))
    head(roll, HeadStyle(seller, draw.choice((1.4, 1.8, 2.2)), True, order, paper="letter"))
    roll.gap(1.2)
    if roll.chance(0.7):
        roll.text(words.term(draw.choice(("invoice", "receipt"))), draw.choice(("left", "centre")), 1.4, True)
        roll.gap(0.5)
    beside(roll, customer_block(roll), _stay(roll), draw.choice(("left", "right")))
    roll.gap(1.2)
    _charges(roll)
    roll.gap(0.6)
    style = TotalStyle(roll.chance(0.4), draw.choice((1.0, 1.2)), True, None, roll.chance(0.5), inset=0.5)
    totals(roll, style)
    payment(roll, style)
    if words.has("balance") and roll.chance(0.35):
        roll.pair(words.label("balance"), words.money(Decimal(0)))
    if roll.chance(0.4):
        tax_table(roll)
    if roll.chance(0.4):
        roll.gap()
        roll.text(words.term("thanks"), "centre")
    return numbered(roll, draw)


def _stay(roll: Roll) -> list[tuple[Run, ...]]:
    purchase, words = roll.purchase, roll.words
    found: list[tuple[Run, ...]] = [
        (Run(words.label(*INVOICE_NUMBER) + " "), Run(purchase.number, roll.role("receipt_number")))
    ]
    found.append((Run(words.label("date") + " "), Run(words.date(purchase.when), roll.role("date"))))
    if roll.chance(0.3):
        found.append((Run(words.label("time") + " "), Run(words.time(purchase.when), roll.role("time"))))
    for concept in ("folio", "guest", "room", "arrival", "departure", "nights", "guests"):
        value = told(roll, concept)
        if value is None and concept == "room":
            value = digits(roll, 3)
        if value and roll.chance(0.8):
            found.append((Run(words.label(concept) + " "), Run(value)))
    return found


def _charges(roll: Roll) -> None:
    purchase, words, draw = roll.purchase, roll.words, roll.draw
    balance = roll.chance(0.4)
    amount_x = 0.82 if balance else 1.0
    header = [
        cell(words.term("date")),
        cell(words.term("description"), 0.16),
        cell(words.term("amount"), amount_x, "right"),
    ]
    if balance:
        header.append(cell(words.term("balance", "total"), 1.0, "right"))
    roll.row(*header, bold=True, inverse=roll.chance(0.15))
    roll.rule(None)
    quantities = roll.chance(0.4)
    running = Decimal(0)
    nights = int(purchase.details.get("nights", "2"))
    for number, item in enumerate(purchase.items):
        day = purchase.when - timedelta(days=max(0, nights - number * nights // len(purchase.items)))
        running += item.amount
        lines = wrap(item.description, int(roll.columns * (0.3 if quantities or balance else 0.55)))
        cells = [
            cell(words.date(day)),
            cell(Run(lines[0], part(number, "description")), 0.16),
            cell(Run(words.money(item.amount), part(number, "amount")), amount_x, "right"),
        ]
        if quantities:
            cells.insert(2, cell(Run(words.number(item.quantity), part(number, "quantity")), 0.5))
            cells.insert(3, cell(Run(words.money(item.unit_price), part(number, "unit_price")), 0.68, "right"))
        if balance:
            cells.append(cell(words.money(running), 1.0, "right"))
        roll.row(*cells)
        for line in lines[1:3]:
            roll.row(cell(Run(line, part(number, "description")), 0.16))
        if draw.random() < 0.1:
            roll.gap(0.3)
    roll.rule(None)


SIDES: tuple[Align, ...] = ("centre", "left", "right")
TEMPLATES = (Template("hotel folio", ("folio",), folio),)
