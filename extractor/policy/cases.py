"""What an audit looks at: claims, the receipts behind them, and what is found.

Everything that finds something (rules of a policy, the comparison of claim and receipt, duplicates, signs of tampering,
statistics) is an `Examiner`: it sees all cases of an audit at once and answers with observations, each of one case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField

from extractor.policy.money import UNKNOWN, Money
from extractor.types import BoxList, Document, Extraction, Finding


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Frozen):
    """One line of an expense report, as it was handed in. What the claimant left out is None or empty."""

    claim_id: str
    employee: str = ""
    date: dt.date | None = None
    """The day of the expense as claimed."""
    submitted: dt.date | None = None
    """The day on which the claim was handed in."""
    merchant: str = ""
    amount: Decimal | None = None
    currency: str = UNKNOWN
    category: str = ""
    country: str = ""
    """ISO 3166 alpha-2, where the claim says it."""
    attendees: int | None = None
    nights: int | None = None
    trip: str = ""
    trip_start: dt.date | None = None
    trip_end: dt.date | None = None
    tax: Decimal | None = None
    """Tax to be reclaimed, as claimed."""
    description: str = ""
    receipts: tuple[str, ...] = ()
    """File names of receipts that the claim points at; empty where it names none."""

    @property
    def money(self) -> Money | None:
        return None if self.amount is None else Money(self.amount, self.currency)


@dataclass(frozen=True)
class ReceiptEvidence:
    """A receipt as it was read: its record, its file where there is one, and its words and pages where kept."""

    record: Extraction
    path: Path | None = None
    document: Document | None = None

    @property
    def name(self) -> str:
        """The file's name, by which claims point at it; `(unnamed)` where a record names none."""
        return (self.path or Path(self.record.file)).name or "(unnamed)"

    def value(self, field: str) -> str | None:
        return self.record.receipt.value(field)

    def confidence(self, field: str) -> float:
        """How surely a field was read, 0–1; 0 where it was not."""
        found = self.record.receipt.fields.get(field)
        return found.confidence if found else 0.0

    def money(self, field: str = "total") -> Money | None:
        """An amount with the receipt's currency (`XXX` where that was not read); None where the amount was not read."""
        value = self.value(field)
        return None if value is None else Money.of(value, self.value("currency"))

    @property
    def date(self) -> dt.date | None:
        value = self.value("date")
        return None if value is None else dt.date.fromisoformat(value)


@dataclass(frozen=True)
class Case:
    """One decision to take: a claim with its receipts, a claim without any, or a receipt alone (claim None)."""

    id: str
    """The claim's id; a receipt's file name where there is no claim. Unique in an audit."""
    claim: Claim | None = None
    receipts: tuple[ReceiptEvidence, ...] = ()


class Place(_Frozen):
    """Where on a receipt a finding rests: `receipt` is the file's name; `box` is in 0–1 of the upright page."""

    receipt: str
    field: str = ""
    page: int | None = None
    box: BoxList | None = None


class Observation(Finding):
    """A finding with what an auditor needs beside it: how sure it is, where it shows and what money is at stake.

    `confidence` combines how reliable the rule is with how surely the values that it rests on were read.
    `at_stake` is a plain decimal string in `currency`, or None where no sum can be named.
    """

    confidence: float = PydanticField(1.0, ge=0.0, le=1.0)
    places: tuple[Place, ...] = ()
    at_stake: str | None = None
    currency: str | None = None
    related: tuple[str, ...] = ()
    """Ids of other cases, or names of other receipts, that it concerns (the other half of a duplicate)."""
    key: str = ""
    """What it rests on (dismissals.finding_key), by which a dismissal knows it again; filled in by the audit."""

    def plain(self) -> Finding:
        """As it stands in the record of a document."""
        return Finding(rule=self.rule, severity=self.severity, message=self.message, fields=list(self.fields))


class Converts(Protocol):
    """Dated exchange rates, as far as anything that examines cases needs them."""

    def convert(self, money: Money, to: str, day: dt.date) -> Money | None:
        """`money` in the currency `to` at the rate of a day; None where no rate is known."""
        ...


@dataclass(frozen=True)
class Situation:
    """What is known beside the cases: the day of the audit, and rates (rates.py) where any were given."""

    today: dt.date = field(default_factory=dt.date.today)
    currency: str | None = None
    """The currency in which money at stake is added up, where rates allow."""
    rates: Converts | None = None


class Examiner(Protocol):
    """Finds things. Deterministic; never changes what it is given."""

    @property
    def rules(self) -> Sequence[str]:
        """The names of the rules under which it reports."""
        ...

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        """Pairs of a case's id and what was observed of it."""
        ...
