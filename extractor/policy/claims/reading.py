"""Claims from a table file. No row is lost: what a row doesn't say clearly is left out of its claim and told.

What concerns the whole file is refused at once, with what to do: columns that are missing, amounts that may be read in
two ways ("1.234") where neither the file nor the user says which, dates of a form that was not stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.policy.cases import Claim
from extractor.policy.claims.cells import Unclear, amount_readings, count_of, currency_of, day_of, names_of, settled
from extractor.policy.claims.form import COLUMNS, ClaimForm, folded, missing_columns
from extractor.policy.claims.tables import Row, Table, read_table
from extractor.policy.money import UNKNOWN, minor_units

AMOUNTS = ("amount", "tax")
DAYS = ("date", "submitted", "trip_start", "trip_end")
COUNTS = ("attendees", "nights")
TEXTS = ("employee", "merchant", "category", "trip", "description")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What a row doesn't say clearly: its number, the claim it became, the file's column, and a sentence with what to
    do."""

    row: int
    claim_id: str
    column: str
    message: str


@dataclass(frozen=True)
class ClaimTable:
    """The claims of a file in its order, their rows, what is wrong with some, and columns that were not used."""

    claims: tuple[Claim, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[RowProblem, ...] = ()
    unused: tuple[str, ...] = ()


def read_claims(path: Path | str, form: ClaimForm | None = None) -> ClaimTable:
    """The claims of a CSV, XLSX, JSON or JSON-lines file; delimiter, encoding and decimal sign are found out.

    Raises UsageError: claims_unreadable, missing_columns, ambiguous_amount, unknown_dates, no_claims.
    """
    place, chosen = Path(path), form or ClaimForm()
    table = read_table(place, chosen)
    if not table.rows:
        raise UsageError(f"The file {place} holds no claim.", code="no_claims", hint="It needs a header and rows.")
    _check_columns(place, table, chosen)
    _check_dates(table, chosen)
    reader = _Reader(chosen, _decimal_sign(table, chosen))
    for row in table.rows:
        reader.take(row)
    known = {folded(chosen.source(column)) for column in COLUMNS}
    unused = tuple(name for name in table.header if name and folded(name) not in known)
    return ClaimTable(tuple(reader.claims), reader.rows, tuple(reader.problems), unused)


class _Reader:
    """Makes claims of rows, one by one, and gathers what is wrong."""

    def __init__(self, form: ClaimForm, sign: str | None) -> None:
        self.form = form
        self.sign = sign
        self.claims: list[Claim] = []
        self.rows: dict[str, int] = {}
        self.problems: list[RowProblem] = []

    def take(self, row: Row) -> None:
        wanted = str(self._cell(row, "claim_id") or "").strip()
        claim_id = self._own_id(row, wanted)
        self.rows[claim_id] = row.number
        if row.problem:
            # Cells that slipped by a column would be read as something that they are not.
            self._tell(row, claim_id, "", f"Row {row.number} was not read: {row.problem}.")
            self.claims.append(Claim(claim_id=claim_id))
            return
        if not wanted:
            self._tell(row, claim_id, "claim_id", f"Row {row.number} has no claim id. Give it one.")
        elif wanted != claim_id:
            first = self.rows[wanted]
            said = f"Row {row.number} has the claim id {wanted} of row {first}: one of them was handed in twice, or "
            self._tell(row, claim_id, "claim_id", said + "needs an id of its own.")
        self.claims.append(Claim(claim_id=claim_id, **self._values(row, claim_id)))

    def _own_id(self, row: Row, wanted: str) -> str:
        own = wanted or f"row {row.number}"
        # A later row of the same id may not hide an earlier one in results that are told apart by their ids.
        return own if own not in self.rows else f"{own} (row {row.number})"

    def _values(self, row: Row, claim_id: str) -> dict[str, Any]:
        values: dict[str, Any] = {name: str(self._cell(row, name) or "").strip() for name in TEXTS}
        values["country"] = str(self._cell(row, "country") or "").strip().upper()
        values["receipts"] = names_of(self._cell(row, "receipt") or "")
        for name in DAYS:
            values[name] = self._read(row, claim_id, name, lambda cell: day_of(cell, self.form.date_format))
        for name in COUNTS:
            values[name] = self._read(row, claim_id, name, count_of)
        currency = self._read(row, claim_id, "currency", currency_of)
        for name in AMOUNTS:
            found = self._read(row, claim_id, name, self._amount)
            values[name], mark = found or (None, "")
            currency = currency or _by_mark(mark)
        # A currency that was stated and not understood is unknown; the usual one stands in only where none is stated.
        stated = self._cell(row, "currency") is not None
        values["currency"] = currency or (self.form.currency if not stated else None) or UNKNOWN
        self._check_places(row, claim_id, values)
        if values["amount"] is None and self._cell(row, "amount") is None:
            self._tell(row, claim_id, "amount", f"Row {row.number} claims no amount. Ask for it.")
        return values

    def _amount(self, cell: Any) -> tuple[Decimal, str]:
        readings, mark = amount_readings(cell)
        value = settled(readings, self.sign)
        if value is None:
            raise Unclear(f"is no amount with the decimal sign {self.sign!r}")
        return value, mark

    def _check_places(self, row: Row, claim_id: str, values: dict[str, Any]) -> None:
        """An amount finer than its currency allows was misread or mistyped."""
        for name in AMOUNTS:
            value, currency = values[name], values["currency"]
            if value is None or currency == UNKNOWN:
                continue
            places = minor_units(currency)
            if value != round(value, places):
                said = f"has more than the {places} decimals of {currency}: correct it"
                self._tell_cell(row, claim_id, name, said)
                values[name] = None

    def _read(self, row: Row, claim_id: str, column: str, parse: Callable[[Any], Any]) -> Any:
        cell = self._cell(row, column)
        if cell is None:
            return None
        try:
            return parse(cell)
        except Unclear as error:
            self._tell_cell(row, claim_id, column, str(error))
            return None

    def _cell(self, row: Row, column: str) -> Any:
        cell = row.cells.get(folded(self.form.source(column)))
        return None if cell is None or (isinstance(cell, str) and not cell.strip()) else cell

    def _tell_cell(self, row: Row, claim_id: str, column: str, why: str) -> None:
        source, cell = self.form.source(column), self._cell(row, column)
        shown = str(cell) if len(str(cell)) <= 40 else f"{str(cell)[:40]}…"
        self._tell(row, claim_id, column, f"Row {row.number}, column {source}: {shown!r} {why}.")

    def _tell(self, row: Row, claim_id: str, column: str, message: str) -> None:
        self.problems.append(RowProblem(row.number, claim_id, self.form.source(column) if column else "", message))


def _by_mark(mark: str) -> str | None:
    try:
        return currency_of(mark) if mark else None
    except Unclear:
        return None


def _check_columns(path: Path, table: Table, form: ClaimForm) -> None:
    missing = missing_columns(form, table.header)
    if missing:
        raise UsageError(
            f"The claims {path} have no column {', '.join(map(repr, missing))}. "
            f"Their columns are {', '.join(name for name in table.header if name) or 'none'}.",
            code="missing_columns",
            hint="Say which is which: --columns claim_id=Number,amount=Betrag, or a YAML file with `columns:`.",
        )


def _decimal_sign(table: Table, form: ClaimForm) -> str | None:
    """The decimal sign stated, or the one that the file's own amounts prove.

    Raises UsageError (ambiguous_amount) where an amount has two readings and nothing settles which.
    """
    if form.decimal:
        return form.decimal
    proven: Counter[str] = Counter()
    open_cells: list[tuple[int, str, Any, Sequence[Decimal]]] = []
    for row in table.rows:
        for name in AMOUNTS if not row.problem else ():
            cell = row.cells.get(folded(form.source(name)))
            if not isinstance(cell, str) or not cell.strip():
                continue
            try:
                readings, _ = amount_readings(cell)
            except Unclear:
                continue
            if len(readings) == 1:
                proven.update(readings)
            elif readings["."] != readings[","]:
                open_cells.append((row.number, form.source(name), cell, tuple(readings.values())))
    if open_cells and len(proven) != 1:
        number, column, cell, values = open_cells[0]
        more = f" So are {len(open_cells) - 1} more." if len(open_cells) > 1 else ""
        raise UsageError(
            f"Row {number}, column {column}: {cell.strip()!r} may be {values[0]} or {values[1]}.{more}",
            code="ambiguous_amount",
            hint="Say which sign stands before the decimals: --decimal , or --decimal .",
        )
    return next(iter(proven)) if len(proven) == 1 and open_cells else None


def _check_dates(table: Table, form: ClaimForm) -> None:
    """A column in which most dates can't be read is written in another form, which only the user can know."""
    for name in DAYS:
        column = form.source(name)
        cells = [(row.number, row.cells.get(folded(column))) for row in table.rows if not row.problem]
        held = [(number, cell) for number, cell in cells if cell is not None and str(cell).strip()]
        wrong = [(number, cell) for number, cell in held if not _is_day(cell, form)]
        if len(wrong) * 2 > len(held):
            number, cell = wrong[0]
            expected = form.date_format or "2026-03-14 (ISO 8601)"
            raise UsageError(
                f"Row {number}, column {column}: {str(cell).strip()!r} is no date of the form {expected}.",
                code="unknown_dates",
                hint="State the form of the dates: --date-format %d.%m.%Y (day, month, year).",
            )


def _is_day(cell: Any, form: ClaimForm) -> bool:
    try:
        day_of(cell, form.date_format)
    except Unclear:
        return False
    return True
