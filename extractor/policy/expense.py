"""A case as rules look at it: each value once, with where it comes from and how sure it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeVar

from extractor.normalize.text import fold
from extractor.policy.cases import Case, Claim, Place, ReceiptEvidence
from extractor.policy.money import UNKNOWN, Money
from extractor.types import Field

T = TypeVar("T")

_SAYS_ITS_ORDER = re.compile(r"[^\W\d_]{3}|[年月日]|^\D*\d{4}\D")
"""A printed date whose day and month can't be confused: a month by its name, or the year first."""


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A value with what it rests on: fields of the record ("total") or of the claim ("claim.amount"), how surely they
    were read together (1 for what a person claimed), and their places on a receipt."""

    value: T
    fields: tuple[str, ...]
    confidence: float = 1.0
    places: tuple[Place, ...] = ()


EITHER_WAY: Fact[str] = Fact("day or month", (), 0.5)
"""What a finding rests on that would not stand if day and month were meant the other way round."""


@dataclass(frozen=True)
class Slip:
    """A receipt's values as facts. A value that can't be one (a date that is none) counts as not read."""

    evidence: ReceiptEvidence

    def text(self, name: str) -> Fact[str] | None:
        """A field as it was read; None where it was not."""
        found = self.evidence.record.receipt.fields.get(name)
        return None if found is None else self.fact(found.value, name, found)

    def money(self, name: str = "total") -> Fact[Money] | None:
        """An amount in the receipt's currency (XXX where that was not read)."""
        amount, currency = self.text(name), self.text("currency")
        if amount is None:
            return None
        try:
            money = Money.of(amount.value, currency.value if currency else UNKNOWN)
        except ValueError:
            return None
        if currency is None:
            return Fact(money, amount.fields, amount.confidence, amount.places)
        sure = amount.confidence * currency.confidence
        return Fact(money, (*amount.fields, *currency.fields), sure, amount.places)

    @cached_property
    def date(self) -> Fact[dt.date] | None:
        found = self.text("date")
        if found is None:
            return None
        try:
            return Fact(dt.date.fromisoformat(found.value), found.fields, found.confidence, found.places)
        except ValueError:
            return None

    @cached_property
    def date_turned(self) -> dt.date | None:
        """The date with day and month the other way round, where they could have been read so; else None."""
        if self.date is None:
            return None
        day, printed = self.date.value, self.evidence.record.receipt.fields["date"].text
        if day.day > 12 or day.day == day.month or _SAYS_ITS_ORDER.search(printed):
            return None
        return day.replace(month=day.day, day=day.month)

    def fact(self, value: T, name: str, found: Field) -> Fact[T]:
        """A fact that rests on one value of the record."""
        return Fact(value, (name,), found.confidence, (self.place(name, found),))

    def place(self, name: str, found: Field) -> Place:
        return Place(receipt=self.evidence.name, field=name, page=found.page, box=found.box)


class Expense:
    """One case. Where the claim says something, that is what counts: it is what would be paid; else the receipt."""

    def __init__(self, case: Case, category_names: Mapping[str, str] | None = None) -> None:
        self.case = case
        self._category_names = category_names or {}
        self.slips = tuple(Slip(receipt) for receipt in case.receipts)
        self._first = self.slips[0] if self.slips else None

    @property
    def claim(self) -> Claim | None:
        return self.case.claim

    @property
    def employee(self) -> str:
        return self.claim.employee if self.claim else ""

    @cached_property
    def amount(self) -> Fact[Money] | None:
        """What is to be paid: the amount claimed, else the total of the receipt."""
        if self.claim and self.claim.money is not None:
            return Fact(self.claim.money, ("claim.amount",))
        return self._first.money() if self._first else None

    @cached_property
    def date(self) -> Fact[dt.date] | None:
        if self.claim and self.claim.date:
            return Fact(self.claim.date, ("claim.date",))
        return self._first.date if self._first else None

    @cached_property
    def merchant(self) -> Fact[str] | None:
        return self._either("merchant", "merchant_name")

    @cached_property
    def category(self) -> Fact[str] | None:
        """The category under its usual name: what a company calls it is looked up in the policy's category_names."""
        found = self._either("category", "expense_category")
        if found is None:
            return None
        name = fold(found.value)
        return Fact(self._category_names.get(name, name), found.fields, found.confidence, found.places)

    @cached_property
    def country(self) -> Fact[str] | None:
        found = self._either("country", "country")
        return found and Fact(found.value.upper(), found.fields, found.confidence, found.places)

    def day(self, today: dt.date) -> dt.date:
        """The day at whose rate money is converted."""
        return self.date.value if self.date else today

    def _either(self, claimed: str, read: str) -> Fact[str] | None:
        said = getattr(self.claim, claimed) if self.claim else ""
        if said:
            return Fact(said, (f"claim.{claimed}",))
        return self._first.text(read) if self._first else None


def percent(share: Decimal) -> str:
    """A share as a person reads it: "23 %", "12.5 %"."""
    return f"{round(100 * share, 1).normalize():f} %"
