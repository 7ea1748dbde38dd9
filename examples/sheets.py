"""What stands on each example: the lines of the till rolls, the sheets of the invoices, and the truth of both.

Every merchant, address, number and person is invented. A till roll is a list of rows; a sheet is a function that draws
on anything with `text` and `line`, so that the same invoice can become a picture or a PDF with a text layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

Truth = dict[str, object]

FIELDS = (
    *("document_type", "merchant_name", "merchant_address", "merchant_phone", "merchant_tax_id"),
    *("country", "currency", "language", "receipt_number", "date_text", "date", "time"),
    *("subtotal", "tax", "service_charge", "discount", "rounding", "total"),
    *("payment_method", "card_last4", "expense_category", "line_items"),
)
"""The fields of a label, in the order of the teacher's files."""


@dataclass(frozen=True)
class Row:
    """One row of a till roll: `left` and `right` text, or `left` alone, centred or not; `big` letters for the total."""

    left: str = ""
    right: str = ""
    centred: bool = False
    big: bool = False
    rule: bool = False


def head(text: str, big: bool = False) -> Row:
    return Row(text, centred=True, big=big)


RULE = Row(rule=True)
GAP = Row()


@dataclass(frozen=True)
class Roll:
    """A till receipt: `rows` printed in a font of fixed width, `columns` characters wide."""

    id: str
    rows: Sequence[Row]
    truth: Truth
    columns: int = 40


class Sheet(Protocol):
    """A page of A4 in millimetres from its top left corner."""

    def text(
        self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False, right: bool = False
    ) -> None: ...

    def line(self, x0: float, y: float, x1: float) -> None: ...


@dataclass(frozen=True)
class Invoice:
    """An invoice on A4, cut into pages by `per_page` items."""

    id: str
    merchant: str
    address: Sequence[str]
    contacts: Sequence[str]
    title: str
    facts: Sequence[tuple[str, str]]
    customer: Sequence[str]
    items: Sequence[tuple[str, str, str]]
    """Description, quantity, unit price."""
    totals: Sequence[tuple[str, str]]
    notes: Sequence[str]
    truth: Truth
    sign: str = "$"
    per_page: int = 24
    columns: tuple[str, str, str, str] = field(default=("Description", "Qty", "Unit price", "Amount"))

    @property
    def pages(self) -> int:
        return -(-len(self.items) // self.per_page)

    def draw(self, sheet: Sheet, page: int) -> None:
        """Draws one page, from 0: the head on the first, the totals on the last."""
        y = self._head(sheet) if page == 0 else self._next_head(sheet, page)
        shown = self.items[page * self.per_page : (page + 1) * self.per_page]
        y = self._table(sheet, shown, y)
        if page + 1 == self.pages:
            self._foot(sheet, y)
        else:
            sheet.text(190, y + 6, "Continued on the next page", size=9, right=True)
        sheet.text(190, 285, f"Page {page + 1} of {self.pages}", size=8, right=True)

    def _head(self, sheet: Sheet) -> float:
        sheet.text(20, 24, self.merchant, size=16, bold=True)
        y = 31.0
        for row in (*self.address, *self.contacts):
            sheet.text(20, y, row, size=9)
            y += 4.6
        sheet.text(190, 24, self.title, size=14, bold=True, right=True)
        for number, (name, value) in enumerate(self.facts):
            sheet.text(140, 33 + 5.2 * number, name, size=9)
            sheet.text(190, 33 + 5.2 * number, value, size=9, right=True)
        y = max(y, 33 + 5.2 * len(self.facts)) + 8
        for row in self.customer:
            sheet.text(20, y, row, size=9)
            y += 4.6
        return y + 6

    def _next_head(self, sheet: Sheet, page: int) -> float:
        sheet.text(20, 24, self.merchant, size=11, bold=True)
        sheet.text(190, 24, f"{self.facts[0][0]} {self.facts[0][1]}", size=9, right=True)
        return 36

    def _table(self, sheet: Sheet, items: Sequence[tuple[str, str, str]], y: float) -> float:
        for x, name in zip((20, 125, 158, 190), self.columns, strict=True):
            sheet.text(x, y, name, size=9, bold=True, right=x != 20)
        sheet.line(20, y + 2, 190)
        for description, quantity, price in items:
            y += 6.6
            sheet.text(20, y, description, size=9.5)
            sheet.text(125, y, quantity, size=9.5, right=True)
            sheet.text(158, y, price, size=9.5, right=True)
            sheet.text(190, y, f"{Decimal(quantity) * Decimal(price):,.2f}", size=9.5, right=True)
        sheet.line(20, y + 3, 190)
        return y + 4

    def _foot(self, sheet: Sheet, y: float) -> None:
        for number, (name, value) in enumerate(self.totals):
            last = number + 1 == len(self.totals)
            y += 8 if last else 6
            sheet.text(158, y, name, size=12 if last else 10, bold=last, right=True)
            sheet.text(190, y, self.sign + value if last else value, size=12 if last else 10, bold=last, right=True)
        y += 14
        for row in self.notes:
            sheet.text(20, y, row, size=9)
            y += 5


def truth(**known: object) -> Truth:
    """A label with every field, those not given null."""
    unknown = set(known) - set(FIELDS)
    if unknown:
        raise ValueError(f"no such field: {sorted(unknown)}")
    return {name: known.get(name) for name in FIELDS}


def priced(items: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """The line items of an invoice as the label has them: the amount is quantity times price."""
    return [[text, count, price, f"{Decimal(count) * Decimal(price):.2f}"] for text, count, price in items]
