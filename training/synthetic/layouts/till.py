"""Till receipts: shops, supermarkets, kiosks; and the same rolls of other trades."""

from __future__ import annotations

import random

from training.synthetic.layouts.base import Roll, Template, cell
from training.synthetic.layouts.foots import digits, foot
from training.synthetic.layouts.heads import HeadStyle, fact_style, facts, head, labelled
from training.synthetic.layouts.items import item_style, items
from training.synthetic.layouts.totals import payment, tax_table, total_style, totals
from training.synthetic.purchase import Purchase
from training.synthetic.sheet import Run, Sheet

FACES = ("mono", "mono", "mono", "dot", "sans")


def roll_of(purchase: Purchase, draw: random.Random, least: int = 30, most: int = 48) -> Roll:
    return Roll(purchase, draw, draw.randint(least, most), draw.choice(FACES))


def ended(roll: Roll) -> tuple[Sheet, ...]:
    return (roll.sheet(roll.draw.uniform(0.01, 0.09), roll.draw.uniform(1.1, 1.5)),)


def sign(roll: Roll) -> str | None:
    return roll.draw.choice((None, "-", "-", "=", "*", "_", "."))


def _extras(roll: Roll) -> tuple[tuple[str, str], ...]:
    found = []
    if roll.chance(0.35):
        found.append(("cashier", roll.purchase.details.get("cashier") or digits(roll, 3)))
    if roll.chance(0.2):
        found.append(("till", str(roll.draw.randrange(1, 12))))
    if roll.words.has("store") and roll.chance(0.1):
        found.append(("store", digits(roll, 4)))
    customer = roll.purchase.customer
    if customer and roll.chance(0.4):
        found.append(("customer", customer.name))
    return tuple(found)


def _title(roll: Roll, share: float) -> None:
    if roll.chance(share):
        roll.text(roll.words.term("receipt"), "centre", roll.draw.choice((1.0, 1.0, 1.4)), roll.chance(0.5))


def _ending(roll: Roll, style_share: float = 0.35) -> None:
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    if style.tax_table or roll.chance(style_share / 3):
        tax_table(roll)
    foot(roll)


def centred(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw)
    sizes = draw.choices((1.0, 1.3, 1.6, 2.0), (4, 3, 2, 1))[0]
    order: tuple[str, ...] = ("name", "address", "phone", "tax_id")
    if roll.chance(0.4):
        order = ("name", "tax_id", "address", "phone")
    if roll.chance(0.25):
        order = (*order, "website")
    head(roll, HeadStyle("centre", sizes, roll.chance(0.6), order, roll.chance(0.4)))
    roll.gap()
    _title(roll, 0.3)
    late = roll.chance(0.2)
    style = fact_style(roll)
    if not late:
        facts(roll, style, _extras(roll))
        roll.rule(sign(roll))
    items(roll, item_style(roll))
    roll.rule(sign(roll))
    _ending(roll)
    if late:
        roll.gap()
        facts(roll, style, _extras(roll))
    return ended(roll)


