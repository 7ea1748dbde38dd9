"""Rows of a table file: CSV, XLSX, JSON or JSON lines, each cell as the file holds it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.policy.claims.form import COLUMNS, ClaimForm, folded

_DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SPREADSHEETS, _JSON, _LINES = {".xlsx", ".xlsm"}, {".json"}, {".jsonl", ".ndjson"}


@dataclass(frozen=True)
class Row:
    """One row: its number as a person counts it (a spreadsheet's, the header being row 1; of JSON the entry's) and its
    cells by folded column name. `problem` says why the row as a whole can't be trusted; empty where it can."""

    number: int
    cells: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


def read_table(path: Path, form: ClaimForm) -> Table:
    """The rows of a file that hold anything. Raises UsageError (claims_unreadable) where the file can't be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error.strerror or type(error).__name__, "") from error
    suffix = path.suffix.lower()
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable(path, "it is a workbook of the old .xls kind, or locked by a password", "Save it as .xlsx.")
    if suffix in _SPREADSHEETS or data.startswith(b"PK\x03\x04"):
        return _from_workbook(path, data, form)
    text = _decoded(path, data, form)
    if suffix in _LINES:
        return _from_objects(_json_lines(path, text))
    if suffix in _JSON or text.lstrip()[:1] in ("[", "{"):
        return _from_objects(_json_entries(path, text))
    return _from_csv(path, text, form)


def unreadable(path: Path, why: str, hint: str) -> UsageError:
    return UsageError(f"The claims {path} can't be read: {why}.", code="claims_unreadable", hint=hint)


def _decoded(path: Path, data: bytes, form: ClaimForm) -> str:
    """A file's text: in the encoding stated, by its byte order mark, as UTF-8, or else in the code page of Windows."""
    marked = [name for mark, name in _BOMS if data.startswith(mark)]
    for encoding in [form.encoding] if form.encoding else [*marked, "utf-8", "cp1252"]:
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise unreadable(path, "its letters are in no known encoding", "State it in a mapping file: `encoding: cp1250`.")


def _from_csv(path: Path, text: str, form: ClaimForm) -> Table:
    delimiter = form.delimiter or _delimiter(text, form)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise unreadable(path, str(error), "Check its quotes.") from error
    return _from_records(records)


def _delimiter(text: str, form: ClaimForm) -> str:
    """What separates the cells: the sign under which most columns of the header have a name that is known."""
    known = {folded(form.source(column)) for column in COLUMNS}
    first = next((line for line in text.splitlines() if line.strip()), "")

    def found(sign: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=sign), [])
        return sum(folded(cell) in known for cell in cells), len(cells)

    return max(_DELIMITERS, key=found)


def _from_workbook(path: Path, data: bytes, form: ClaimForm) -> Table:
    from openpyxl import load_workbook

    try:
        # Not read_only: that mode believes the size that a file claims for its sheet, and some claim too little.
        book = load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:
        raise unreadable(path, f"it is no workbook ({type(error).__name__})", "Save it as .xlsx or CSV.") from error
    if form.sheet is not None and form.sheet not in book.sheetnames:
        hint = f"Its sheets are {', '.join(book.sheetnames)}."
        raise unreadable(path, f"it has no sheet {form.sheet!r}", hint)
    sheet = book[form.sheet] if form.sheet is not None else book.worksheets[0]
    return _from_records([list(row) for row in sheet.iter_rows(values_only=True)])


def _from_records(records: Iterable[Sequence[Any]]) -> Table:
    numbered = [(number, record) for number, record in enumerate(records, start=1) if any(map(_holds, record))]
    if not numbered:
        return Table(())
    header = tuple(str(cell).strip() if _holds(cell) else "" for cell in numbered[0][1])
    names = [folded(name) for name in header]
    rows = []
    for number, record in numbered[1:]:
        extra = [cell for cell in record[len(names) :] if _holds(cell)]
        problem = (
            f"it has {len(record)} cells and the header {len(names)}: a separator inside a cell must stand in quotes"
            if extra
            else ""
        )
        rows.append(Row(number, {name: cell for name, cell in zip(names, record, strict=False) if name}, problem))
    return Table(header, rows)


def _from_objects(entries: Iterator[tuple[int, Any]]) -> Table:
    header: dict[str, None] = {}
    rows = []
    for number, entry in entries:
        if not isinstance(entry, dict):
            rows.append(Row(number, {}, "it is no JSON object"))
            continue
        header |= dict.fromkeys(entry)
        rows.append(Row(number, {folded(name): value for name, value in entry.items()}))
    return Table(tuple(header), rows)


def _json_entries(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    try:
        held = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except ValueError as error:
        if text.lstrip().startswith("{") and "Extra data" in str(error):
            yield from _json_lines(path, text)
            return
        raise unreadable(path, f"its JSON is broken ({error})", "") from error
    if isinstance(held, dict) and isinstance(held.get("claims"), list):
        held = held["claims"]
    yield from enumerate(held if isinstance(held, list) else [held], start=1)


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line, parse_float=Decimal, parse_constant=_no_number)
            except ValueError as error:
                raise unreadable(path, f"line {number} is no JSON ({error})", "") from error


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} is no number")


def _holds(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
