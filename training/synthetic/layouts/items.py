"""The lines of a purchase in the ways in which tills print them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from training.synthetic.layouts.base import Roll, cell, length
from training.synthetic.layouts.wording import columns_of, wrap
from training.synthetic.purchase import Item
from training.synthetic.sheet import Cell, Run


@dataclass(frozen=True)
class ItemStyle:
    form: str
    letters: tuple[str, ...] = ()
    """Letters of tax classes behind the amounts."""
    glued_letter: bool = False
    leaders: bool = False
    codes: bool = False
    unit_price: bool = True
    header: bool = False
    ones: bool = True
    """Print the quantity of single pieces too."""
    times: str = "x"
    cut: bool = False
    """Cut long descriptions off instead of going on in the next row."""


LETTERS: tuple[tuple[str, ...], ...] = (("T", "F"), ("A", "B"), ("*", ""), ("T",), ("S", "Z"), ("1", "2"), ("SR", "ZR"))


LEAST_ROOM = 9
"""Columns that a description needs beside its amount; with fewer it gets rows of its own."""


def item_style(roll: Roll, *forms: str) -> ItemStyle:
    draw = roll.draw
    letters = draw.choice(LETTERS) if roll.chance(0.2) else ()
    return ItemStyle(
        draw.choice(forms or tuple(FORMS)),
        letters,
        roll.chance(0.3),
        roll.chance(0.08),
        roll.chance(0.3),
        roll.chance(0.6),
        roll.chance(0.5),
        roll.chance(0.6),
        draw.choice(("x", "x", "X", "@", "*", "×")),
        roll.chance(0.4),
    )


def items(roll: Roll, style: ItemStyle) -> None:
    write = FORMS[style.form]
    if style.header and style.form in _HEADERS:
        _HEADERS[style.form](roll, style)
    for number, item in enumerate(roll.purchase.items):
        write(roll, style, number, item)


def part(number: int, name: str) -> str:
    return f"item.{number}.{name}"


def amount_cell(roll: Roll, style: ItemStyle, number: int, item: Item, x: float = 1.0) -> Cell:
    text = [Run(roll.words.money(item.amount), part(number, "amount"))]
    if style.letters:
        letter = style.letters[(len(item.description) + number) % len(style.letters)]
        if letter:
            text += [Run(letter)] if style.glued_letter and len(letter) == 1 else [Run(" "), Run(letter)]
        else:
            text += [Run("  ")]
    return cell(text, x, "right")


def described(roll: Roll, style: ItemStyle, item: Item, room: int) -> list[str]:
    """The description in the rows that it takes."""
    text = roll.words.named(item.description)
    room = max(room, 4)
    if columns_of(text) <= room:
        return [text]
    lines = wrap(text, room)
    return lines[:1] if style.cut else lines[:3]


def _one_line(roll: Roll, style: ItemStyle, number: int, item: Item) -> None:
    """[qty] description … amount, all on one row."""
    amount = amount_cell(roll, style, number, item)
    at = 0.0
    cells: list[Cell] = []
    if style.form == "quantity first":
        at = 4 / roll.columns
        if style.ones or item.quantity != 1:
            cells.append(cell(Run(roll.words.number(item.quantity), part(number, "quantity")), 0.0))
    elif style.codes and item.code and roll.columns - len(item.code) - length(amount.runs) >= 15:
        at = (len(item.code) + 1) / roll.columns
        cells.append(cell(item.code))
    room = int(roll.columns * (1 - at)) - length(amount.runs) - 2
    if room < LEAST_ROOM:
        for line in described(roll, style, item, int(roll.columns * (1 - at))):
            roll.row(cell(Run(line, part(number, "description")), at))
        roll.row(*cells, amount)
        return
    lines = described(roll, style, item, room)
    text = [Run(lines[0], part(number, "description"))]
    if style.leaders and room - columns_of(lines[0]) > 3:
        text += [Run(" "), Run("." * (room - columns_of(lines[0]) - 1))]
    roll.row(*cells, cell(text, at), amount)
    for line in lines[1:]:
        roll.row(cell(Run(line, part(number, "description")), at))


def _quantity_runs(roll: Roll, style: ItemStyle, number: int, item: Item) -> tuple[Run, ...]:
    words = roll.words
    quantity = Run(words.number(item.quantity), part(number, "quantity"))
    unit = (Run(" "), Run(item.unit)) if item.unit else ()
    price = Run(words.money(item.unit_price), part(number, "unit_price"))
    return (quantity, *unit, Run(" "), Run(style.times), Run(" "), price)


def _two_lines(roll: Roll, style: ItemStyle, number: int, item: Item) -> None:
    """The description above; "2 x 3.50 … 7.00" below. Single pieces may keep to one row."""
    amount = amount_cell(roll, style, number, item)
    single = item.quantity == 1 and not style.ones
    if single:
        _one_line(roll, style, number, item)
        return
    lines = described(roll, style, item, roll.columns)
    for at, line in enumerate(lines):
        before = (Run(item.code), Run(" ")) if style.codes and item.code and not at else ()
        if before and length(before) + columns_of(line) > roll.columns:
            roll.row(cell(item.code or ""))
            before = ()
        roll.row(cell((*before, Run(line, part(number, "description")))))
    roll.row(cell(_quantity_runs(roll, style, number, item), 2 / roll.columns), amount)


def _quantity_above(roll: Roll, style: ItemStyle, number: int, item: Item) -> None:
    """ "2 x 3.50" above, then description and amount: the way of many European tills."""
    if item.quantity != 1:
        roll.row(cell(_quantity_runs(roll, style, number, item), 1 / roll.columns))
    _one_line(roll, style, number, item)


def _code_above(roll: Roll, style: ItemStyle, number: int, item: Item) -> None:
    """The article number above, description below it, then quantity, price and amount."""
    if item.code:
        roll.row(cell(item.code))
    for line in described(roll, style, item, roll.columns):
        roll.row(cell(Run(line, part(number, "description"))))
    roll.row(
        cell(_quantity_runs(roll, style, number, item), 0.25 if roll.columns > 30 else 0.05),
        amount_cell(roll, style, number, item),
    )


_COLUMNS: Mapping[str, tuple[float, float, float]] = {
    "table": (0.58, 0.79, 1.0),
    "table quantity first": (0.0, 0.74, 1.0),
}


def _table(roll: Roll, style: ItemStyle, number: int, item: Item) -> None:
    """Columns: description, quantity, unit price, amount; or the quantity first."""
    words = roll.words
    first = style.form == "table quantity first"
    at_quantity, at_price, at_amount = _COLUMNS[style.form]
    start = 5 / roll.columns if first else 0.0
    quantity = cell(
        Run(words.number(item.quantity), part(number, "quantity")), at_quantity, "left" if first else "right"
    )
    price = words.money(item.unit_price)
    price_shown = style.unit_price and columns_of(price) < roll.columns * 0.2
    amount = amount_cell(roll, style, number, item, at_amount)
    taken = length(amount.runs) + 1
    if price_shown:
        taken = max(taken, int(roll.columns * (1 - at_price))) + columns_of(price) + 1
    if not first:
        taken = max(taken, int(roll.columns * (1 - at_quantity))) + length(quantity.runs) + 1
    room = roll.columns - taken - int(start * roll.columns)
    lines = described(roll, style, item, max(room, 8))
    numbers = [quantity, amount]
    if price_shown:
        numbers.insert(1, cell(Run(price, part(number, "unit_price")), at_price, "right"))
    if room < LEAST_ROOM and not first:
        for line in described(roll, style, item, roll.columns):
            roll.row(cell(Run(line, part(number, "description"))))
        roll.row(*numbers)
        return
    roll.row(cell(Run(lines[0], part(number, "description")), start), *numbers)
    for line in lines[1:]:
        roll.row(cell(Run(line, part(number, "description")), start))


def _table_header(roll: Roll, style: ItemStyle) -> None:
    words = roll.words
    first = style.form == "table quantity first"
    at_quantity, at_price, at_amount = _COLUMNS[style.form]
    cells = [
        cell(words.term("description"), 5 / roll.columns if first else 0.0),
        cell(words.term("quantity"), at_quantity, "left" if first else "right"),
        cell(words.term("amount", "total"), at_amount, "right"),
    ]
    if style.unit_price and roll.columns > 30:
        cells.insert(2, cell(words.term("unit_price"), at_price, "right"))
    needed = sum(length(c.runs) + 1 for c in cells)
    roll.row(*(cells if needed <= roll.columns else (cells[0], cells[-1])))
    roll.rule("-" if roll.chance(0.5) else None)


def _line_header(roll: Roll, style: ItemStyle) -> None:
    words = roll.words
    first = style.form == "quantity first"
    cells = [cell(words.term("description"), 4 / roll.columns if first else 0.0)]
    if first:
        cells.insert(0, cell(words.term("quantity")[:3], 0.0))
    roll.row(*cells, cell(words.term("amount", "total"), 1.0, "right"))
    if roll.chance(0.7):
        roll.rule("-" if roll.chance(0.5) else None)


Writer = Callable[[Roll, ItemStyle, int, Item], None]
FORMS: Mapping[str, Writer] = {
    "plain": _one_line,
    "quantity first": _one_line,
    "two lines": _two_lines,
    "quantity above": _quantity_above,
    "code above": _code_above,
    "table": _table,
    "table quantity first": _table,
}
_HEADERS: Mapping[str, Callable[[Roll, ItemStyle], None]] = {
    "plain": _line_header,
    "quantity first": _line_header,
    "table": _table_header,
    "table quantity first": _table_header,
}
