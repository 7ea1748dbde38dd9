"""From the lines to what was paid: subtotal to total, tax tables, payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from training.synthetic.layouts.base import Roll, cell, length
from training.synthetic.sheet import Cell, Run

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class TotalStyle:
    subtotal: bool = True
    size: float = 1.0
    bold: bool = True
    rule: str | None = None
    ruled: bool = False
    tax_table: bool = False
    """Included tax in a table at the foot rather than in a line."""
    inset: float = 0.0
    """Where labels begin."""
    inverse: bool = False
    glued: bool = False
    """Print "TOTAL:12.00" at the left, as narrow printers do."""


def total_style(roll: Roll) -> TotalStyle:
    draw = roll.draw
    return TotalStyle(
        roll.chance(0.7),
        draw.choices((1.0, 1.25, 1.5, 1.9), (5, 2, 2, 1))[0],
        roll.chance(0.65),
        draw.choice((None, "-", "=", "*", "_")),
        roll.chance(0.6),
        roll.chance(0.35),
        draw.choices((0.0, 0.25, 0.4), (5, 1, 1))[0],
        roll.chance(0.04),
        roll.chance(0.05),
    )


def percent(rate: Decimal | None) -> str:
    """A rate as printed: "19%", "8.25%". Rates below 1 are shares."""
    if rate is None:
        return ""
    value = rate * HUNDRED if rate < 1 else rate
    text = f"{value.normalize():f}"
    return f"{text}%"


Money = Callable[[Roll, str, Decimal], tuple[Run, ...]]


def valued(roll: Roll, role: str, value: Decimal, where: str = "amount") -> tuple[Run, ...]:
    """An amount with its role, the currency's sign outside of it where it stands apart."""
    text = roll.words.money(value, where)
    return money_runs(text, roll.role(role))


def money_runs(text: str, role: str | None) -> tuple[Run, ...]:
    """A printed amount as runs: of "RM 12.00" the sign carries no role, of "1 234,50" both parts do."""
    if role is None or " " not in text:
        return (Run(text, role),)
    head, _, tail = text.partition(" ")
    if not any(sign.isdigit() for sign in head):
        return (Run(f"{head} "), Run(tail, role))
    head, _, tail = text.rpartition(" ")
    if not any(sign.isdigit() for sign in tail):
        return (Run(head, role), Run(f" {tail}"))
    return (Run(text, role),)


def line(roll: Roll, style: TotalStyle, label: str, value: tuple[Run, ...], strong: bool = False) -> None:
    size, bold = (style.size, style.bold) if strong else (1.0, False)
    if style.glued:
        roll.text((Run(label.rstrip(" :") + ":"), *value), size=size, bold=bold)
        return
    room = int(roll.columns / size)
    if length(label) + length(value) + 1 > room * (1 - style.inset):
        roll.pair(label, value, size=size, bold=bold)
        return
    cells: tuple[Cell, ...] = (cell(label, style.inset), cell(value, 1.0, "right"))
    roll.row(*cells, size=size, bold=bold, inverse=strong and style.inverse)


def totals(roll: Roll, style: TotalStyle) -> None:
    purchase, words = roll.purchase, roll.words
    if style.subtotal:
        line(roll, style, words.label("subtotal"), valued(roll, "subtotal", purchase.subtotal))
    if purchase.discount:
        shown = purchase.discount if roll.chance(0.4) else -purchase.discount
        line(roll, style, words.label("discount"), valued(roll, "discount", shown))
    if purchase.service_charge:
        rate = purchase.service_charge / purchase.subtotal if purchase.subtotal else Decimal(0)
        tip = "tip" in purchase.details
        label = words.term("tip", "service_charge") if tip else words.term("service_charge")
        if not tip and roll.chance(0.5) and rate:
            label = f"{label} {percent(round(rate, 2))}"
        line(roll, style, label + words.colon, valued(roll, "service_charge", purchase.service_charge))
    added = purchase.tax is not None and not purchase.tax_included
    if added:
        tax_line(roll, style)
    if purchase.rounding is not None:
        line(roll, style, words.label("rounding"), valued(roll, "rounding", purchase.rounding))
    if style.ruled:
        roll.rule(style.rule)
    line(roll, style, words.label("total"), valued(roll, "total", purchase.total, "total"), strong=True)
    if style.ruled and roll.chance(0.5):
        roll.rule(style.rule)
    if purchase.tax is not None and not added and not style.tax_table and roll.chance(0.75):
        tax_line(roll, style)