def left(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    roll = roll_of(purchase, draw)
    head(roll, HeadStyle("left", draw.choice((1.0, 1.2, 1.5)), roll.chance(0.6), registration=roll.chance(0.3)))
    roll.rule(sign(roll))
    _title(roll, 0.2)
    facts(roll, fact_style(roll), _extras(roll))
    roll.gap()
    items(roll, item_style(roll, "table", "table quantity first", "quantity first", "code above"))
    roll.gap(0.4)
    _ending(roll)
    return ended(roll)


def logo(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """A large name, short of words otherwise; facts at the foot."""
    roll = roll_of(purchase, draw, 26, 40)
    head(roll, HeadStyle("centre", draw.uniform(1.8, 2.6), True, ("name", "address", "phone")))
    roll.gap(1.0)
    items(roll, item_style(roll, "plain", "quantity first", "two lines"))
    roll.gap(0.5)
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    roll.gap()
    facts(roll, fact_style(roll), _extras(roll))
    if purchase.merchant.tax_id and roll.chance(0.6):
        roll.text(labelled(roll, ("tax_id",), purchase.merchant.tax_id, roll.role("merchant_tax_id")), "centre")
    if style.tax_table:
        tax_table(roll)
    foot(roll)
    return ended(roll)


def european(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """Quantity above the description, the currency above the amounts, taxes in a table at the foot."""
    roll = roll_of(purchase, draw, 32, 44)
    order = draw.choice((("name", "address", "tax_id"), ("name", "address", "phone", "tax_id"), ("name", "address")))
    head(roll, HeadStyle("centre", draw.choice((1.0, 1.4, 1.8)), roll.chance(0.5), order))
    roll.gap()
    if roll.chance(0.5):
        facts(roll, fact_style(roll), _extras(roll))
        roll.gap(0.4)
    if roll.chance(0.6):
        roll.row(cell(purchase.locale.currency, 1.0, "right"))
    items(roll, item_style(roll, "quantity above", "two lines", "plain"))
    roll.rule(sign(roll))
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    tax_table(roll)
    if "date" not in roll.done:
        roll.gap(0.6)
        facts(roll, fact_style(roll), _extras(roll))
    foot(roll)
    return ended(roll)


def address_first(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """A greeting and the address above the name; the total repeated above the lines."""
    roll = roll_of(purchase, draw, 34, 46)
    if roll.chance(0.5):
        roll.text(roll.words.term("thanks"), "centre")
    side = draw.choice(("centre", "left"))
    head(roll, HeadStyle("centre" if side == "centre" else "left", 1.3, True, ("address", "name", "tax_id", "phone")))
    roll.rule(sign(roll))
    facts(roll, fact_style(roll), _extras(roll))
    roll.rule(sign(roll))
    items(roll, item_style(roll, "two lines", "plain", "table"))
    roll.gap()
    _ending(roll, 0.5)
    return ended(roll)


def supermarket(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """A large supermarket of the United States: store and register numbers, UPC codes, tax letters, tender lines."""
    roll = Roll(purchase, draw, draw.randint(38, 46), draw.choice(("mono", "dot")))
    words = roll.words
    order = draw.choice((("name",), ("name", "phone")))
    head(roll, HeadStyle("centre", draw.choice((1.0, 1.8, 2.4)), True, order, paper="slip"))
    if roll.chance(0.4):
        roll.text(f"MGR. {purchase.details.get('cashier', 'STORE MANAGER').upper()}", "centre")
    if "merchant_phone" not in roll.done and purchase.merchant.phone:
        roll.text(Run(purchase.merchant.phone, roll.role("merchant_phone")), "centre")
    for row in purchase.merchant.address:
        roll.text(Run(row.upper(), "merchant_address"), "centre")
    store, register = digits(roll, 4), digits(roll, 2)
    trans = Run(purchase.number, roll.role("receipt_number"))
    roll.text((Run(f"ST# {store} "), Run(f"OP# {digits(roll, 6)} "), Run(f"TE# {register} "), Run("TR# "), trans))
    for number, item in enumerate(purchase.items):
        _upc_line(roll, number, item.description.upper()[:18], item.code)
    _us_totals(roll)
    roll.gap()
    pieces = sum(int(item.quantity) if item.quantity >= 1 else 1 for item in purchase.items)
    roll.text(f"# ITEMS SOLD {pieces}", "centre", draw.choice((1.0, 1.5)))
    roll.text(" ".join(digits(roll, 4) for _ in range(5)), "centre")
    if roll.chance(0.5):
        roll.text("Low prices you can trust. Every day.", "centre")
    when = (Run(words.date(purchase.when), roll.role("date")), Run("    "))
    roll.text((*when, Run(words.time(purchase.when), roll.role("time"))), "centre")
    if roll.chance(0.4):
        roll.text("***CUSTOMER COPY***", "centre")
    return ended(roll)


def _upc_line(roll: Roll, number: int, description: str, code: str | None) -> None:
    item = roll.purchase.items[number]
    letter = "NTXOFR"[number * 7 % 6]
    if item.quantity != 1:
        unit = roll.words.money(item.unit_price)
        quantity = roll.words.number(item.quantity)
        roll.row(
            cell(Run(description, f"item.{number}.description")),
            cell(code or digits(roll, 12), 0.5),
        )
        how = (Run(quantity, f"item.{number}.quantity"), Run(" AT 1 FOR "), Run(unit, f"item.{number}.unit_price"))
        amount = (Run(roll.words.money(item.amount), f"item.{number}.amount"), Run(f" {letter}"))
        roll.row(cell(how, 0.08), cell(amount, 1.0, "right"))
        return
    roll.row(
        cell(Run(description, f"item.{number}.description")),
        cell(code or digits(roll, 12), 0.47),
        cell((Run(roll.words.money(item.amount), f"item.{number}.amount"), Run(f" {letter}")), 1.0, "right"),
    )


def _us_totals(roll: Roll) -> None:
    purchase, words = roll.purchase, roll.words
    lines: list[tuple[str, Run]] = [("SUBTOTAL", Run(words.money(purchase.subtotal), roll.role("subtotal")))]
    if purchase.discount:
        lines.append(("DISCOUNT", Run(words.money(-purchase.discount), roll.role("discount"))))
    if purchase.service_charge:
        lines.append(("SERVICE", Run(words.money(purchase.service_charge), roll.role("service_charge"))))
    if purchase.tax is not None:
        rate = purchase.tax_rate or 0
        shown = f"TAX 1 {float(rate * 100 if rate < 1 else rate):.3f} %"
        lines.append((shown, Run(words.money(purchase.tax), roll.role("tax"))))
    if purchase.rounding is not None:
        lines.append(("ROUNDING", Run(words.money(purchase.rounding), roll.role("rounding"))))
    lines.append(("TOTAL", Run(words.money(purchase.total), roll.role("total"))))
    if purchase.payment_method == "card":
        lines.append((f"{(purchase.card_brand or 'CARD').upper()} TEND", Run(words.money(purchase.total))))
    elif purchase.payment_method == "cash":
        lines.append(("CASH TEND", Run(words.money(purchase.tendered or purchase.total))))
    elif purchase.payment_method:
        lines.append((words.term(purchase.payment_method).upper(), Run(words.money(purchase.total))))
    if purchase.payment_method in ("card", "cash"):
        lines.append(("CHANGE DUE", Run(words.money(purchase.change or purchase.total * 0))))
    for label, value in lines:
        roll.row(cell(label, 0.62, "right"), cell(value, 0.94, "right"))
    if purchase.payment_method == "card" and purchase.card_last4:
        roll.text((Run("ACCOUNT # "), Run("**** **** **** "), Run(purchase.card_last4, roll.role("card_last4"))))
        roll.text(f"APPROVAL # {digits(roll, 6)}")
        roll.text(f"REF # {digits(roll, 12)}")


def _american(purchase: Purchase) -> bool:
    return purchase.locale.country == "US" and purchase.category != "meals"


TEMPLATES = (
    Template("till centred", ("receipt",), centred, weight=3.0),
    Template("till left", ("receipt",), left, weight=2.0),
    Template("till logo", ("receipt",), logo),
    Template("till european", ("receipt",), european, weight=1.5),
    Template("till address first", ("receipt",), address_first, held_out=True),
    Template("supermarket", ("receipt",), supermarket, weight=6.0, suits=_american),
)
