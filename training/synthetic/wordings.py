"""The data files behind synthetic documents: wordings a language (`data/de.yaml` …) and habits a country
(`data/countries.yaml`), read once, as text only.

YAML's own types are switched off (Norway's code is "no"), and several wordings of one thing are written on one line,
divided by " | ". An empty wording is kept: it says that documents may print nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

DATA = files("training.synthetic") / "data"

Wordings = tuple[str, ...]

CONCEPTS: tuple[str, ...] = (
    *("total", "subtotal", "tax", "tax_included", "net", "gross", "service_charge", "tip", "discount", "rounding"),
    *("cash", "card", "ewallet", "transfer", "change", "tendered"),
    *("approval", "terminal", "card_number", "merchant_copy", "customer_copy", "signature"),
    *("receipt", "invoice", "date", "time", "receipt_number", "invoice_number", "order", "page"),
    *("table", "cashier", "till", "guests", "quantity", "description", "unit_price", "amount", "items_count"),
    *("customer", "address", "phone", "tax_id", "registration", "website", "thanks", "policy"),
    *("guest", "folio", "room", "arrival", "departure", "nights", "lodging", "breakfast", "city_tax", "minibar"),
    *("laundry", "plate", "pump", "litres", "price_per_litre", "fuel_grades"),
    *("distance", "fare", "waiting", "toll", "booking_fee", "driver", "vehicle"),
    *("entry", "exit", "duration", "parking", "due_date", "payment_terms", "bank", "account"),
)
"""Every concept that a language has wordings for: the keys of `Locale.terms`, and of `Purchase.details`."""

SECTORS: tuple[str, ...] = (
    *("restaurant", "cafe", "grocery", "hotel", "fuel", "parking", "taxi", "pharmacy", "hardware", "clothing"),
    *("telecom", "office", "books", "leisure", "services"),
)
"""The trades that merchants are in: the keys of a language's `names`."""

GOODS: tuple[str, ...] = (
    *("meals", "groceries", "hardware", "clothing", "health", "office_supplies", "entertainment", "services"),
    *("telecom", "education"),
)
"""The expense categories whose items come from a language's lists."""


@dataclass(frozen=True)
class Language:
    """The words of one language: `terms` by concept, patterns of shop names by sector, items by expense category, and
    `emblem`, the phrases that shops are named after."""

    terms: Mapping[str, Wordings]
    emblem: Wordings
    names: Mapping[str, Wordings]
    goods: Mapping[str, Wordings]


@dataclass(frozen=True)
class Country:
    """The habits of one locale that `Locale` itself does not carry.

    `scale` is what 1 EUR of goods costs in the currency; prices are multiples of `step`; whole bills are rounded to
    `bill_step`, bills paid in cash to `cash_step`. `service` is the usual service charge of restaurants in per cent.
    `with_tax` says whether prices include tax: "yes", "no" or "mixed". `mix` names a second language on documents.
    `phone`, `tax_id` and `registration` are patterns where "#" is a
    digit and "?" a letter; `address` parts lines by "/".
    """

    language: str
    currency: str
    faker: str
    symbols: Wordings
    dates: Wordings
    rates: Wordings
    phone: Wordings
    address: Wordings
    legal: Wordings
    signs: str = ".,"
    after: str = "no"
    places_after_point: int = 2
    with_tax: str = "yes"
    scale: Decimal = Decimal(1)
    step: Decimal = Decimal("0.01")
    cash_step: Decimal | None = None
    bill_step: Decimal | None = None
    service: Decimal | None = None
    mix: str | None = None
    tax_id: Wordings = ()
    registration: Wordings = ()
    terms: Mapping[str, Wordings] = field(default_factory=dict)
    places: Mapping[str, Wordings] = field(default_factory=dict)
    chains: Mapping[str, Wordings] = field(default_factory=dict)


def _wordings(text: str) -> Wordings:
    return tuple(part.strip() for part in text.split("|")) if text.strip() else ()


def _table(raw: Mapping[str, str]) -> dict[str, Wordings]:
    return {key: _wordings(text) for key, text in raw.items()}


def _read(name: str) -> Any:
    # BaseLoader makes text of every scalar: no booleans out of "no", no numbers out of "7.70", and no code at all.
    return yaml.load((DATA / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@cache
def language(name: str) -> Language:
    """The words of a language, by the name of its data file ("de", "zh_hant")."""
    raw = _read(f"{name}.yaml")
    return Language(_table(raw["terms"]), _wordings(raw["emblem"]), _table(raw["names"]), _table(raw["goods"]))


HEAD_WORDS: Wordings = (
    *("slogan", "welcome", "thanks_at", "run_by", "place", "branch", "outlet", "above", "notice", "fare"),
)
"""What `data/heads.yaml` has for every language; what each means is said there."""


@cache
def head_words(name: str) -> Mapping[str, Wordings]:
    """What stands around names at the head of documents in a language, by its name as in `language`."""
    return _table(_read("heads.yaml")[name])


_SCRIPTS = {"zh_CN": "zh_hans", "zh_TW": "zh_hant", "zh_HK": "zh_hant"}


@cache
def countries() -> Mapping[str, Country]:
    """Every locale's habits, by its name ("de_CH")."""
    raw = _read("countries.yaml")
    entries = raw["countries"]
    return {
        name: _country(name, {**entries.get(entry.get("like"), {}), **entry}, raw["dates"])
        for name, entry in entries.items()
    }


def _country(name: str, raw: Mapping[str, Any], dates: Mapping[str, str]) -> Country:
    given: dict[str, Any] = {"language": _SCRIPTS.get(name, name.partition("_")[0]), "faker": name}
    for key, value in raw.items():
        if key in ("terms", "places", "chains"):
            given[key] = _table(value)
        elif key in ("symbols", "rates", "phone", "address", "legal", "tax_id", "registration"):
            given[key] = _wordings(value)
        elif key in ("scale", "step", "cash_step", "bill_step", "service"):
            given[key] = Decimal(value)
        elif key == "decimals":
            given["places_after_point"] = int(value)
        elif key == "dates":
            given[key] = _wordings(dates[value])
        elif key != "like":
            given[key] = value
    return Country(**given)