def tax_line(roll: Roll, style: TotalStyle) -> None:
    purchase, words = roll.purchase, roll.words
    if purchase.tax is None:
        return
    included = purchase.tax_included and roll.chance(0.7)
    label = words.term("tax_included", "tax") if included else words.term("tax")
    if purchase.tax_rate is not None and roll.chance(0.6) and "%" not in label:
        label = f"{label} {percent(purchase.tax_rate)}"
    line(roll, style, label + words.colon, valued(roll, "tax", purchase.tax))


def tax_table(roll: Roll) -> None:
    """Rate, net, tax and gross of each rate; where the tax stands nowhere else, it carries its role here."""
    purchase, words = roll.purchase, roll.words
    if purchase.tax is None:
        return
    roll.gap()
    if roll.chance(0.4):
        roll.text(words.term("tax_summary", "tax"))
    names = (words.term("rate", "tax"), words.term("net", "subtotal"), words.term("tax"), words.term("gross", "total"))
    if sum(map(length, names)) + 3 <= roll.columns * 0.95:
        roll.row(*(cell(name, x, "right" if x > 0 else "left") for name, x in zip(names, _FOUR, strict=True)))
    net = purchase.total - (purchase.rounding or 0) - purchase.tax
    gross = purchase.total - (purchase.rounding or 0)
    rate = percent(purchase.tax_rate) or "A"
    if roll.chance(0.3):
        rate = f"A={rate}" if purchase.tax_rate is not None else rate
    money = words.money
    roll.row(
        cell(rate),
        cell(money(net), _FOUR[1], "right"),
        cell(valued(roll, "tax", purchase.tax), _FOUR[2], "right"),
        cell(money(gross), _FOUR[3], "right"),
    )


_FOUR = (0.0, 0.46, 0.7, 1.0)


def masked(roll: Roll, last4: str) -> tuple[Run, ...]:
    """A card's number with all but its end hidden; the word that ends in the digits carries the role."""
    role = roll.role("card_last4")
    form = roll.draw.randrange(6)
    if form == 0:
        return (Run("**** **** **** "), Run(last4, role))
    if form == 1:
        return (Run("XXXX XXXX XXXX "), Run(last4, role))
    hidden = ("*" * 12, "X" * 12, "x" * 12, "#" * 12, "*" * 4, "XXXXXXXXXXX")[roll.draw.randrange(6)]
    return (Run(hidden + last4, role),)


def payment(roll: Roll, style: TotalStyle) -> None:
    purchase, words = roll.purchase, roll.words
    method = purchase.payment_method
    if method is None:
        return
    if method == "cash":
        if purchase.tendered is not None:
            line(roll, style, words.label("cash"), money_runs(words.money(purchase.tendered), None))
            line(roll, style, words.label("change"), money_runs(words.money(purchase.change or Decimal(0)), None))
        else:
            line(roll, style, words.label("cash"), money_runs(words.money(purchase.total), None))
        return
    if method != "card":
        line(roll, style, words.label(method), money_runs(words.money(purchase.total), None))
        return
    brand = purchase.card_brand or words.term("card")
    line(roll, style, brand.upper() if roll.chance(0.5) else brand, money_runs(words.money(purchase.total), None))
    if purchase.card_last4 and roll.chance(0.75):
        number = masked(roll, purchase.card_last4)
        label = Run(words.label("card") + " ")
        if length((label, *number)) <= roll.columns and roll.chance(0.6):
            roll.text((label, *number))
        else:
            roll.text(number)
    if roll.chance(0.4):
        roll.text(f"{words.label('approval')} {roll.draw.randrange(10**5, 10**6)}")
    if roll.chance(0.3):
        line(roll, style, words.label("change"), (Run(words.money(Decimal(0))),))
