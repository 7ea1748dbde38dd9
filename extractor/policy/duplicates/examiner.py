"""Flags cases whose receipt was handed in before, in an earlier audit or earlier in this one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from extractor.policy.cases import Case, Observation, Place, ReceiptEvidence, Situation
from extractor.policy.duplicates.comparing import Comparison, Kind
from extractor.policy.duplicates.fingerprint import Fingerprint, fingerprint, first_picture
from extractor.policy.duplicates.index import Index, Match, Owner
from extractor.policy.duplicates.purchase import Agreement
from extractor.policy.money import Money

RULES: tuple[Kind, ...] = ("duplicate_file", "duplicate_picture", "duplicate_purchase", "card_slip_and_bill")

WORDS = {
    "merchant": "merchant",
    "number": "receipt number",
    "date": "date",
    "time": "time",
    "total": "amount",
}
FIELDS = {
    "merchant": "merchant_name",
    "number": "receipt_number",
    "date": "date",
    "time": "time",
    "total": "total",
}

LIKELY = 0.85
"""Confidence from which on another picture or document of a purchase is a high finding; below it is a medium one."""


@dataclass(frozen=True)
class _Handed:
    """A receipt on its way into the index."""

    case: Case
    receipt: ReceiptEvidence
    fingerprint: Fingerprint
    owner: Owner


class Duplicates:
    """An Examiner over an index. What it is shown it keeps there, once: the same file of the same claim is one
    submission, however often it is audited, and an audit that is run again finds the same.

    Of two receipts the later is flagged: the one handed in later within an audit (by the claims' day of submission,
    else in the order given), and whatever came to the index later. `book` keeps apart claims that are numbered alike.
    `pictures` False leaves the files alone and goes by file, numbers and purchase only; `take` makes fingerprints in
    place of both, for one who keeps them.
    """

    def __init__(
        self,
        index: Index,
        *,
        book: str = "",
        pictures: bool = True,
        take: Callable[[ReceiptEvidence], Fingerprint] | None = None,
    ) -> None:
        self.index = index
        self.book = book
        self.take = take or (_with_picture if pictures else fingerprint)

    @property
    def rules(self) -> Sequence[str]:
        return RULES

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterator[tuple[str, Observation]]:
        """One observation for each receipt that was seen before, of the surest match. Raises UsageError where the index
        can't be used."""
        parted = _parted(cases)
        for case in sorted(cases, key=_handed_in):
            for receipt in case.receipts:
                found = self._look(case, receipt)
                if found is not None and found.rule == "duplicate_file" and receipt.record.sha256 in parted:
                    found = _as_parts(found)
                if found is not None:
                    yield case.id, found

    def _look(self, case: Case, receipt: ReceiptEvidence) -> Observation | None:
        owner = Owner(case.id, receipt.name, case.claim.employee if case.claim else "", self.book)
        known = self.index.known(owner, receipt.record.sha256) if receipt.record.sha256 else None
        if known is None:
            known = self.take(receipt)
        if not known.marks:
            return None  # nothing was read of it, and there is no file: it can't be recognised
        number = self.index.add(known, owner)
        matches = self.index.candidates(known, owner, before=number)
        return _observation(_Handed(case, receipt, known, owner), matches) if matches else None


def _with_picture(receipt: ReceiptEvidence) -> Fingerprint:
    return fingerprint(receipt, first_picture(receipt))


def _handed_in(case: Case) -> dt.date:
    """The day of submission; cases without one keep their place before those that have it."""
    return case.claim.submitted if case.claim and case.claim.submitted else dt.date.min


def _parted(cases: Sequence[Case]) -> frozenset[str]:
    """The files that one person claims in parts: several claims of an audit that together come to no more than the
    receipt, as a hotel's bill claimed as lodging and as breakfast."""
    sharing: dict[str, list[tuple[Case, ReceiptEvidence]]] = {}
    for case in cases:
        for receipt in case.receipts:
            sharing.setdefault(receipt.record.sha256, []).append((case, receipt))
    return frozenset(digest for digest, held in sharing.items() if digest and len(held) > 1 and _fits(held))


def _fits(held: Sequence[tuple[Case, ReceiptEvidence]]) -> bool:
    total = held[0][1].money()
    claims = [case.claim for case, _ in held if case.claim is not None and len(case.receipts) == 1]
    if total is None or len(claims) < len(held) or len({claim.employee for claim in claims}) > 1:
        return False
    amounts = [claim.amount for claim in claims if claim.amount is not None and claim.currency == total.currency]
    return len(amounts) == len(claims) and sum(amounts) <= total.amount


