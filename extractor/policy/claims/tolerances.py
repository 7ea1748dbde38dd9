"""How far a claim may lie from its receipt before anybody is told."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class Tolerances(BaseModel):
    """What counts as the same. Money of one currency is compared exactly; only cash rounding is let pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=3, ge=0, le=366)
    """Between the day claimed and the day on the receipt."""
    rounding_units: int = Field(default=5, ge=0)
    """Minor units by which a total may be rounded for cash (5 cents), where the amount claimed is printed as well."""
    rate_share: Decimal = Field(default=Decimal("0.03"), ge=0, le=1)
    """By how much a card's exchange rate may differ from the one published, as a share."""
    merchant: float = Field(default=0.55, ge=0, le=1)
    """From this likeness on, two names are one merchant."""
    printed_merchant: float = Field(default=0.85, ge=0, le=1)
    """From this likeness on, a merchant's name is taken to stand somewhere on the receipt."""
    sure: float = Field(default=0.7, ge=0, le=1)
    """From this confidence on, an over-claim is one and has an overpayment; below, the amount is unclear."""
