"""The workbook: every row of the report, amounts as numbers that show exactly, no text that could become a formula."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from extractor.policy.cases import Observation
from extractor.policy.dismissals import Dismissed
from extractor.policy.money import UNKNOWN, Money
from extractor.policy.reports import showing
from extractor.policy.reports.crops import Crop
from extractor.policy.reports.figures import Figures, Group
from extractor.policy.reports.ranking import Entry, at_stake
from extractor.writers.rows import defused

_LONGEST = 32_767
"""Characters of a cell, by Excel's own limit."""

_DIGITS = 15
"""Significant digits that Excel keeps of a number; an amount with more stands as text."""

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FILLS = {"high": "F8D7DA", "medium": "FCE8C8", "low": "E3EAF1", "reject": "F8D7DA", "review": "FCE8C8"}
_PICTURE_WIDTH = 260

Value = str | int | float | Decimal | Money | dt.date | None


@dataclass(frozen=True)
class _Column:
    name: str
    width: int
    wrap: bool = False


_CLAIM = (_Column("Claim", 18), _Column("Person", 22), _Column("Merchant", 28, True), _Column("Date", 12))
_AMOUNTS = (_Column("Claimed", 17), _Column("At stake", 17), _Column("Expected", 17))
_QUEUE = (
    _Column("Place", 7),
    *_CLAIM,
    *_AMOUNTS,
    _Column("Minutes", 9),
    _Column("Expected per minute", 19),
    _Column("Verdict", 10),
    _Column("Severity", 10),
    _Column("Findings", 70, True),
)
_FINDINGS = (
    _Column("Claim", 18),
    _Column("Severity", 10),
    _Column("Rule", 26),
    _Column("Finding", 70, True),
    _Column("Confidence", 11),
    _Column("At stake", 17),
    _Column("Person", 22),
    _Column("Merchant", 28, True),
    _Column("Fields", 24, True),
    _Column("Receipts", 28, True),
    _Column("See also", 24, True),
    _Column("Key", 14),
    _Column("Picture", 38),
)
_CLAIMS = (
    *_CLAIM,
    _Column("Category", 14),
    _Column("Claimed", 17),
    _Column("Verdict", 10),
    _Column("Findings", 10),
    _Column("Severity", 10),
    _Column("At stake", 17),
    _Column("Overpayment", 17),
    _Column("Receipts", 40, True),
)
_DISMISSED = (
    _Column("Claim", 18),
    _Column("Rule", 26),
    _Column("Finding", 60, True),
    _Column("Reason", 40, True),
    _Column("By", 18),
    _Column("When", 12),
    _Column("Holds for", 24, True),
)


def workbook(
    figures: Figures,
    pictures: Mapping[int, Sequence[Crop]],
    title: str,
    dismissed: Sequence[Dismissed],
    today: dt.date,
) -> bytes:
    """The workbook as bytes. `pictures` are by the place of the finding in the queue; those given are put in."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _summary(book, figures, title, len(dismissed), today)
    _table(book, "Queue", _QUEUE, (_queued(place, one) for place, one in enumerate(figures.queue, start=1)))
    _findings(book, figures, pictures)
    for name, what, groups in (
        ("By person", "Person", figures.people),
        ("By merchant", "Merchant", figures.merchants),
        ("By rule", "Rule", figures.rules),
    ):
        _table(book, name, _group_columns(what), (line for group in groups for line in _grouped(group)))
    _table(book, "Claims", _CLAIMS, (_claim(one) for one in figures.entries))
    if dismissed:
        _table(book, "Dismissed", _DISMISSED, (_dismissed(one) for one in dismissed))
    packed = BytesIO()
    book.save(packed)
    return packed.getvalue()


def _summary(book: Any, figures: Figures, title: str, dismissed: int, today: dt.date) -> None:
    from openpyxl.styles import Font

    sheet = book.create_sheet("Summary")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 20
    sheet.freeze_panes = "A2"
    head = _cell(sheet, title)
    head.font = Font(bold=True, size=14)
    sheet.append([head])
    counts: list[tuple[str, Value]] = [
        ("Day of the audit", today),
        ("Claims", figures.claims),
        ("Receipts without a claim", figures.receipts_alone),
        *((f"Verdict: {name}", figures.verdicts.get(name, 0)) for name in ("approve", "review", "reject")),
        *((f"Findings: {name}", figures.severities.get(name, 0)) for name in ("high", "medium", "low")),
        ("Findings dismissed before", dismissed),
        ("To review", len(figures.queue)),
        ("Minutes of review (assumed)", figures.minutes),
    ]
    sums = (
        ("Money claimed", figures.claimed),
        ("Money at stake", figures.stake),
        ("Expected to come back", figures.expected),
        ("Claimed above the receipts", figures.overpayment),
    )
    amounts = [(name, Money(value, currency)) for name, totals in sums for currency, value in totals.items()]
    for name, value in (*counts, *amounts):
        label = _cell(sheet, name)
        label.font = Font(bold=True)
        sheet.append([label, _cell(sheet, value)])


def _findings(book: Any, figures: Figures, pictures: Mapping[int, Sequence[Crop]]) -> None:
    found = [(entry, finding) for entry in (*figures.queue, *figures.noted) for finding in entry.findings]
    rows = (_found(entry, finding) for entry, finding in found)
    shown = {at: crops[0] for at, crops in pictures.items() if crops and at < len(found)}
    _table(book, "Findings", _FINDINGS, rows, shown)


def _table(
    book: Any,
    title: str,
    columns: Sequence[_Column],
    rows: Iterable[Sequence[Value]],
    pictures: Mapping[int, Crop] | None = None,
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.freeze_panes = "C2" if title == "Queue" else "B2"
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    last = get_column_letter(len(columns))
    for at, crop in (pictures or {}).items():
        _put_picture(sheet, f"{last}{at + 2}", at + 2, crop)
    head = []
    for column in columns:
        cell = _cell(sheet, column.name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="2F4A67")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        head.append(cell)
    sheet.append(head)
    wrapped, plain = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top")
    fills = {name: PatternFill("solid", start_color=colour) for name, colour in _FILLS.items()}
    count = 1
    for row in rows:
        cells = [_cell(sheet, value) for value in row]
        for cell, column in zip(cells, columns, strict=False):
            cell.alignment = wrapped if column.wrap else plain
            if column.name in ("Severity", "Verdict") and cell.value in fills:
                cell.fill = fills[cell.value]
        sheet.append(cells)
        count += 1
    sheet.auto_filter.ref = f"A1:{last}{count}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _put_picture(sheet: Any, anchor: str, row: int, crop: Crop) -> None:
    from openpyxl.drawing.image import Image

    picture = Image(BytesIO(crop.data))
    picture.width, picture.height = _PICTURE_WIDTH, max(1, round(crop.height * _PICTURE_WIDTH / crop.width))
    if picture.height > 200:
        picture.width, picture.height = max(1, round(picture.width * 200 / picture.height)), 200
    sheet.add_image(picture, anchor)
    sheet.row_dimensions[row].height = picture.height * 0.75 + 6  # points; pictures are measured in pixels


def _cell(sheet: Any, value: Value) -> Any:
    """A cell. Decimals are written digit by digit: a float would come first otherwise, with 16 digits of its own."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, Money | Decimal):
        number = value.amount if isinstance(value, Money) else value
        if len(number.normalize().as_tuple().digits) > _DIGITS:
            return _cell(sheet, str(value))
        cell = WriteOnlyCell(sheet, value=f"{number:f}")
        cell.data_type = "n"
        cell.number_format = _format(value) if isinstance(value, Money) else "0.##" if number % 1 else "0"
        return cell
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=None)
        cell.value = defused(_UNWRITABLE.sub("", value))[:_LONGEST]
        cell.data_type = "s"  # also where a text looks like an error of Excel's (#N/A)
        return cell
    cell = WriteOnlyCell(sheet)
    cell.value = value
    if isinstance(value, dt.date):
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, float):
        cell.number_format = "0%"
    return cell


