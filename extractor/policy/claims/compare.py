"""Claim against receipt: amount, currency, day, merchant and tax."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from extractor.normalize.dates import find_dates
from extractor.policy.cases import Case, Claim, Observation, ReceiptEvidence, Situation
from extractor.policy.claims.amounts import AMOUNT_RULES, Together, compare_amounts
from extractor.policy.claims.certainty import Witness, letters_read, over_claimed
from extractor.policy.claims.likeness import same_merchant, stands_on
from extractor.policy.claims.printed import amounts_on
from extractor.policy.claims.telling import listed, observation, place_of
from extractor.policy.claims.tolerances import Tolerances
from extractor.policy.days import one_sign_misread
from extractor.policy.money import Money, minor_units

DATE, DATE_UNCLEAR, MERCHANT = "date_differs", "date_unclear", "merchant_differs"
TAX, TAX_UNREAD = "tax_over_claimed", "tax_unverified"
FAR = 31
"""Days from which on a date is no slip of the pen."""


@dataclass(frozen=True)
class ClaimExaminer:
    """Compares each claim with its receipts. Claims that share a receipt are compared with it together."""

    allowed: Tolerances = field(default_factory=Tolerances)

    @property
    def rules(self) -> Sequence[str]:
        return (*AMOUNT_RULES, DATE, DATE_UNCLEAR, MERCHANT, TAX, TAX_UNREAD)

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        for group in belonging_together(cases):
            yield from compare_amounts(group, situation, self.allowed)
        for case in cases:
            claim = case.claim
            receipts = [receipt for receipt in case.receipts if receipt.record.status != "failed"]
            if claim is not None and receipts:
                for found in self._of_one(claim, receipts):
                    yield case.id, found

    def _of_one(self, claim: Claim, receipts: Sequence[ReceiptEvidence]) -> Iterator[Observation]:
        yield from _compare_day(claim, receipts, self.allowed)
        yield from _compare_merchant(claim, receipts, self.allowed)
        yield from _compare_tax(claim, receipts, self.allowed)


def receipt_key(receipt: ReceiptEvidence) -> str:
    """What tells receipts apart: their content; their path where that is not known."""
    return receipt.record.sha256 or str(receipt.path or receipt.record.file)


def belonging_together(cases: Sequence[Case]) -> list[Together]:
    """Claims with receipts, those that share a receipt (directly or through others) as one, in the cases' order."""
    leader: dict[str, str] = {}

    def root(name: str) -> str:
        leader.setdefault(name, name)
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    with_both = [case for case in cases if case.claim is not None and case.receipts]
    for case in with_both:
        for receipt in case.receipts:
            one, other = root(f"case {case.id}"), root(f"receipt {receipt_key(receipt)}")
            leader[one] = other
    groups: dict[str, list[Case]] = {}
    for case in with_both:
        groups.setdefault(root(f"case {case.id}"), []).append(case)
    made = []
    for members in groups.values():
        receipts = {receipt_key(receipt): receipt for case in members for receipt in case.receipts}
        made.append(Together(tuple(members), tuple(receipts.values())))
    return made


def _compare_day(claim: Claim, receipts: Sequence[ReceiptEvidence], allowed: Tolerances) -> Iterator[Observation]:
    read = [(receipt, receipt.date) for receipt in receipts]
    days = [(receipt, day) for receipt, day in read if day is not None]
    if claim.date is None or not days or len(days) < len(receipts):
        return
    slack = dt.timedelta(days=allowed.days)
    stay = dt.timedelta(days=claim.nights or 0)
    first, last = min(day for _, day in days), max(day for _, day in days)
    if first - stay - slack <= claim.date <= last + stay + slack:
        return
    if any(_prints_day(receipt, claim.date, slack) for receipt, _ in days):
        return
    receipt, day = min(days, key=lambda pair: abs((pair[1] - claim.date).days if claim.date else 0))
    apart = abs((day - claim.date).days)
    message = f"The claim is of {claim.date}, the receipt {receipt.name} of {day}: {apart} days apart."
    sure = min(receipt.confidence("date") for receipt, _ in days)
    places = [place_of(receipt, "date")]
    if one_sign_misread(claim.date, day):
        message = f"{message} One digit sets them apart, which may be misread. Look at the receipt."
        yield observation(DATE_UNCLEAR, "medium", message, confidence=1 - sure / 2, fields=("date",), places=places)
        return
    yield observation(
        DATE,
        "medium" if apart >= FAR and sure >= 0.5 else "low",
        message,
        confidence=sure,
        fields=("date",),
        places=places,
    )


