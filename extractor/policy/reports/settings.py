"""What a report may be told: how long reviews take, and how much of it goes into the page."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReviewKind(_Frozen):
    """A kind of finding and how long a person needs to settle one, in minutes."""

    name: str
    rules: tuple[str, ...]
    """Names of rules, `*` standing for anything; the first kind that fits a rule is taken."""
    minutes: Decimal = Field(gt=0)


DEFAULT_KINDS = (
    ReviewKind(name="duplicates", rules=("duplicate_*", "card_slip_and_bill"), minutes=Decimal("3")),
    ReviewKind(name="signs of tampering", rules=("tampering_*",), minutes=Decimal("8")),
    ReviewKind(name="statistics", rules=("outlier_*", "unusual_*", "benford*", "habit_*"), minutes=Decimal("6")),
    ReviewKind(
        name="claim against receipt",
        rules=("amount_*", "receipt_*", "tax_over_claimed", "tax_unverified", "*_differs", "claim_*", "rate_missing"),
        minutes=Decimal("2"),
    ),
    ReviewKind(name="policy", rules=("*",), minutes=Decimal("2")),
)
"""Assumptions, not measurements: put your own auditors' times in their place. The report states them."""


class ReportSettings(_Frozen):
    """Settings of `write_report`. The defaults keep the page under about 5 MB for any number of claims."""

    title: str = "Expense audit"
    kinds: tuple[ReviewKind, ...] = DEFAULT_KINDS
    minutes_per_claim: Decimal = Field(default=Decimal("1"), ge=0)
    """Opening a claim and its receipts, whatever was found; the minutes of each kind found come on top, once each."""

    queue_rows: int = Field(default=500, ge=1)
    """Claims of the review queue that the page lists; the workbook and queue.jsonl list all."""
    cards: int = Field(default=150, ge=0)
    """Claims that the page tells in full, from the top of the queue."""
    crops: int = Field(default=60, ge=0)
    """Pictures in the page, from the top of the queue."""
    crop_kilobytes: int = Field(default=40, ge=4)
    """The most that one picture takes (before base64, which adds a third)."""
    sheet_crops: int = Field(default=40, ge=0)
    """Pictures in the workbook, for findings of high severity from the top of the queue."""
    group_rows: int = Field(default=25, ge=1)
    """Persons, merchants and rules that the page lists each; the workbook lists all."""
    dismissed_rows: int = Field(default=200, ge=0)
    dpi: int = Field(default=150, ge=50, le=600)
    """At which PDF pages are drawn for the pictures."""
    password: str | None = Field(default=None, repr=False)
    """Opens protected PDFs."""

    def kind(self, rule: str) -> ReviewKind:
        """The kind of a rule; two minutes for a rule that none of the kinds names."""
        for kind in self.kinds:
            if any(fnmatchcase(rule, pattern) for pattern in kind.rules):
                return kind
        return ReviewKind(name="other", rules=("*",), minutes=Decimal("2"))
