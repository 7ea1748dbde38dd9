"""Tax invoices of Malaysian shops: registration in brackets, GST, totals "inclusive of GST", rounding, GST summary."""

from __future__ import annotations

import random
from decimal import Decimal

from training.synthetic.layouts.base import Roll, Template, cell
from training.synthetic.layouts.foots import digits, foot
from training.synthetic.layouts.heads import INVOICE_NUMBER, HeadStyle, fact_style, facts, head
from training.synthetic.layouts.items import item_style, items
from training.synthetic.layouts.till import ended, roll_of, sign
from training.synthetic.layouts.totals import TotalStyle, line, money_runs, payment, valued
from training.synthetic.purchase import Purchase
from training.synthetic.sheet import Sheet

_TOTALS = (
    "Total Sales (Inclusive of GST)",
    "Total Inclusive of GST",
    "Total Amount Payable",
    "Net Total",
    "Total (RM)",
    "TOTAL",
    "Grand Total",
)


def tax_invoice(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw, 36, 50)
    words = roll.words
    side = draw.choice(("centre", "centre", "left"))
    order = draw.choice((("name", "address", "phone", "tax_id"), ("name", "address", "tax_id", "phone")))
    head(
        roll,
        HeadStyle("left" if side == "left" else "centre", draw.choice((1.0, 1.2, 1.5)), True, order, roll.chance(0.8)),
    )
    roll.gap(0.5)
    if roll.chance(0.75):
        title = draw.choice(("TAX INVOICE", "Tax Invoice", "SIMPLIFIED TAX INVOICE", "INVOICE", "CASH BILL"))
        roll.text(title, "centre", draw.choice((1.0, 1.2, 1.5)), True)
    extra = []
    if roll.chance(0.4):
        extra.append(("cashier", purchase.details.get("cashier") or digits(roll, 3)))
    if purchase.customer and roll.chance(0.3):
        extra.append(("customer", purchase.customer.name))
    facts(roll, fact_style(roll, INVOICE_NUMBER), tuple(extra))
    roll.rule(sign(roll))
    items(roll, item_style(roll, "code above", "code above", "two lines", "table", "table quantity first"))
    roll.rule(sign(roll))
    _closing(roll, words.money(Decimal(0)))
    return ended(roll)


def _closing(roll: Roll, zero: str) -> None:
    purchase, words, draw = roll.purchase, roll.words, roll.draw
    style = TotalStyle(inset=draw.choice((0.0, 0.2)), size=draw.choice((1.0, 1.0, 1.2)), bold=roll.chance(0.6))
    if roll.chance(0.5):
        pieces = sum((item.quantity for item in purchase.items), Decimal(0))
        roll.pair("Total Qty:", words.number(pieces))
    if roll.chance(0.6):
        label = draw.choice(("Sub Total", "Subtotal", "Total Excluding GST", "SUB-TOTAL"))
        line(roll, style, label + words.colon, valued(roll, "subtotal", purchase.subtotal))
    if purchase.discount:
        line(roll, style, words.label("discount"), valued(roll, "discount", purchase.discount))
    if purchase.service_charge:
        line(roll, style, words.label("service_charge"), valued(roll, "service_charge", purchase.service_charge))
    if purchase.tax is not None and (not purchase.tax_included or roll.chance(0.5)):
        label = draw.choice(("GST", "Total GST", "GST Amount", "Tax", "GST @6%"))
        line(roll, style, label + words.colon, valued(roll, "tax", purchase.tax))
    if purchase.rounding is not None:
        label = draw.choice(("Rounding Adj", "Rounding", "Rounding Adjustment", "Rounding Adj."))
        line(roll, style, label + words.colon, valued(roll, "rounding", purchase.rounding))
    elif roll.chance(0.2):
        line(roll, style, "Rounding", (money_runs(zero, None)))
    label = draw.choice(_TOTALS)
    line(roll, style, label + words.colon, valued(roll, "total", purchase.total, "total"), strong=True)
    payment(roll, style)
    if purchase.tax is not None:
        _gst_summary(roll)
    foot(roll)


def _gst_summary(roll: Roll) -> None:
    purchase, words = roll.purchase, roll.words
    if purchase.tax is None or roll.chance(0.2):
        return
    roll.gap()
    names = ("GST Summary", "Amount(RM)", "Tax(RM)")
    places = ((0.0, "left"), (0.7, "right"), (1.0, "right"))
    roll.row(
        *(cell(name, x, "left" if side == "left" else "right") for name, (x, side) in zip(names, places, strict=True))
    )
    net = purchase.total - (purchase.rounding or 0) - purchase.tax
    code = roll.draw.choice(("SR @ 6%", "S = 6%", "SR (6%)", "SR"))
    tax = valued(roll, "tax", purchase.tax)
    roll.row(cell(code), cell(words.money(net), 0.7, "right"), cell(tax, 1.0, "right"))
    if roll.chance(0.4):
        zero = words.money(Decimal(0))
        roll.row(cell("ZR @ 0%"), cell(zero, 0.7, "right"), cell(zero, 1.0, "right"))


def _malaysian(purchase: Purchase) -> bool:
    return purchase.locale.country == "MY"


TEMPLATES = (Template("tax invoice", ("receipt", "invoice"), tax_invoice, weight=8.0, suits=_malaysian),)
