"""The upper part of a document: who sells, and the facts of the sale (number, date, time, table, cashier)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from training.synthetic.layouts.above import opening
from training.synthetic.layouts.base import Align, Roll, cell, length
from training.synthetic.layouts.signs import Look, company, phrase, sign
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
    paper: Literal["till", "slip", "letter"] = "till"
    """What it heads: a till's roll, whose foot (`foots.foot`) may have the name instead; another roll; a letter, which
    never misses its name and has nothing above it but what its layout prints."""


FOOT, LOST = 0.02, 0.06
"""Documents whose name stands at the foot only; and whose name can't be seen: a logo, or cut off in the photograph.
Three times as many real ones have none, but those teach it already."""
PLACE = 0.05
"""Addresses that begin with the mall, airport or market where the shop stands."""


def labelled(roll: Roll, concepts: tuple[str, ...], value: str, role: str | None = None) -> tuple[Run, ...]:
    """A label with its value behind it, glued to it in documents that print them so."""
    words = roll.words
    if words.glued:
        return (Run(words.term(*concepts).rstrip(":") + ":"), Run(value, role))
    return (Run(words.label(*concepts) + " "), Run(value, role))


def head(roll: Roll, style: HeadStyle) -> None:
    merchant = roll.purchase.merchant
    look = Look(style.align, style.name_size, style.bold, style.registration)
    order = _order(roll, style)
    if order[0] == "name" and style.paper != "letter":
        opening(roll, style.align, style.paper == "slip")
    late = False
    for part in order:
        if part == "name":
            late = sign(roll, look)
        elif part == "place":
            place = phrase(roll, "place")
            if place:
                roll.text(Run(place, roll.role("merchant_address")), style.align)
        elif part == "address":
            address(roll, merchant, style.align)
        elif part == "phone":
            _phones(roll, merchant, style.align)
        elif part == "tax_id" and merchant.tax_id:
            text = labelled(roll, ("tax_id",), merchant.tax_id, roll.role("merchant_tax_id"))
            roll.text(text, style.align)
        elif part == "website" and merchant.website:
            roll.text(merchant.website, style.align)
    if late:
        company(roll, replace(look, size=1.0, bold=False), run_by=roll.chance(0.2))


def _order(roll: Roll, style: HeadStyle) -> tuple[str, ...]:
    """The parts of this head: the style's, but for what a photograph misses, and for names that stand at the foot."""
    order = style.order
    if "address" in order and roll.chance(0.02):
        # A kiosk or a stall that names its mall or airport and no street, at times above the name.
        order = tuple("place" if part == "address" else part for part in order)
        if roll.chance(0.4):
            order = ("place", *(part for part in order if part != "place"))
    if style.paper == "letter":
        return order
    fate = roll.draw.random()
    if fate >= FOOT + LOST or (fate >= LOST and style.paper != "till"):
        return order
    missed = {"name"}
    if fate >= LOST:
        roll.owed = True
    elif roll.chance(0.35):
        missed.add("address")
    return tuple(part for part in order if part not in missed) or ("website",)


def address(roll: Roll, party: Party, align: Align, mine: bool = True) -> None:
    """The lines of an address; those of the seller carry its role."""
    role = roll.role("merchant_address") if mine and party.address else None
    lines = list(party.address)
    place = phrase(roll, "place") if lines and mine and roll.chance(PLACE) else None
    if place:
        lines.insert(0, place)
    if len(lines) > 1 and roll.chance(0.15):
        lines = [", ".join(lines)]
    for line in lines:
        roll.text(Run(roll.words.named(line), role), align)


def _phones(roll: Roll, merchant: Party, align: Align) -> None:
    if not merchant.phone or "merchant_phone" in roll.done:
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