def _as_parts(found: Observation) -> Observation:
    told = f"{found.message[:-1]}; the claims on it together come to no more than its total."
    return found.model_copy(update={"severity": "low", "message": told, "at_stake": None, "currency": None})


def _observation(handed: _Handed, matches: Sequence[Match]) -> Observation:
    # Another claim's receipt is money paid twice; the same claim's is a second piece of paper.
    others = [match for match in matches if not _same_claim(handed, match.owner)]
    best = others[0] if others else matches[0]
    within = not others
    kind = best.comparison.kind or "duplicate_purchase"
    money = _at_stake(handed)
    return Observation(
        rule=kind,
        severity=_severity(kind, best.comparison, within),
        message=_sentence(handed, best, within, len(others) - 1),
        fields=[FIELDS[name] for name in (*best.comparison.agreeing(), *best.comparison.differing())],
        confidence=best.comparison.confidence,
        places=_places(handed.receipt, best.comparison),
        at_stake=None if money is None or within else f"{money.amount:f}",
        currency=money.currency if money and money.known and not within else None,
        related=tuple(dict.fromkeys((best.owner.claim, best.owner.file))),
    )


def _same_claim(handed: _Handed, owner: Owner) -> bool:
    """A receipt without a claim is known by its file's name alone, which two cameras may give."""
    mine = handed.owner
    return handed.case.claim is not None and (mine.book, mine.claim) == (owner.book, owner.claim)


def _severity(kind: Kind, comparison: Comparison, within: bool) -> Literal["low", "medium", "high"]:
    if within:
        return "low"
    if kind == "card_slip_and_bill":
        return "medium"
    return "high" if comparison.confidence >= LIKELY else "medium"


def _at_stake(handed: _Handed) -> Money | None:
    """What was claimed where it is claimed for one receipt alone, else what the receipt comes to."""
    claim = handed.case.claim
    alone = claim is not None and len(handed.case.receipts) == 1
    money = claim.money if claim is not None and alone and claim.money is not None else handed.receipt.money()
    return money if money is not None and money.amount > 0 else None


def _sentence(handed: _Handed, match: Match, within: bool, more: int) -> str:
    compared, owner = match.comparison, match.owner
    where = "the same claim" if within else f"claim {owner.claim}"
    if owner.claim == owner.file:
        where = "an earlier submission"
    if owner.employee and not within:
        own = owner.employee == handed.owner.employee
        where += " of the same person" if own else f" of {owner.employee}"
    other = f"{owner.file} of {where}" if owner.claim != owner.file else f"{owner.file}, {where}"
    opening = {
        "duplicate_file": f"This file is the same, byte for byte, as {other}",
        "duplicate_picture": f"This is another picture of the receipt {other}",
        "duplicate_purchase": f"This receipt is of the same purchase as {other}",
        "card_slip_and_bill": f"This receipt and {other}, are the card slip and the bill of one purchase",
    }[compared.kind or "duplicate_purchase"]
    parts = [] if compared.kind == "duplicate_file" else _reasons(handed.fingerprint, match)
    tail = f"; {more} more like it" if more > 0 else ""
    return f"{opening}{': ' if parts else ''}{'; '.join(parts)}{tail}."


def _reasons(mine: Fingerprint, match: Match) -> list[str]:
    compared = match.comparison
    parts = []
    agree = [WORDS[name] for name in compared.agreeing()]
    if agree:
        parts.append(f"{_listed(agree)} agree{'s' if len(agree) == 1 else ''}")
    if compared.numbers_shared:
        parts.append(f"{round(100 * compared.overlap)} % of the printed numbers are on both")
    if compared.alike:
        parts.append("the pictures look alike")
    for name in compared.differing():
        here, there = (getattr(one.purchase, name) for one in (mine, match.fingerprint))
        doubt = ", perhaps misread" if compared.fields[name] is Agreement.CLOSE else ""
        parts.append(f"{WORDS[name]} differs ({here or 'none'} here, {there or 'none'} there{doubt})")
    return parts


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _places(receipt: ReceiptEvidence, comparison: Comparison) -> tuple[Place, ...]:
    places = []
    for name in (*comparison.agreeing(), *comparison.differing()):
        found = receipt.record.receipt.fields.get(FIELDS[name])
        if found is not None and found.box is not None:
            places.append(Place(receipt=receipt.name, field=FIELDS[name], page=found.page, box=found.box))
    return tuple(places) or (Place(receipt=receipt.name),)
