"""The simulated year: companies that know nothing of each other, their honest claims, and the abuse planted among them.

The corpora hold a few hundred receipts a split and the year thousands of claims, while a receipt that is claimed twice
is a duplicate. So the claims are spread over companies, each of which draws every receipt at most once and is audited
by itself, with a history of its own. The days of the claims are those of the receipts, which are of many years: the
"year" is the structure of the claims, not a calendar.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractor.policy.cases import Case
from training.benchmark.expense_year.abuses import ABUSES, PROHIBITED, Office, Pools
from training.benchmark.expense_year.honesty import World, Writer, objections
from training.benchmark.expense_year.pictures import Altered
from training.benchmark.expense_year.receipts import Held

CLAIMS, COMPANIES, PEOPLE = 5000, 20, 120
SHARE = 0.06
NAMES = ("Asha", "Bruno", "Chiara", "Dov", "Elif", "Femi", "Goran", "Hana", "Ines", "Jonas", "Kaya", "Liam")


@dataclass(frozen=True)
class Company:
    """One company's year. `planted` tells the kind of each abusive claim; `halves` for each honest claim whose receipt
    somebody claimed again which claim that is."""

    cases: tuple[Case, ...]
    planted: Mapping[str, str]
    halves: Mapping[str, str]


def pools_of(receipts: Sequence[Held], altered: Sequence[Altered], world: World) -> Pools:
    """Receipts by what they are good for: honest claims, or abuse of what the policy doesn't pay for.

    Such as the policy objects to for other reasons (above a cap, say) are in neither.
    """
    against = {held.id: {one.rule for one in objections(held, world)} for held in receipts}
    return Pools(
        honest=[held for held in receipts if not against[held.id]],
        prohibited=[held for held in receipts if against[held.id] and against[held.id] <= set(PROHIBITED)],
        altered=altered,
    )


def simulate(pools: Pools, world: World, seed: int, claims: int = CLAIMS, companies: int = COMPANIES) -> list[Company]:
    """The year, the same for the same seed. SHARE of the claims are abusive, every kind as often as the others, as far
    as there are receipts for it."""
    chance = random.Random(seed)
    days = tuple(held.day for held in pools.honest if held.day)
    people = [f"{name} {number // len(NAMES) + 1}" for number in range(PEOPLE) for name in [NAMES[number % len(NAMES)]]]
    offices = [
        Office(number + 1, people[number::companies], pools, Writer(world, random.Random(chance.random()), days))
        for number in range(companies)
    ]
    made = [_Made() for _ in offices]
    kinds = list(ABUSES)
    plan = [kinds[number % len(kinds)] for number in range(round(claims * SHARE))]
    chance.shuffle(plan)
    for number, kind in enumerate(plan):
        _plant(kind, [(number + step) % companies for step in range(companies)], offices, made)
    for office, one in zip(offices, made, strict=True):
        while len(one.cases) < claims // companies and (held := office.receipt()) is not None:
            one.cases.append(office.honest(held))
        chance.shuffle(one.cases)
    return [Company(tuple(one.cases), one.planted, one.halves) for one in made]


class _Made:
    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.planted: dict[str, str] = {}
        self.halves: dict[str, str] = {}


def _plant(kind: str, order: Sequence[int], offices: Sequence[Office], made: Sequence[_Made]) -> None:
    """In the first of the offices that has a receipt for it."""
    for number in order:
        cases = ABUSES[kind].make(offices[number])
        if cases:
            made[number].cases += cases
            made[number].planted[cases[-1].id] = kind
            made[number].halves |= {case.id: cases[-1].id for case in cases[:-1]}
            return
