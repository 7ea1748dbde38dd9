"""The upper part of a document: who sells, and the facts of the sale (number, date, time, table, cashier)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from training.synthetic.layouts.base import Align, Roll, cell, length
from training.synthetic.purchase import Party
from training.synthetic.sheet import Run


@dataclass(frozen=True)
class HeadStyle:
    align: Align = "centre"
    name_size: float = 1.0
    bold: bool = True
    order: tuple[str, ...] = ("name", "address", "phone", "tax_id")
    registration: bool = False
    """Print the registration number, in brackets behind the name or below it."""


def labelled(roll: Roll, concepts: tuple[str, ...], value: str, role: str | None = None) -> tuple[Run, ...]:
    """A label with its value behind it, glued to it in documents that print them so."""
    words = roll.words
    if words.glued:
        return (Run(words.term(*concepts).rstrip(":") + ":"), Run(value, role))
    return (Run(words.label(*concepts) + " "), Run(value, role))


def head(roll: Roll, style: HeadStyle) -> None:
    merchant = roll.purchase.merchant
    for part in style.order:
        if part == "name":
            _name(roll, merchant, style)
        elif part == "address":
            address(roll, merchant, style.align)
        elif part == "phone":
            _phones(roll, merchant, style.align)
        elif part == "tax_id" and merchant.tax_id:
            text = labelled(roll, ("tax_id",), merchant.tax_id, roll.role("merchant_tax_id"))
            roll.text(text, style.align)
        elif part == "website" and merchant.website:
            roll.text(merchant.website, style.align)


def _name(roll: Roll, merchant: Party, style: HeadStyle) -> None:
    trading = merchant.trading_name
    if trading and trading != merchant.name:
        # A sign over the company's name; alone, it is the name.
        alone = roll.chance(0.3)
        role = roll.role("merchant_name") if alone else None
        roll.text(Run(roll.words.named(trading), role), style.align, style.name_size, style.bold)
        if alone:
            return
        size, bold = (1.0, False) if roll.chance(0.6) else (style.name_size, style.bold)
    else:
        size, bold = style.name_size, style.bold
    name = Run(roll.words.named(merchant.name), roll.role("merchant_name"))
    registration = merchant.registration if style.registration else None
    if registration and roll.chance(0.4) and length(name) + len(registration) + 3 < roll.columns / size:
        roll.text((name, Run(" "), Run(f"({registration})")), style.align, size, bold)
        return
    roll.text(name, style.align, size, bold)
    if registration:
        roll.text(f"({registration})" if roll.chance(0.6) else registration, style.align)


def address(roll: Roll, party: Party, align: Align, mine: bool = True) -> None:
    """The lines of an address; those of the seller carry its role."""
    role = roll.role("merchant_address") if mine and party.address else None
    lines = list(party.address)
    if len(lines) > 1 and roll.chance(0.15):
        lines = [", ".join(lines)]
    for line in lines:
        roll.text(Run(roll.words.named(line), role), align)


def _phones(roll: Roll, merchant: Party, align: Align) -> None:
    if not merchant.phone:
        return
    text = labelled(roll, ("phone",), merchant.phone, roll.role("merchant_phone"))
    if roll.chance(0.1):
        text = (Run(merchant.phone, text[-1].role),)
    if roll.words.has("fax") and roll.chance(0.25):
        fax = labelled(roll, ("fax",), other_number(roll, merchant.phone))
        if roll.chance(0.5) and length(text) + length(fax) + 2 <= roll.columns:
            roll.text((*text, Run("  "), *fax), align)
        else:
            roll.text(text, align)
            roll.text(fax, align)
        return
    roll.text(text, align)


def other_number(roll: Roll, number: str) -> str:
    """A number written like another one, with other digits at its end."""
    signs = list(number)
    places = [at for at, sign in enumerate(signs) if sign.isdigit()][-4:]
    for at in places:
        signs[at] = str(roll.draw.randrange(10))
    return "".join(signs)


def date_runs(roll: Roll) -> tuple[Run, ...]:
    return (Run(roll.words.date(roll.purchase.when), roll.role("date")),)


def time_runs(roll: Roll) -> tuple[Run, ...]:
    return (Run(roll.words.time(roll.purchase.when), roll.role("time")),)


def told(roll: Roll, concept: str) -> str | None:
    """A detail of the purchase as this document writes it: its dates and moments like those of the sale."""
    value = roll.purchase.details.get(concept)
    if value is None:
        return None
    if concept in ("arrival", "departure", "due_date"):
        return roll.words.date(datetime.fromisoformat(value))
    if concept in ("entry", "exit"):
        moment = datetime.fromisoformat(value)
        return f"{roll.words.date(moment)} {roll.words.time(moment)}"
    return f"{value} km" if concept == "distance" else value


NUMBER: tuple[str, ...] = ("receipt_number", "invoice_number", "receipt")
INVOICE_NUMBER: tuple[str, ...] = ("invoice_number", "receipt_number")


FactForm = Literal["pairs", "line", "date right", "bare", "colons"]
FORMS: tuple[FactForm, ...] = ("pairs", "line", "date right", "bare", "colons")


@dataclass(frozen=True)
class FactStyle:
    form: FactForm
    number: bool = True
    time: bool = True
    numbers: tuple[str, ...] = NUMBER


def fact_style(roll: Roll, numbers: tuple[str, ...] = NUMBER) -> FactStyle:
    return FactStyle(roll.draw.choice(FORMS), roll.chance(0.9), roll.chance(0.8), numbers)


def facts(roll: Roll, style: FactStyle, extra: tuple[tuple[str, str], ...] = ()) -> None:
    """Number, date and time, and `extra` facts (concept, value), in one of five forms."""
    lines = [labelled(roll, (concept,), value) for concept, value in extra]
    number = roll.purchase.number
    if style.form in ("pairs", "colons"):
        entries: list[tuple[str, tuple[Run, ...]]] = [(concept, (Run(value),)) for concept, value in extra]
        if style.number:
            entries.insert(0, (style.numbers[0], (Run(number, roll.role("receipt_number")),)))
        dated = date_runs(roll)
        if style.time and roll.chance(0.5):
            entries.append(("date", (*dated, Run(" "), *time_runs(roll))))
        else:
            entries.append(("date", dated))
            if style.time:
                entries.append(("time", time_runs(roll)))
        _entries(roll, style, entries)
        return
    when = date_runs(roll)
    if style.form == "line":
        when = labelled(roll, ("date",), when[0].text, when[0].role)
        if style.time:
            when = (*when, Run("  "), *labelled(roll, ("time",), (t := time_runs(roll)[0]).text, t.role))
    elif style.time:
        when = (*when, Run(" "), *time_runs(roll))
    numbered: tuple[Run, ...] = ()
    if style.number:
        numbered = labelled(roll, style.numbers, number, roll.role("receipt_number"))
    _lines(roll, style, when, numbered, lines)


def _lines(
    roll: Roll,
    style: FactStyle,
    when: tuple[Run, ...],
    numbered: tuple[Run, ...],
    lines: list[tuple[Run, ...]],
) -> None:
    for one, other in zip(lines[::2], lines[1::2], strict=False):
        roll.pair(one, other)
    if len(lines) % 2:
        roll.text(lines[-1])
    if style.form == "date right" and numbered:
        roll.pair(numbered, when)
    elif style.form == "bare" and numbered and roll.chance(0.5):
        roll.pair(when, numbered)
    else:
        if numbered:
            roll.text(numbered)
        roll.text(when)


def _entries(roll: Roll, style: FactStyle, entries: list[tuple[str, tuple[Run, ...]]]) -> None:
    if style.form == "pairs" or roll.right_to_left:
        for concept, value in entries:
            roll.pair(roll.words.label(*_known(style, concept)), value)
        return
    names = [roll.words.term(*_known(style, concept)) for concept, _ in entries]
    widest = max(length(name) for name in names)
    for name, (_, value) in zip(names, entries, strict=True):
        if widest + 3 + length(value) > roll.columns:
            roll.pair(name, value)
        else:
            roll.row(cell(name), cell((Run(": "), *value), (widest + 1) / roll.columns))


def _known(style: FactStyle, concept: str) -> tuple[str, ...]:
    return style.numbers if concept == style.numbers[0] else (concept,)
