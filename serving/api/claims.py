"""Claims and records as they come from outside: what could not be reckoned with is refused by its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from extractor.policy.cases import Claim
from extractor.truth import decimal
from extractor.types import AMOUNT_FIELDS, Extraction
from extractor.types import Field as Value
from serving.problems import Fault

Text = Annotated[str, Field(max_length=1000)]
Sum = Annotated[Decimal, Field(max_digits=15, decimal_places=6)]
Day = Annotated[dt.date, Field(ge=dt.date(1970, 1, 1), le=dt.date(2199, 12, 31))]


class ClaimIn(Claim):
    """One line of an expense report. What is left out isn't known."""

    claim_id: Annotated[str, Field(min_length=1, max_length=200)]
    employee: Text = ""
    date: Day | None = Field(None, description="The day of the expense.")
    submitted: Day | None = Field(None, description="The day on which the claim was handed in.")
    merchant: Text = ""
    amount: Sum | None = Field(None, description="A plain decimal, best as a string.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217; XXX where unknown.")] = "XXX"
    category: Text = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$", description="ISO 3166 alpha-2.")] = ""
    attendees: int | None = Field(None, ge=0, le=100_000)
    nights: int | None = Field(None, ge=0, le=100_000)
    trip: Text = ""
    trip_start: Day | None = None
    trip_end: Day | None = None
    tax: Sum | None = Field(None, description="Tax to be reclaimed, as claimed.")
    description: Text = ""
    receipts: Annotated[tuple[Text, ...], Field(max_length=100)] = Field(
        (), description="File names of its receipts; where it names none, they are found by sum, day and merchant."
    )


def repeated_ids(claims: Sequence[Claim]) -> Iterator[Fault]:
    """Claims whose id stood before: their findings could not be told apart."""
    seen: set[str] = set()
    for number, claim in enumerate(claims):
        if claim.claim_id in seen:
            yield Fault(place=f"body.claims.{number}.claim_id", message="stands twice")
        seen.add(claim.claim_id)


def unusable(records: Sequence[Extraction]) -> Iterator[Fault]:
    """What in records is not as Tailor writes it, so that nothing can be reckoned with it."""
    for number, record in enumerate(records):
        place = f"body.records.{number}.receipt"
        for name, found in record.receipt.fields.items():
            said = _wrong(name, found)
            if said:
                yield Fault(place=f"{place}.fields.{name[:60]}", message=said)
        for row, item in enumerate(record.receipt.line_items):
            for part in ("description", "quantity", "unit_price", "amount"):
                found_part: Value | None = getattr(item, part)
                said = _wrong("total" if part in ("unit_price", "amount") else part, found_part) if found_part else ""
                if said:
                    yield Fault(place=f"{place}.line_items.{row}.{part}", message=said)


def _wrong(name: str, found: Value) -> str:
    if found.box is not None and not _inside(found.box):
        return "has a box that isn't ordered inside the unit square"
    if len(found.value) > 5000 or len(found.text) > 5000:
        return "is too long"
    if name in AMOUNT_FIELDS and decimal(found.value) is None:
        return "is no plain decimal"
    if name == "date" and not _is_day(found.value):
        return "is no date YYYY-MM-DD"
    if name == "currency" and not (len(found.value) == 3 and found.value.isascii() and found.value.isalpha()):
        return "is no code of ISO 4217"
    return ""


def _inside(box: Sequence[float]) -> bool:
    x0, y0, x1, y1 = box
    return 0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1


def _is_day(text: str) -> bool:
    try:
        return 1970 <= dt.date.fromisoformat(text).year <= 2199
    except ValueError:
        return False
