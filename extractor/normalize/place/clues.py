"""What a clue is: something printed that speaks for countries, or against some, in natural-log units of odds.

A clue of a kind that is right in a share `r` of the documents that carry it, and that several countries share, gives
country c the log of how much likelier it is to be printed there than elsewhere:

    w(c) = log(1 + share(c) · r / (1 − r) · SPREAD)

which is naive Bayes where a wrong clue falls on any of `SPREAD` countries alike (I. J. Good, Probability and the
Weighing of Evidence, 1950). Within a kind only the strongest clue counts for a country: two cities of one address are
one piece of evidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SPREAD = 20
"""Among how many countries a wrong clue chooses; a few are on most receipts, so fewer than there are."""

RELIABILITY: dict[str, float] = {
    "country name": 0.80, "city": 0.80, "region": 0.92, "state": 0.98, "postcode": 0.95, "calling code": 0.85,
    "area code": 0.97, "phone shape": 0.75, "domain": 0.93, "tax number": 0.94, "tax word": 0.85, "company form": 0.93,
    "chain": 0.92, "payment": 0.70, "language": 0.90, "amounts": 0.70, "script": 0.90,
}  # fmt: skip
"""How often a clue of each kind is right, from counts on training documents, rounded and where rare held back."""

DEPENDENCE = 0.8
"""Kinds are not quite independent: each counts a little less than its own odds."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One piece of evidence: its kind, the words that carry it, and the weight of each country it speaks of."""

    kind: str
    text: str
    weights: Mapping[str, float]


def named(kind: str, text: str, shares: Mapping[str, float]) -> Clue:
    """A clue that names the countries of `shares`; shares that add up to less than 1 leave room for a coincidence."""
    odds = RELIABILITY[kind] / (1.0 - RELIABILITY[kind])
    return Clue(kind, text, {code: math.log1p(share * odds * SPREAD) for code, share in shares.items()})


def weigh(clues: Iterable[Clue]) -> dict[str, float]:
    """The evidence for each country that a clue speaks of, summed over the kinds."""
    strongest: dict[tuple[str, str], float] = {}
    for clue in clues:
        for code, weight in clue.weights.items():
            key = (clue.kind, code)
            if key not in strongest or abs(weight) > abs(strongest[key]):
                strongest[key] = weight
    total: dict[str, float] = {}
    for (_, code), weight in strongest.items():
        total[code] = total.get(code, 0.0) + DEPENDENCE * weight
    return total


def shares(listed: str) -> dict[str, float]:
    """ "CA:0.65 NZ:0.22" or "SG" as a mapping; a country without a share has all of it, several share alike."""
    parts = [part.partition(":") for part in listed.split()]
    return {code: float(share) if share else 1.0 / len(parts) for code, _, share in parts}
