"""How the fields of a review are filled in: the form of each value, checked alike on the page and here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from extractor.task import RECEIPTS
from extractor.types import ITEM_PARTS, field_order
from extractor.writers.rows import column_of
from serving.problems import Fault

LONGEST_VALUE = 2000
MOST_ITEMS = 500

AMOUNT = r"-?[0-9]{1,15}(\.[0-9]{1,6})?"
_AMOUNT_HINT = "a plain number with a point, such as 1234.50"

_FORMS: dict[str, tuple[str, str]] = {
    "amount": (AMOUNT, _AMOUNT_HINT),
    "positive": (AMOUNT.removeprefix("-?"), f"{_AMOUNT_HINT}, without a sign"),
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day as year-month-day, such as 2026-01-31"),
    "time": (r"([01][0-9]|2[0-3]):[0-5][0-9]", "hours and minutes of 24 hours, such as 18:05"),
    "card": (r"[0-9]{4}", "the last four digits"),
    "country": (r"[A-Z]{2}", "two capital letters, such as MY (ISO 3166-1)"),
    "currency": (r"[A-Z]{3}", "three capital letters, such as MYR (ISO 4217)"),
    "language": (r"[a-z]{2,3}", "two small letters, such as en (ISO 639-1)"),
}
"""The pattern that a value matches as a whole, in words that Python and the page's script read alike, and what it
says to a person."""

_NUMBERS = ("quantity", "unit_price", "amount")


class FieldForm(BaseModel):
    """One field: how its value is written, and its column in a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    type: str = Field(description="text, amount, date, time, card, choice and so on.")
    meaning: str = ""
    pattern: str = Field("", description="The value matches it as a whole; empty: anything.")
    hint: str = Field("", description="The pattern in words.")
    choices: list[str] = Field(default_factory=list, description="All values that there are; empty: any.")
    column: str = Field(description="Its column in a table; that of its confidence ends in `_confidence`.")


def forms(names: Sequence[str], types: Mapping[str, str]) -> list[FieldForm]:
    """The forms of a model's fields, in the order of the record; those of the shipped task where none is named."""
    return [_form(name, types.get(name, "text")) for name in field_order(names or RECEIPTS.names)]


def _form(name: str, kind: str) -> FieldForm:
    known = RECEIPTS.by_name.get(name)
    kind = known.type if known else kind
    form = name if known and name in _FORMS else "positive" if known and known.positive else kind
    pattern, hint = _FORMS.get(form, ("", ""))
    return FieldForm(
        name=name,
        type=kind,
        meaning=known.meaning if known else "",
        pattern=pattern,
        hint=hint,
        choices=list(known.choices) if known else [],
        column=column_of(name),
    )


def faults(
    known: Sequence[FieldForm],
    fields: Mapping[str, str | None],
    date_text: str | None,
    items: Sequence[Sequence[str | None]],
) -> Iterator[Fault]:
    """What is wrong with the values of a review, place by place."""
    by_name = {form.name: form for form in known}
    for name, value in fields.items():
        place = f"body.fields.{name[:100]}"
        if name not in by_name:
            yield Fault(place=place, message="is no field of the model")
        elif value is not None and (wrong := _wrong(by_name[name], value)):
            yield Fault(place=place, message=wrong)
    if date_text is not None and (wrong := _unprintable(date_text)):
        yield Fault(place="body.date_text", message=wrong)
    for row, item in enumerate(items):
        for part, cell in zip(ITEM_PARTS, item, strict=False):
            wrong = _unprintable(cell) if cell is not None else ""
            if cell is not None and not wrong and part in _NUMBERS and not re.fullmatch(AMOUNT, cell):
                wrong = f"must be {_AMOUNT_HINT}"
            if wrong:
                yield Fault(place=f"body.line_items.{row}.{part}", message=wrong)


def _wrong(form: FieldForm, value: str) -> str:
    """Why a value can't stand in its field; empty where it can."""
    if wrong := _unprintable(value):
        return wrong
    if form.choices and value not in form.choices:
        return f"must be one of {', '.join(form.choices)}"
    if form.pattern and not re.fullmatch(form.pattern, value):
        return f"must be {form.hint}"
    if form.type == "date":
        try:
            dt.date.fromisoformat(value)
        except ValueError:
            return "is no day of the calendar"
    return ""


def _unprintable(value: str) -> str:
    if not value.strip():
        return "is empty: null says that there is none"
    if len(value) > LONGEST_VALUE:
        return f"is longer than {LONGEST_VALUE} letters"
    return "" if value.isprintable() else "holds signs that can't be printed"