def _format(money: Money) -> str:
    decimals = showing.places(money)
    number = "#,##0" + ("." + "0" * decimals if decimals else "")
    return number if money.currency == UNKNOWN else f"[${money.currency}] {number}"


def _rounded(money: Money | None) -> Money | None:
    """Expected money is a product with a confidence: more places than the small change mean nothing."""
    return None if money is None else money.rounded()


def _queued(place: int, one: Entry) -> Sequence[Value]:
    found = "\n".join(f"{finding.severity}: {finding.message}" for finding in one.findings)
    amounts = (one.money, one.stake, _rounded(one.expected), one.minutes, _rounded(one.per_minute))
    return (place, one.id, one.person, one.merchant, one.date, *amounts, one.result.verdict, one.severity, found)


def _found(entry: Entry, finding: Observation) -> Sequence[Value]:
    return (
        entry.id,
        finding.severity,
        finding.rule,
        finding.message,
        round(finding.confidence, 4),
        at_stake(finding),
        entry.person,
        entry.merchant,
        ", ".join(finding.fields),
        ", ".join(dict.fromkeys(place.receipt for place in finding.places)) or ", ".join(entry.result.receipts),
        ", ".join(finding.related),
        finding.key,
    )


def _claim(one: Entry) -> Sequence[Value]:
    category = one.case.claim.category if one.case.claim else ""
    found = (one.result.verdict, len(one.findings), one.severity)
    receipts = ", ".join(one.result.receipts)
    head = (one.id, one.person, one.merchant, one.date, category, one.money)
    return (*head, *found, one.stake, one.overpayment, receipts)


def _group_columns(what: str) -> Sequence[_Column]:
    counts = ("Claims", "With findings", "High", "Medium", "Low", "Dismissed")
    return (_Column(what, 32, True), *(_Column(name, 11) for name in counts), _Column("Currency", 10), *_AMOUNTS)


def _grouped(group: Group) -> Iterable[Sequence[Value]]:
    """A row for each currency; the counts stand in the first of them, so that they can be added up."""
    currencies = list(dict.fromkeys((*group.claimed, *group.stake))) or [""]
    for at, currency in enumerate(currencies):
        severities = (group.severities.get(name, 0) for name in ("high", "medium", "low"))
        counts = (group.claims, group.flagged, *severities, group.dismissed) if at == 0 else (None,) * 6
        amounts = [_of(totals.get(currency), currency) for totals in (group.claimed, group.stake, group.expected)]
        yield (group.name or "(none)", *counts, currency, amounts[0], amounts[1], _rounded(amounts[2]))


def _of(value: Decimal | None, currency: str) -> Money | None:
    return None if value is None else Money(value, currency)


def _dismissed(one: Dismissed) -> Sequence[Value]:
    said = one.dismissal
    held = said.merchant if said.scope == "merchant" else "this claim"
    return (one.claim_id, one.finding.rule, one.finding.message, said.reason, said.by, said.at.date(), held)
