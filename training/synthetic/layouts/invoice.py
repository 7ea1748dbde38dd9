"""Invoices on A4: letterhead, facts beside the customer, a table, totals at the right, a footer on every page."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from training.synthetic.layouts.base import Align, Roll, Template, cell, length, pages
from training.synthetic.layouts.foots import digits
from training.synthetic.layouts.heads import INVOICE_NUMBER, HeadStyle, address, fact_style, facts, head, told
from training.synthetic.layouts.items import item_style, items, part
from training.synthetic.layouts.till import ended, roll_of, sign
from training.synthetic.layouts.totals import TotalStyle, payment, percent, tax_table, total_style, totals
from training.synthetic.layouts.wording import wrap
from training.synthetic.purchase import Party, Purchase
from training.synthetic.sheet import Cell, Row, Run, Sheet

A4 = 1.414
FOOT = 6
"""Lines kept free for the footer of a page."""
Block = list[tuple[Run, ...]]


@dataclass(frozen=True)
class InvoiceStyle:
    seller: Literal["left", "right", "centre"]
    customer: Literal["left", "right"]
    """On which side of the facts the customer stands."""
    customer_first: bool = False
    """The customer stands above the seller."""
    lines: Literal["description first", "number first", "quantity first"] = "description first"


def page_roll(purchase: Purchase, draw: random.Random) -> Roll:
    return Roll(purchase, draw, draw.randint(70, 100), draw.choice(("sans", "sans", "serif", "mono")))


def _laid(purchase: Purchase, draw: random.Random, style: InvoiceStyle) -> tuple[Sheet, ...]:
    roll = page_roll(purchase, draw)
    words = roll.words
    title = draw.choice(("above", "beside", "below"))
    if title == "above":
        roll.text(words.term("invoice"), draw.choice(("left", "right", "centre")), 1.8, True)
    if not style.customer_first:
        _letterhead(roll, style)
    roll.gap(1.2)
    if title == "below":
        roll.text(words.term("invoice"), "left", 1.8, True)
        roll.gap()
    beside(roll, customer_block(roll), _facts(roll, title == "beside"), style.customer)
    if style.customer_first:
        roll.gap()
        _letterhead(roll, style)
    roll.gap(1.4)
    _table(roll, style)
    roll.gap(0.5)
    closing(roll)
    return numbered(roll, draw)


def _letterhead(roll: Roll, style: InvoiceStyle) -> None:
    size = roll.draw.choice((1.2, 1.6, 2.0))
    order = roll.draw.choice(
        (("name", "address", "phone", "tax_id", "website"), ("name", "address", "phone"), ("name", "tax_id", "address"))
    )
    head(roll, HeadStyle(style.seller, size, True, order, roll.chance(0.3), "letter"))


def customer_block(roll: Roll) -> Block:
    customer = roll.purchase.customer
    if customer is None:
        return []
    block: Block = []
    if roll.chance(0.8):
        block.append((Run(roll.words.label("bill_to", "customer")),))
    return block + _party_lines(customer, roll)


def _party_lines(party: Party, roll: Roll) -> Block:
    width = roll.columns // 2 - 4
    lines = [*wrap(party.name, width), *(row for line in party.address for row in wrap(line, width))]
    block: Block = [(Run(line),) for line in lines]
    if party.phone and roll.chance(0.3):
        block.append((Run(f"{roll.words.label('phone')} "), Run(party.phone)))
    if party.tax_id and roll.chance(0.5):
        block.append((Run(f"{roll.words.label('tax_id')} "), Run(party.tax_id)))
    return block


def _facts(roll: Roll, titled: bool) -> Block:
    purchase, words = roll.purchase, roll.words
    block: Block = []
    if titled:
        block.append((Run(words.term("invoice")),))
    number = (Run(words.label(*INVOICE_NUMBER) + " "), Run(purchase.number, roll.role("receipt_number")))
    dated = (Run(words.label("date") + " "), Run(words.date(purchase.when), roll.role("date")))
    block += [number, dated] if roll.chance(0.7) else [dated, number]
    if roll.chance(0.5):
        due = told(roll, "due_date") or words.date(purchase.when + timedelta(days=roll.draw.choice((7, 14, 30))))
        block.append((Run(words.label("due_date") + " "), Run(due)))
    if roll.chance(0.3):
        block.append(
            (Run(words.label("order", "customer") + " "), Run(purchase.details.get("order") or digits(roll, 6)))
        )
    if roll.purchase.details.get("cashier") and roll.chance(0.2):
        block.append((Run(words.label("cashier") + " "), Run(purchase.details["cashier"])))
    if purchase.merchant.tax_id and "merchant_tax_id" not in roll.done and roll.chance(0.6):
        tax_id = Run(purchase.merchant.tax_id, roll.role("merchant_tax_id"))
        block.append((Run(words.label("tax_id") + " "), tax_id))
    return block


def beside(roll: Roll, customer: Block, known: Block, side: str) -> None:
    """Two blocks next to each other. Labels of the facts may stand in a column of their own."""
    spread = roll.chance(0.5)
    at = 0.0 if side == "right" else 0.58
    other = 0.58 if side == "right" else 0.0
    for number in range(max(len(customer), len(known))):
        cells: list[Cell] = []
        if number < len(customer):
            cells.append(cell(customer[number], other))
        if number < len(known):
            cells += _fact_cells(known[number], at, spread, roll.columns)
        roll.row(*sorted(cells, key=lambda c: c.x))


def _fact_cells(known: tuple[Run, ...], at: float, spread: bool, columns: int) -> list[Cell]:
    if not spread or len(known) == 1 or length(known[:1]) > columns * 0.2:
        return [cell(known, at)]
    return [cell(known[0].text.rstrip(), at), cell(known[1:], at + 0.21)]


def _table(roll: Roll, style: InvoiceStyle) -> None:
    words, purchase = roll.words, roll.purchase
    taxed = roll.chance(0.3) and purchase.tax_rate is not None
    coded = words.has("code") and roll.chance(0.35)
    first = style.lines
    start = 0.08 if first == "quantity first" else (0.05 if first == "number first" else 0.0)
    start += 0.13 if coded and first != "quantity first" else 0.0
    quantity_x = 0.0 if first == "quantity first" else 0.62
    quantity_align: Align = "left" if first == "quantity first" else "right"
    header = [cell(words.term("description"), start)]
    if first == "number first":
        header.append(cell("#", 0.0))
    if coded and first != "quantity first":
        header.append(cell(words.term("code"), start - 0.13))
    header.append(Cell((Run(words.term("quantity")),), quantity_x, quantity_align))
    header.append(cell(words.term("unit_price"), 0.77, "right"))
    if taxed:
        header.append(cell("%", 0.84, "right"))
    header.append(cell(words.term("amount", "total"), 1.0, "right"))
    roll.row(*sorted(header, key=lambda c: c.x), bold=True, inverse=roll.chance(0.2))
    roll.rule(None)
    room = int(roll.columns * ((0.6 if first == "quantity first" else 0.54) - start))
    for number, item in enumerate(purchase.items):
        cells = [
            Cell((Run(words.number(item.quantity), part(number, "quantity")),), quantity_x, quantity_align),
            cell(Run(words.money(item.unit_price), part(number, "unit_price")), 0.77, "right"),
            cell(Run(words.money(item.amount), part(number, "amount")), 1.0, "right"),
        ]
        if first == "number first":
            cells.append(cell(str(number + 1)))
        if coded and item.code and first != "quantity first":
            cells.append(cell(item.code[: max(4, int(roll.columns * 0.12))], start - 0.13))
        if taxed:
            cells.append(cell(percent(purchase.tax_rate), 0.84, "right"))
        lines = wrap(item.description, room)
        cells.append(cell(Run(lines[0], part(number, "description")), start))
        roll.row(*sorted(cells, key=lambda c: c.x))
        for line in lines[1:3]:
            roll.row(cell(Run(line, part(number, "description")), start))
        if roll.chance(0.15):
            roll.gap(0.3)
    roll.rule(None)


def closing(roll: Roll) -> None:
    """Totals at the right, a table of taxes or not, how to pay."""
    style = TotalStyle(
        subtotal=roll.chance(0.85),
        size=roll.draw.choice((1.0, 1.0, 1.2)),
        bold=True,
        ruled=roll.chance(0.5),
        inset=roll.draw.choice((0.5, 0.55, 0.6)),
    )
    totals(roll, style)
    if roll.chance(0.25):
        tax_table(roll)
    payment(roll, style)
    if roll.chance(0.5):
        roll.gap(1.5)
        terms = roll.words.term("payment_terms")
        roll.text(terms if any(map(str.isdigit, terms)) else f"{terms}: {roll.draw.choice((7, 14, 30))}")
    if roll.chance(0.4):
        roll.text(roll.words.term("thanks"))


def _footer(roll: Roll, page: int, of: int) -> list[Row]:
    words, merchant = roll.words, roll.purchase.merchant
    details = roll.purchase.details
    account = details.get("account") or digits(roll, 10)
    bank = f"{words.label('bank')} {details.get('bank') or digits(roll, 8)}   {words.label('account')} {account}"
    rows = [Row((), 0.6, above=1.0, rule=True)]
    if page == 1 or roll.chance(0.5):
        rows.append(Row((cell(f"{merchant.name}  {merchant.website or ''}".strip(), 0.5, "centre"),), 0.8))
        rows.append(Row((cell(bank, 0.5, "centre"),), 0.8))
    if of > 1 or roll.chance(0.4):
        rows.append(Row((cell(f"{words.term('page')} {page}/{of}", 1.0, "right"),), 0.8))
    return rows


def numbered(roll: Roll, draw: random.Random) -> tuple[Sheet, ...]:
    """The roll on A4 pages with a footer each."""
    margin, spacing = draw.uniform(0.06, 0.1), draw.uniform(1.25, 1.55)
    # Ordinary type is 1 / columns of the width high times the face's em (about 2 columns), times the spacing.
    lines = (A4 - 2 * margin) / ((1 - 2 * margin) / roll.columns * 1.9 * spacing) - 1
    # Long ones may break early, as where a letterhead leaves little room.
    room = lines - FOOT if len(roll.purchase.items) < 7 or roll.chance(0.6) else (lines - FOOT) * 0.55
    found = pages(roll, room, A4, margin, spacing)
    low = roll.chance(0.6)
    return tuple(
        _with_footer(roll, sheet, number, len(found), lines if low else None)
        for number, sheet in enumerate(found, start=1)
    )


def _with_footer(roll: Roll, sheet: Sheet, page: int, of: int, lines: float | None) -> Sheet:
    """The page with its footer below what it holds, or at the bottom of its `lines`."""
    rows: Iterable[Row] = _footer(roll, page, of)
    if lines is not None:
        used = sum(row.size + row.above for row in (*sheet.rows, *rows))
        rule, *others = rows
        rows = (replace(rule, above=rule.above + max(0.0, lines - used)), *others)
    return Sheet((*sheet.rows, *rows), sheet.columns, sheet.face, sheet.aspect, sheet.margin, sheet.spacing)


def customer_left(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    seller: Literal["left", "centre"] = draw.choice(("left", "left", "centre"))
    lines: Literal["description first", "number first"] = draw.choice(("description first", "number first"))
    return _laid(purchase, draw, InvoiceStyle(seller, "left", draw.random() < 0.25, lines))


def customer_right(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    seller: Literal["left", "right"] = draw.choice(("left", "right"))
    return _laid(purchase, draw, InvoiceStyle(seller, "right", draw.random() < 0.2, "quantity first"))


def two_heads(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """Seller and customer side by side, the facts in one row of labels over one row of values."""
    roll = page_roll(purchase, draw)
    words, merchant = roll.words, purchase.merchant
    roll.text(words.term("invoice"), "right", 2.0, True)
    roll.gap()
    width = roll.columns // 2 - 4
    name_role, address_role = roll.role("merchant_name"), roll.role("merchant_address")
    seller: Block = [(Run(line, name_role),) for line in wrap(merchant.name, width)]
    seller += [(Run(row, address_role),) for line in merchant.address for row in wrap(line, width)]
    if merchant.phone:
        seller.append((Run(words.label("phone") + " "), Run(merchant.phone, roll.role("merchant_phone"))))
    if merchant.tax_id:
        seller.append((Run(words.label("tax_id") + " "), Run(merchant.tax_id, roll.role("merchant_tax_id"))))
    customer = customer_block(roll)
    for number in range(max(len(seller), len(customer))):
        pair = [(seller, 0.0), (customer, 0.55)]
        roll.row(*(cell(block[number], x) for block, x in pair if number < len(block)))
    roll.gap(1.5)
    labels = (words.term("date"), words.term(*INVOICE_NUMBER), words.term("due_date"))
    due = told(roll, "due_date") or words.date(purchase.when + timedelta(days=30))
    values = (
        Run(words.date(purchase.when), roll.role("date")),
        Run(purchase.number, roll.role("receipt_number")),
        Run(due),
    )
    roll.row(*(cell(label, x) for label, x in zip(labels, (0.0, 0.33, 0.66), strict=True)), bold=True)
    roll.row(*(cell(value, x) for value, x in zip(values, (0.0, 0.33, 0.66), strict=True)))
    roll.gap()
    _table(roll, InvoiceStyle("left", "right", lines=draw.choice(("description first", "quantity first"))))
    roll.gap()
    closing(roll)
    return numbered(roll, draw)


def roll_invoice(purchase: Purchase, draw: random.Random) -> tuple[Sheet, ...]:
    """An invoice from a till: narrow, with the customer below the seller."""
    roll = roll_of(purchase, draw, 36, 48)
    head(roll, HeadStyle("centre", draw.choice((1.0, 1.3)), True, registration=True, paper="slip"))
    roll.gap()
    roll.text(roll.words.term("invoice"), "centre", 1.3, True)
    facts(roll, fact_style(roll, INVOICE_NUMBER))
    if purchase.customer:
        roll.text(roll.words.label("bill_to", "customer"))
        roll.text(purchase.customer.name)
        address(roll, purchase.customer, "left", mine=False)
    roll.rule(sign(roll))
    items(roll, item_style(roll, "table", "code above", "two lines"))
    roll.rule(sign(roll))
    style = total_style(roll)
    totals(roll, style)
    payment(roll, style)
    tax_table(roll)
    roll.text(roll.words.term("thanks"), "centre")
    return ended(roll)


TEMPLATES = (
    Template("invoice customer left", ("invoice",), customer_left, weight=2.0),
    Template("invoice customer right", ("invoice",), customer_right, weight=2.0),
    Template("invoice two heads", ("invoice",), two_heads, held_out=True),
    Template("invoice from a till", ("invoice",), roll_invoice),
)
