"""What a synthetic document is about, before anything is laid out: who sold what to whom, where, when, for how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["receipt", "card_slip", "folio", "taxi", "fuel", "parking", "invoice"]
KINDS: tuple[Kind, ...] = ("receipt", "card_slip", "folio", "taxi", "fuel", "parking", "invoice")


@dataclass(frozen=True)
class Locale:
    """One language as it is printed in one country.

    `terms` maps a concept ("total", "subtotal", "tax", "cash", "change", "date", "time", "invoice_number", "table",
    "thanks", "customer" …) to the wordings that documents there print for it, the usual ones first. `dates` are
    patterns of `strftime` in the order that the country writes them, most usual first. `decimal` and `grouping` are its
    signs in amounts; `symbols` what stands at an amount ("€", "EUR", ""), `symbol_first` on which side.
    """

    language: str
    country: str
    currency: str
    faker: str
    script: Literal["latin", "cjk", "thai", "arabic", "devanagari"]
    terms: Mapping[str, tuple[str, ...]]
    dates: tuple[str, ...]
    decimal: str = "."
    grouping: str = ","
    places: int = 2
    symbols: tuple[str, ...] = ("",)
    symbol_first: bool = True
    tax_rates: tuple[Decimal, ...] = ()
    prices_with_tax: bool = True

    @property
    def name(self) -> str:
        return f"{self.language}_{self.country}"


@dataclass(frozen=True)
class Party:
    """A seller or a customer, as printed. `address` in lines."""

    name: str
    address: tuple[str, ...] = ()
    phone: str | None = None
    tax_id: str | None = None
    website: str | None = None
    registration: str | None = None
    trading_name: str | None = None


@dataclass(frozen=True)
class Item:
    """One line of a purchase. `amount` is what the line adds to the subtotal. `code` is an article number."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    code: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Purchase:
    """Everything that is known of one purchase; a layout prints some of it. Amounts add up:
    subtotal − discount + service_charge (+ tax where prices come without it) + rounding = total."""

    kind: Kind
    locale: Locale
    merchant: Party
    number: str
    when: datetime
    category: str
    items: tuple[Item, ...]
    subtotal: Decimal
    total: Decimal
    tax: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_included: bool = True
    service_charge: Decimal | None = None
    discount: Decimal | None = None
    rounding: Decimal | None = None
    customer: Party | None = None
    payment_method: Literal["cash", "card", "ewallet", "transfer", "other"] | None = None
    tendered: Decimal | None = None
    change: Decimal | None = None
    card_last4: str | None = None
    card_brand: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """More that documents of this kind print, by concept: table, cashier, room, arrival, plate, pump, litres …"""
