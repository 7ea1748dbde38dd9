"""Totals that don't add up, judged from surely read values only.

A sum on one value that may be misread says nothing. So a check is made only where every amount that takes part in it
was read with enough confidence; how often it still fails on honest receipts is measured (calibration.json).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from extractor.normalize.amounts import parse_amount
from extractor.normalize.arithmetic import consistency, possible_totals
from extractor.policy.claims.printed import Role, amounts_on
from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.specimen import Specimen
from extractor.types import AMOUNT_FIELDS, Word

_TENDERED = re.compile(r"\b(cash|tunai|tendered|tender|bar|gegeben|esp[eè]ces|efectivo|contanti)\b", re.IGNORECASE)
_CHANGE = re.compile(r"\b(change|baki|kembali|kembalian|r[uü]ckgeld|zur[uü]ck|rendu|cambio|resto)\b", re.IGNORECASE)
_TOLERANCE = Decimal("0.05")

BORNE_OUT = 0.3
"""The grade of sums that don't lead to a total which has a second witness: below what is told. Of 365 honest receipts
of train four had sums that failed, and all of them such a witness."""


class Sums:
    """Subtotal and parts against the total, items against it, and cash given less change against it."""

    name = "sums"
    measured = False

    def __init__(self, least_confidence: float = 0.9) -> None:
        self.least = least_confidence

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        receipt = specimen.evidence.record.receipt
        read = {name: receipt.fields[name] for name in AMOUNT_FIELDS if name in receipt.fields}
        amounts = {name: Decimal(field.value) for name, field in read.items()}
        sure = all(field.confidence >= self.least for field in read.values())
        if not sure or "total" not in amounts:
            return
        claimed = specimen.claim.amount if specimen.claim else None
        if claimed is not None and claimed != amounts["total"]:
            return  # who changed a total claims it: where the claim says another, the total may be misread
        found = [item.amount for item in receipt.line_items]
        items = [Decimal(amount.value) for amount in found if amount and amount.confidence >= self.least]
        whole = len(items) == len(found)
        for notice in consistency(amounts, items if whole else []):
            if notice.code in ("total_mismatch", "items_mismatch"):
                yield self._mismatch(specimen, notice.code, notice.message, amounts, items if whole else [])
        yield from self._change(specimen, amounts["total"])

    def _mismatch(
        self, specimen: Specimen, code: str, message: str, amounts: dict[str, Decimal], items: list[Decimal]
    ) -> tuple[str, Trace]:
        names = tuple(amounts) + (("line_items",) if code == "items_mismatch" else ())
        places = tuple(specimen.field_place(name) for name in amounts)
        near = next((each for each in possible_totals(amounts, items) if one_digit_apart(each, amounts["total"])), None)
        if borne_out(specimen, amounts["total"]):
            return code, Trace(BORNE_OUT, f"{message} The page bears it out elsewhere, though.", places, names)
        if near is not None:
            led = near.quantize(amounts["total"])
            said = f"{message} It would lead to {led}, which is one digit away."
            return "one_digit", Trace(0.9, said, places, names)
        return code, Trace(0.6 if code == "total_mismatch" else 0.4, message, places, names)

    def _change(self, specimen: Specimen, total: Decimal) -> Iterator[tuple[str, Trace]]:
        document = specimen.evidence.document
        for page in document.pages if document else ():
            lines = tuple(page.lines())
            given, back = _labelled(lines, _TENDERED), _labelled(lines, _CHANGE)
            if len(given) != 1 or len(back) != 1 or given[0] < back[0] or given[0] <= 0:
                continue
            paid = given[0] - back[0]
            if abs(paid - total) > _TOLERANCE:
                near = one_digit_apart(paid, total)
                sentence = (
                    f"Cash given {given[0]} less change {back[0]} is {paid}, not the total {total}"
                    f"{': one digit is another' if near else ''}."
                )
                yield (
                    ("change_one_digit" if near else "change"),
                    Trace(0.9 if near else 0.4, sentence, (specimen.field_place("total"),), ("total",)),
                )


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


def _labelled(lines: tuple[tuple[Word, ...], ...], label: re.Pattern[str]) -> list[Decimal]:
    """The single amount of each line that carries the label and was read well."""
    found = []
    for line in lines:
        if not label.search(" ".join(word.text for word in line)):
            continue
        sure = [word for word in line if word.confidence >= 0.9 and re.search(r"\d[.,]\d\d\D*$", word.text)]
        values = [value for word in sure if (value := parse_amount(word.text)) is not None]
        if len(values) == 1:
            found.append(values[0])
    return found
