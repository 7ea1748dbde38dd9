"""How sure it is that a claim exceeds its receipt, and not that the receipt's total was misread.

Bayes' rule over two explanations of a claim above the total that was read: the claim is too high, or the reading is too
low. The student's own confidence says how likely a misreading is; the page is the second witness. An honest claim whose
receipt was misread names an amount that stands on the receipt; an inflated one almost never does (of 9,980 amounts 1 to
50 % above the total of SROIE train, 0.07 % stood anywhere on their receipts; of 499 true totals all but 3 did).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.claims.printed import Printed, Role, amounts_on

INFLATED = 0.05
"""How many claims are taken to be too high before anything is known of them."""

TOO_LOW = 0.5
"""Of misreadings, how many are below the truth."""

FLOOR, CEILING = 0.004, 0.95
"""Bounds of a total's doubt: the surest totals (0.99 and above) of SROIE train were wrong in 0.4 % of cases once those
that differ by rounding are left out; and no reading is worth nothing."""

AGREED, CONTRADICTED = 0.3, 3.0
"""How a total's doubt changes where the page's own arithmetic bears it out, and where it doesn't add up."""

UNREAD_WITNESS = 0.5
"""Without the page's words, how much more likely than an inflated claim a misreading leaves the same picture."""

_SEEN: dict[Role | None, tuple[float, float]] = {
    Role.TOTAL: (0.01, 0.40),
    Role.SUBTOTAL: (0.02, 0.25),
    Role.TENDER: (0.06, 0.05),
    Role.OTHER: (0.02, 0.05),
    Role.PLAIN: (0.02, 0.10),
    None: (0.87, 0.15),
}
"""How often the amount claimed stands on the receipt as what it is, where the claim is inflated and where the total was
misread. Claimants who take the cash handed over, or the sum before a discount, for the price are allowed for."""


@dataclass(frozen=True)
class Witness:
    """Where the amount that a claim implies stands on its receipt: `role` is None where it stands nowhere."""

    role: Role | None = None
    printed: Printed | None = None
    asked: bool = True
    """Whether there were words to look at."""

    @property
    def speaks_for_the_claim(self) -> bool:
        return self.role in (Role.TOTAL, Role.SUBTOTAL, Role.OTHER, Role.PLAIN)


def witness(receipt: ReceiptEvidence, amount: Decimal) -> Witness:
    """What the page says about an amount: the most telling of its places."""
    if receipt.document is None:
        return Witness(asked=False)
    printed = amounts_on(receipt.document)
    found = witness_among(printed, amount)
    return found if found.role else _made_up_of(receipt, printed, amount)


def _made_up_of(receipt: ReceiptEvidence, printed: Sequence[Printed], amount: Decimal) -> Witness:
    """Where an amount stands that, with the tip or tax that was read, comes to the one sought: a card slip prints the
    bill and the tip, and the sum of both may be misread. The total itself is none of these: tip and tax are in it."""
    total = receipt.money("total")
    added = [money.amount for name in ("service_charge", "tax") if (money := receipt.money(name)) and money.amount > 0]
    bases = [amount - more for more in (*added, sum(added, Decimal(0))) if more]
    for base in bases:
        found = witness_among(printed, base) if total is not None and 0 < base < total.amount else Witness()
        if found.speaks_for_the_claim:
            return Witness(Role.PLAIN, found.printed)
    return Witness()


def witness_among(printed: Sequence[Printed], amount: Decimal) -> Witness:
    found = [each for each in printed if each.may_be(amount)]
    order = (Role.TOTAL, Role.SUBTOTAL, Role.TENDER, Role.OTHER, Role.PLAIN)
    best = min(found, key=lambda each: order.index(each.role), default=None)
    return Witness(best.role, best) if best else Witness()


def doubt(receipt: ReceiptEvidence, field: str = "total") -> float:
    """How likely a receipt's total or tax was misread, 0–1: one minus the student's confidence, less where the page
    agrees."""
    doubted = 1 - receipt.confidence(field)
    if any(notice.code == "total_mismatch" for notice in receipt.record.warnings):
        doubted *= CONTRADICTED
    elif _agreed(receipt):
        doubted *= AGREED
    return min(max(doubted, FLOOR), CEILING)


def over_claimed(receipts: Sequence[ReceiptEvidence], seen: Sequence[Witness], field: str = "total") -> float:
    """The probability that a claim above the totals (or taxes) read of its receipts is too high; `seen` runs parallel
    to them."""
    inflated, misread = INFLATED, 0.0
    for receipt, found in zip(receipts, seen, strict=True):
        if found.asked:
            by_inflation, by_misreading = _SEEN[found.role]
        else:
            by_inflation, by_misreading = 1.0, UNREAD_WITNESS
        doubted = doubt(receipt, field) * TOO_LOW
        # One misread receipt is enough to explain the difference; that two are is too rare to count.
        misread += doubted * by_misreading / by_inflation
    return inflated / (inflated + misread)


def letters_read(receipt: ReceiptEvidence, field: str) -> float:
    """The mean confidence with which OCR read the words of a field, 0–1; 1 where its words are not known."""
    found = receipt.record.receipt.fields.get(field)
    if found is None or found.box is None or receipt.document is None:
        return 1.0
    left, top, right, bottom = found.box
    inside = [
        word.confidence
        for page in receipt.document.pages
        if page.index == found.page
        for word in page.words
        for x, y in [word.box.center]
        if left <= x <= right and top <= y <= bottom
    ]
    return sum(inside) / len(inside) if inside else 1.0


def _agreed(receipt: ReceiptEvidence) -> bool:
    """Whether the amounts read lead to the total: subtotal with tax, service, rounding; or cash less change."""
    total = receipt.value("total")
    if total is None:
        return False
    sought = Decimal(total)
    subtotal = receipt.value("subtotal")
    added = [Decimal(receipt.value(name) or 0) for name in ("tax", "service_charge", "rounding")]
    if subtotal is not None and any(added) and Decimal(subtotal) + sum(added) == sought:
        return True
    if receipt.document is None:
        return False
    handed = {each.value for each in amounts_on(receipt.document) if each.role is Role.TENDER and each.value > 0}
    return any(given - back == sought for given in handed for back in handed if given > back)
