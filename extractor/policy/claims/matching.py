"""Claims to receipts: by the file names that claims give first, the rest by what claim and receipt say.

1. A claim that names files has those. A name that leads to no file is told, and the claim goes on as if it named none.
2. Claims and receipts that are left are paired by score and assignment (pairing.py).
3. What still doesn't fit is put together where it adds up exactly (groups.py): several receipts to one claim, several
   claims to one receipt, within a few days and at one merchant.
4. Receipts that nobody claims stay as cases of their own.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from extractor.policy.cases import Case, Claim, Converts, Observation, ReceiptEvidence
from extractor.policy.claims.groups import by_day, claims_for, receipts_for
from extractor.policy.claims.pairing import Pair, assign, candidates
from extractor.policy.claims.telling import listed, observation

NOT_FOUND, MATCHED, UNCLAIMED = "receipt_not_found", "receipt_matched", "receipt_unclaimed"
CLEAR = 0.1
"""By how much a pair must be ahead of the claim's next best receipt to be clear."""
SAFE = 0.7


@dataclass(frozen=True)
class Matching:
    """The cases of an audit: one a claim in the order given, then one for each receipt that nobody claims; and what was
    noticed on the way, by case id."""

    cases: tuple[Case, ...]
    notes: tuple[tuple[str, Observation], ...]

    @property
    def unclaimed(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.claim is None)


def match(claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], rates: Converts | None = None) -> Matching:
    """Claims with their receipts. Deterministic: the same lists in the same order give the same cases.

    Raises ValueError where two claims share an id, MissingExtra (see pairing.assign).
    """
    if len({claim.claim_id for claim in claims}) != len(claims):
        raise ValueError("claims need ids of their own")
    matcher = _Matcher(claims, receipts, rates)
    matcher.by_name()
    matcher.by_likeness()
    matcher.by_sums()
    return matcher.result()


class _Matcher:
    def __init__(self, claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], rates: Converts | None) -> None:
        self.claims = claims
        self.receipts = receipts
        self.rates = rates
        self.held: dict[int, list[int]] = {number: [] for number in range(len(claims))}
        self.claimed: defaultdict[int, list[int]] = defaultdict(list)
        self.notes: list[tuple[str, Observation]] = []

    def by_name(self) -> None:
        named: defaultdict[str, list[int]] = defaultdict(list)
        for place, receipt in enumerate(self.receipts):
            named[_parts(receipt.name)[-1]].append(place)
        for number, claim in enumerate(self.claims):
            for name in claim.receipts:
                parts = _parts(name)
                found = [place for place in named.get(parts[-1], ()) if self._ends_in(place, parts)] if parts else []
                if len(found) == 1:
                    self._give(number, found[0])
                else:
                    self._tell(number, _missing(name, len(found)))

    def by_likeness(self) -> None:
        claims = {number: claim for number, claim in enumerate(self.claims) if not self.held[number]}
        free = {place: receipt for place, receipt in enumerate(self.receipts) if self._is_free(place)}
        found = candidates(claims, free, self.rates)
        chosen = sorted(assign(found).items())
        for number, pair in chosen:
            self._give(number, pair.receipt)
        for number, pair in chosen:
            self._tell(number, self._paired(pair, found[number]))

    def by_sums(self) -> None:
        near = by_day((place, receipt.date) for place, receipt in enumerate(self.receipts))
        for number, claim in enumerate(self.claims):
            free = {place: self.receipts[place] for place in near(claim.date) if self._is_free(place)}
            parts = receipts_for(claim, [self.receipts[place] for place in self.held[number]], free)
            for place in parts:
                self._give(number, place)
            if parts:
                self._tell(number, self._put_together(number))
        near = by_day((number, claim.date) for number, claim in enumerate(self.claims))
        for place, receipt in enumerate(self.receipts):
            alone = {number: self.claims[number] for number in near(receipt.date) if not self.held[number]}
            shares = claims_for(receipt, [self.claims[number] for number in self.claimed[place]], alone)
            for number in shares:
                self._give(number, place)
            for number in shares:
                self._tell(number, self._shared(place, number))

    def result(self) -> Matching:
        cases = [
            Case(claim.claim_id, claim, tuple(self.receipts[place] for place in self.held[number]))
            for number, claim in enumerate(self.claims)
        ]
        taken = {case.id for case in cases}
        for place, receipt in enumerate(self.receipts):
            if not self._is_free(place):
                continue
            name = _free_name(receipt, taken)
            taken.add(name)
            cases.append(Case(name, None, (receipt,)))
            self.notes.append(
                (name, observation(UNCLAIMED, "low", f"No claim goes with {receipt.name}.", confidence=1.0))
            )
        return Matching(tuple(cases), tuple(self.notes))

    def _is_free(self, place: int) -> bool:
        return not self.claimed[place]

    def _give(self, number: int, place: int) -> None:
        if place not in self.held[number]:
            self.held[number].append(place)
            self.claimed[place].append(number)

    def _tell(self, number: int, found: Observation) -> None:
        self.notes.append((self.claims[number].claim_id, found))

    def _ends_in(self, place: int, parts: tuple[str, ...]) -> bool:
        receipt = self.receipts[place]
        return _parts(str(receipt.path or receipt.record.file))[-len(parts) :] == parts

    def _paired(self, pair: Pair, others: Sequence[Pair]) -> Observation:
        name = self.receipts[pair.receipt].name
        rival = max((other for other in others if other is not pair), key=lambda other: other.score, default=None)
        message = f"Names no receipt; {name} fits best ({pair.explained()})"
        if rival is not None and rival.score > pair.score - CLEAR and self._is_free(rival.receipt):
            message += f", {self.receipts[rival.receipt].name} nearly as well. Look which it is."
            return observation(MATCHED, "medium", message, confidence=pair.score)
        if pair.score < SAFE:
            message += ", and not well. Look whether it is the one."
            return observation(MATCHED, "medium", message, confidence=pair.score)
        return observation(MATCHED, "low", f"{message}.", confidence=pair.score)

    def _put_together(self, number: int) -> Observation:
        names = [self.receipts[place].name for place in self.held[number]]
        message = f"{listed(names, 5)} together make up the amount claimed."
        return observation(MATCHED, "low", message, confidence=0.9)

    def _shared(self, place: int, number: int) -> Observation:
        others = [self.claims[other].claim_id for other in self.claimed[place] if other != number]
        message = f"Together with {listed(others, 5)} this claim makes up the total of {self.receipts[place].name}."
        return observation(MATCHED, "low", message, confidence=0.9, related=others)


def _parts(name: str) -> tuple[str, ...]:
    # Some systems write "é" as two signs, others as one.
    return PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/").casefold()).parts


def _missing(name: str, found: int) -> Observation:
    message = (
        f"Names {found} receipts at once: there are as many files {name}. Write its folder with it."
        if found
        else f"The receipt {name} is not among the receipts given. Ask for it."
    )
    return observation(NOT_FOUND, "medium", message, confidence=1.0)


def _free_name(receipt: ReceiptEvidence, used: Container[str]) -> str:
    """A case's id for a receipt alone: its name, or with as much of its folder or content as sets it apart."""
    names = (receipt.name, str(receipt.path or receipt.record.file), f"{receipt.name} {receipt.record.sha256[:8]}")
    for name in names:
        if name not in used:
            return name
    number = 2
    while f"{receipt.name} ({number})" in used:
        number += 1
    return f"{receipt.name} ({number})"
