"""Sums on a receipt: warnings where they don't add up, and the choice among candidates that makes them add up.

How often identities hold on teacher labels of the train split (SROIE / photographs; within 0.03; 1,059 receipts with a
subtotal and a total, of which 138 show a discount):

    subtotal + tax + service + rounding = total, where tax is shown           0.91 / 0.81
    ... with the discount already taken off the subtotal (where one is shown)  0.94 / 0.71
    ... with the discount subtracted from it                                   0.03 / 0.22
    subtotal + service + rounding = total although tax is shown (inclusive)    0.01 / 0.04
    one of these                                                               0.995 / 0.957
    items = subtotal                                                           0.30 / 0.87
    items, with some of tax, service, discount, and rounding = total           1.00 / 0.96
    tax at most 30 % of the rest                                               1.00 / 0.997

Malaysian receipts print items with tax, hence the 0.30. So "one of these" earns a bonus, and so do items that fit the
subtotal or the total in some way; where no such way exists, a warning is nearly always right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product

from extractor.types import AMOUNT_FIELDS, Notice

_UNIT = 1000  # sums are done in whole thousandths: exact, and much faster than Decimal
_ROUNDED = 50  # a cash total may be rounded to 0.05 without saying so
_EXACT = 10
_HIGHEST_TAX = Decimal("0.30")  # Hungary's 27 % and India's 28 % are the highest common rates
_TOP, _SPREAD = 4, 8.0
_TOTAL_BONUS, _SAME_BONUS, _ITEMS_BONUS = 2.5, 0.5, 1.5
_MOST_BONUS = _TOTAL_BONUS + _ITEMS_BONUS

Candidates = Sequence[tuple[Decimal | None, float]]


def consistency(amounts: Mapping[str, Decimal], item_amounts: Sequence[Decimal]) -> list[Notice]:
    """Warnings about amounts that don't add up: `total_mismatch`, `items_mismatch`, `tax_rate_implausible`.

    `amounts` holds the amount fields that were read, `item_amounts` the amounts of the line items. Prices with or
    without tax, discounts already taken off or not, and unprinted rounding to 0.05 all pass.
    """
    units = {name: _units(value) for name, value in amounts.items() if name in AMOUNT_FIELDS}
    items = [_units(value) for value in item_amounts]
    found: list[Notice] = []
    total, subtotal = units.get("total"), units.get("subtotal")
    if total is not None and subtotal is not None and not _near(total, _totals_from(subtotal, units), _ROUNDED):
        found.append(_total_notice(amounts))
    if items and (total is not None or subtotal is not None) and not _items_fit(sum(items), units, _ROUNDED):
        against = "total" if total is not None else "subtotal"
        sums = f"add up to {sum(item_amounts, Decimal(0))}, which fits no way of reaching the {against}"
        message = f"The line items {sums} {amounts[against]}: an item may be missing or misread."
        found.append(Notice(code="items_mismatch", message=message))
    found.extend(_tax_notices(amounts))
    return found


def choose_consistent(candidates: Mapping[str, Candidates], item_amounts: Sequence[Decimal]) -> dict[str, int | None]:
    """The candidate of each field, by its place in the list given, that together are the most plausible.

    Candidates are (value, log-probability); value None says "not on the document". The sum of log-probabilities, plus
    a bonus where an identity holds, is maximised over the four likeliest of each field. None in the answer: absent.
    Nothing outside the candidates is ever chosen.
    """
    fields = [name for name in candidates if candidates[name]]
    shortlists = [_shortlist(candidates[name]) for name in fields]
    items = sum(_units(value) for value in item_amounts) if item_amounts else None
    best_score, best = -math.inf, tuple(shortlist[0] for shortlist in shortlists)
    for choice in product(*shortlists):
        likelihood = sum(option[2] for option in choice)
        if likelihood + _MOST_BONUS <= best_score:
            continue
        units = {name: option[1] for name, option in zip(fields, choice, strict=True) if option[1] is not None}
        score = likelihood + _bonus(units, items)
        if score > best_score:
            best_score, best = score, choice
    chosen: dict[str, int | None] = dict.fromkeys(candidates)
    for name, (place, value, _) in zip(fields, best, strict=True):
        chosen[name] = None if value is None else place
    return chosen


def possible_totals(amounts: Mapping[str, Decimal], item_amounts: Sequence[Decimal]) -> list[Decimal]:
    """The totals to which the subtotal, or where there is none the items, may lead, ascending: tax in it or not,
    discount taken off or not. Empty where neither was read."""
    units = {name: _units(value) for name, value in amounts.items() if name in AMOUNT_FIELDS}
    base = units.get("subtotal", sum(_units(value) for value in item_amounts) if item_amounts else None)
    return [] if base is None else [Decimal(each) / _UNIT for each in sorted(_totals_from(base, units))]


_Option = tuple[int, int | None, float]


def _shortlist(options: Candidates) -> list[_Option]:
    """The likeliest candidates as (place, thousandths, log-probability), those too unlikely to win left out."""
    ranked = sorted(enumerate(options), key=lambda pair: -pair[1][1])[:_TOP]
    highest = ranked[0][1][1]
    return [
        (place, None if value is None else _units(value), chance)
        for place, (value, chance) in ranked
        if chance >= highest - _SPREAD
    ]


def _bonus(units: Mapping[str, int], items: int | None) -> float:
    bonus = 0.0
    total, subtotal = units.get("total"), units.get("subtotal")
    if total is not None and subtotal is not None and _near(total, _totals_from(subtotal, units), _EXACT):
        # A total that merely repeats the subtotal says little; one that needs tax or service to fit says much.
        bonus += _SAME_BONUS if total == subtotal else _TOTAL_BONUS
    if items is not None and _items_fit(items, units, _EXACT):
        bonus += _ITEMS_BONUS
    return bonus


def _totals_from(base: int, units: Mapping[str, int]) -> set[int]:
    """The totals that a subtotal may lead to: tax in it or not, discount taken off or not."""
    fixed = base + units.get("service_charge", 0) + units.get("rounding", 0)
    discount = abs(units.get("discount", 0))
    return {fixed + tax - off for tax in (0, units.get("tax", 0)) for off in (0, discount)}


def _items_fit(items: int, units: Mapping[str, int], within: int) -> bool:
    """Whether the sum of the items leads to the subtotal or the total."""
    discount, tax = abs(units.get("discount", 0)), units.get("tax", 0)
    subtotal, total = units.get("subtotal"), units.get("total")
    if subtotal is not None and _near(subtotal, {items, items - discount, items - tax, items - discount - tax}, within):
        return True
    if total is None:
        return False
    without_service = dict(units, service_charge=0)
    return _near(total, _totals_from(items, units) | _totals_from(items, without_service), within)


def _near(value: int, sums: Iterable[int], within: int) -> bool:
    return any(abs(value - each) <= within for each in sums)


def _units(value: Decimal) -> int:
    return int((value * _UNIT).to_integral_value())


def _total_notice(amounts: Mapping[str, Decimal]) -> Notice:
    names = {"tax": "tax", "service_charge": "service charge", "discount": "discount", "rounding": "rounding"}
    parts = [f"{label} {amounts[name]}" for name, label in names.items() if amounts.get(name)]
    together = f" with {', '.join(parts)}" if parts else ""
    message = f"The subtotal {amounts['subtotal']}{together} does not lead to the total {amounts['total']}."
    return Notice(code="total_mismatch", message=message)


def _tax_notices(amounts: Mapping[str, Decimal]) -> list[Notice]:
    tax, whole = amounts.get("tax"), amounts.get("total", amounts.get("subtotal"))
    if tax is None or whole is None or tax <= 0 or whole <= 0:
        return []
    net = whole - tax
    if net > 0 and tax / net <= _HIGHEST_TAX:
        return []
    message = (
        f"The tax {tax} is more than 30 % of what the total {whole} leaves without it: one of them may be misread."
    )
    return [Notice(code="tax_rate_implausible", message=message)]