def _prints_day(receipt: ReceiptEvidence, day: dt.date, slack: dt.timedelta) -> bool:
    """Whether a day (or one near enough) stands on a receipt under any reading: 03/04 is a day of March as well as one
    of April."""
    if receipt.document is None:
        return False
    return any(abs(day - each) <= slack for match in find_dates(receipt.document.text) for each in match.readings)


def _compare_merchant(claim: Claim, receipts: Sequence[ReceiptEvidence], allowed: Tolerances) -> Iterator[Observation]:
    if not claim.merchant.strip():
        return
    named = [(receipt, name) for receipt in receipts if (name := receipt.value("merchant_name"))]
    likeness = [same_merchant(claim.merchant, name) for _, name in named]
    if not named or max(likeness) >= allowed.merchant:
        return
    if any(stands_on(claim.merchant, receipt.document) >= allowed.printed_merchant for receipt in receipts):
        return  # a trading name, or a name that stands in the logo
    receipt, name = named[likeness.index(max(likeness))]
    message = f"The claim names {claim.merchant!r}, the receipt {receipt.name} {name!r}."
    # No name is surer than its letters: OCR of a logo makes up words.
    read = min(receipt.confidence("merchant_name"), letters_read(receipt, "merchant_name"))
    sure = read * _another_merchant(max(likeness), allowed)
    if all(each.document is None for each in receipts):
        sure /= 2  # it may stand in the logo, which nobody can look up
    yield observation(
        MERCHANT, "low" if sure < 0.5 else "medium", message, confidence=sure, fields=("merchant_name",),
        places=[place_of(receipt, "merchant_name")],
    )  # fmt: skip


def _another_merchant(likeness: float, allowed: Tolerances) -> float:
    """How likely a name that is unlike the one read, and stands nowhere on the receipt, is another merchant's.

    Names of strangers are 0.3 to 0.5 alike by chance. Of 1,600 ways to write the merchants of 325 receipts of train,
    two were this unlike; a trading name that is drawn and not written is allowed for.
    """
    return min(0.5 + 2 * (allowed.merchant - likeness), 0.9)


def _compare_tax(claim: Claim, receipts: Sequence[ReceiptEvidence], allowed: Tolerances) -> Iterator[Observation]:
    """Tax reclaimed above what the receipts show. Tax in another currency is left to the amounts."""
    if claim.tax is None or claim.tax <= 0:
        return
    read = [receipt.money("tax") for receipt in receipts]
    if any(money and money.known and claim.currency not in (money.currency, "XXX") for money in read):
        return
    asked = Money(claim.tax, claim.currency)
    names = listed([receipt.name for receipt in receipts])
    places = [place_of(receipt, "tax") for receipt in receipts]
    shown = sum((money.amount for money in read if money), Decimal(0))
    if all(money is None for money in read):
        printed = any(_prints_amount(receipt, claim.tax) for receipt in receipts)
        if not printed:
            message = f"{asked} of tax is reclaimed; no tax was read on {names}. Look at the receipt."
            yield observation(TAX_UNREAD, "medium", message, confidence=0.8, fields=("tax",), places=places)
        return
    unit = Decimal(1).scaleb(-minor_units(claim.currency))
    if claim.tax <= shown + unit or any(_prints_amount(receipt, claim.tax) for receipt in receipts):
        return  # several rates are printed apart; their sums may differ by a unit
    if len(receipts) == 1 and _leads_to_the_total(receipts[0], claim.tax):
        return
    too_much = Money(claim.tax - shown, claim.currency)
    message = f"{asked} of tax is reclaimed, {too_much} more than the tax on {names}."
    # A small tax is misread where it is printed, so that the page is no second witness.
    sure = over_claimed(receipts, [Witness(asked=False)] * len(receipts), "tax")
    if sure < allowed.sure:
        message = f"{message} It was read with little confidence. Look at the receipt."
        yield observation(TAX_UNREAD, "medium", message, confidence=1 - sure, fields=("tax",), places=places)
        return
    yield observation(TAX, "medium", message, confidence=sure, fields=("tax",), places=places, at_stake=too_much)


def _leads_to_the_total(receipt: ReceiptEvidence, tax: Decimal) -> bool:
    """Whether subtotal and total, as they were read, lie just this tax apart: then the tax was misread."""
    subtotal, total = receipt.money("subtotal"), receipt.money("total")
    if subtotal is None or total is None:
        return False
    added = [money.amount for name in ("service_charge", "rounding") if (money := receipt.money(name))]
    return subtotal.amount + tax + sum(added, Decimal(0)) == total.amount


def _prints_amount(receipt: ReceiptEvidence, amount: Decimal) -> bool:
    return receipt.document is not None and any(each.may_be(amount) for each in amounts_on(receipt.document))
