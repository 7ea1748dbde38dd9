"""Totals that don't add up, judged from surely read values only.

A sum on one value that may be misread says nothing. So a check is made only where every amount that takes part in it
was read with enough confidence; how often it still fails on honest receipts is measured (calibration.json).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from extractor.normalize.arithmetic import consistency, possible_totals
from extractor.policy.claims.printed import Role, amounts_on
from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.specimen import Specimen
from extractor.types import AMOUNT_FIELDS

_TOLERANCE = Decimal("0.05")

BORNE_OUT = 0.3
"""The grade of sums that don't lead to a total which has a second witness: below what is told. Of 365 honest receipts
of train four had sums that failed, and all of them such a witness."""

UNCLAIMED = ", no claim"
"""Behind the kind of a trace on a receipt whose total nobody has claimed yet: it may as well be misread, so that its
rates are others."""

GRADES = {
    "one_digit_twice": 1.0,
    "one_digit": 0.9,
    "change_one_digit": 0.9,
    "paid_one_digit": 0.7,
    "total_mismatch": 0.6,
    "items_mismatch": 0.4,
}


class Sums:
    """Whether parts, items, cash less change and payments lead to the total, or to one that a single digit sets apart
    from it.

    Who changes a total changes one digit of it, most often, and all else on the page still leads to the old one.
    """

    name = "sums"
    measured = False

    def __init__(self, least_confidence: float = 0.8) -> None:
        self.least = least_confidence

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        total = claimed_total(specimen, self.least)
        if total is None:
            return {}
        found = strongest(self._all(specimen, total))
        if specimen.claim is None or specimen.claim.amount is None:
            return {f"{kind}{UNCLAIMED}": trace for kind, trace in found.items()}
        return found

    def _all(self, specimen: Specimen, total: Decimal) -> Iterator[tuple[str, Trace]]:
        amounts, items = self._parts(specimen, total)
        sums = possible_totals(amounts, items) if amounts else []
        if items:
            sums += possible_totals({name: value for name, value in amounts.items() if name != "subtotal"}, items)
        if any(abs(each - total) <= _TOLERANCE for each in sums):
            return
        elsewhere = witnesses(specimen, total, sums)
        borne = borne_out(specimen, total)
        for kind, (other, said) in elsewhere.items():
            sentence = f"The total is {total}, but {said} {other}, which is one digit away."
            yield (
                kind,
                self._trace(specimen, kind, sentence, ("total", *(amounts if kind == "one_digit" else ())), borne),
            )
        if elsewhere or not amounts:
            return
        for notice in consistency(amounts, items):
            if notice.code in GRADES:
                names = (*amounts, *(("line_items",) if notice.code == "items_mismatch" else ()))
                yield notice.code, self._trace(specimen, notice.code, notice.message, names, borne)

    def _parts(self, specimen: Specimen, total: Decimal) -> tuple[dict[str, Decimal], list[Decimal]]:
        """The amounts that take part, the total among them, and the items. None where one of them is not sure; no items
        where one of those isn't."""
        receipt = specimen.evidence.record.receipt
        read = {name: receipt.fields[name] for name in AMOUNT_FIELDS if name in receipt.fields and name != "total"}
        taking_part = {name: field for name, field in read.items() if Decimal(field.value)}
        if any(field.confidence < self.least for field in taking_part.values()):
            return {}, []
        found = [item.amount for item in receipt.line_items]
        sure = [Decimal(amount.value) for amount in found if amount and amount.confidence >= self.least]
        amounts = {name: Decimal(field.value) for name, field in taking_part.items()}
        return {**amounts, "total": total}, sure if len(sure) == len(found) else []

    @staticmethod
    def _trace(specimen: Specimen, kind: str, sentence: str, names: tuple[str, ...], borne: bool) -> Trace:
        places = tuple(specimen.field_place(name) for name in names if name != "line_items")
        if borne:
            return Trace(
                min(BORNE_OUT, GRADES[kind]), f"{sentence} The page bears it out elsewhere, though.", places, names
            )
        return Trace(GRADES[kind], sentence, places, names)


def claimed_total(specimen: Specimen, least_confidence: float) -> Decimal | None:
    """The total that is to be looked at: who changed one claims it.

    Where the claim says another than was read, it is the claimed one if that is printed as a total (the student may
    have gone by all else on the page); else the total may be misread, and there is none to look at.
    """
    read = specimen.evidence.record.receipt.fields.get("total")
    claimed = specimen.claim.amount if specimen.claim else None
    if read is not None and claimed in (None, Decimal(read.value)):
        return Decimal(read.value) if read.confidence >= least_confidence else None
    document = specimen.evidence.document
    if claimed is None or document is None:
        return None
    return claimed if any(each.role is Role.TOTAL and each.may_be(claimed) for each in amounts_on(document)) else None


def witnesses(specimen: Specimen, total: Decimal, sums: Sequence[Decimal]) -> dict[str, tuple[Decimal, str]]:
    """Amounts one digit away from the total to which the page leads otherwise, by the kind of the trace that they make,
    each with the words that say how. Two ways to the same amount are one stronger trace."""
    document = specimen.evidence.document
    printed = amounts_on(document) if document else ()
    handed = {each.value for each in printed if each.role is Role.TENDER and each.value > 0}
    ways = {
        "one_digit": ("its parts lead to", [_written_like(total, each) for each in sums if each > 0]),
        "change_one_digit": ("cash less change is", [one - back for one in handed for back in handed if one > back]),
        "paid_one_digit": ("what was paid is", sorted(handed)),
    }
    near = {
        kind: (amount, said)
        for kind, (said, amounts) in ways.items()
        for amount in amounts
        if one_digit_apart(amount, total)
    }
    by_amount: dict[Decimal, list[str]] = {}
    for amount, said in near.values():
        by_amount.setdefault(amount, []).append(said)
    for amount, ways_to_it in by_amount.items():
        if len(ways_to_it) > 1:
            return {"one_digit_twice": (amount, " and ".join(ways_to_it))}
    return near


def borne_out(specimen: Specimen, total: Decimal) -> bool:
    """Whether the total has a second witness on the page: it is printed again, or is cash given less change.

    Who changes a total changes it in one place; where it stands in two, rather a tax or a subtotal was misread.
    """
    document = specimen.evidence.document
    printed = amounts_on(document) if document else ()
    if sum(each.may_be(total) for each in printed) > 1:
        return True
    handed = {each.value for each in printed if each.role is Role.TENDER and each.value > 0}
    return any(given - back == total for given in handed for back in handed if given > back)


def one_digit_apart(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts, written alike, differ in exactly one digit."""
    first, second = f"{one:.2f}", f"{other:.2f}"
    return len(first) == len(second) and sum(a != b for a, b in zip(first, second, strict=True)) == 1


def _written_like(total: Decimal, amount: Decimal) -> Decimal:
    shown = amount.quantize(total)
    return shown if shown == amount else amount.quantize(Decimal("0.01"))
