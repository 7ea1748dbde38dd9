"""What the receipts behind claims add up to, in the claims' currency, with what the sum rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from extractor.normalize.currency import currency_from_text
from extractor.policy.cases import Claim, Converts, ReceiptEvidence
from extractor.policy.money import UNKNOWN, Money

GUESSED, SURE = 0.6, 0.9
"""A currency concluded with less confidence than GUESSED contradicts no claim. From there to SURE it does if the page
bears it out: of 518 photographs of train, the currency of eight was read wrongly, of six without any mark on the page.
"""

ALLOWED, PRINTED = 0.2, 0.5
"""From these shares of a page's currency marks on, the claim's currency may be the receipt's, where that was read with
less than SURE, and however it was read (a receipt that prints two currencies)."""


@dataclass(frozen=True)
class Share:
    """One receipt's part of a sum: as printed, in the claim's currency (None: no rate), and the day of the rate."""

    receipt: ReceiptEvidence
    printed: Money
    converted: Money | None
    rate_day: dt.date | None = None

    @property
    def foreign(self) -> bool:
        return self.converted is None or self.rate_day is not None


@dataclass(frozen=True)
class ReceiptSum:
    """The receipts of a claim: those with a total, and those whose total was not read."""

    currency: str
    shares: tuple[Share, ...]
    unread: tuple[ReceiptEvidence, ...]

    @property
    def total(self) -> Money | None:
        """The sum of all; None where a part of it is not known."""
        if self.unread or not self.shares:
            return None
        amounts = [share.converted for share in self.shares]
        if any(amount is None for amount in amounts):
            return None
        return sum((amount for amount in amounts if amount), Money(Decimal(0), self.currency))

    @property
    def foreign(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.foreign)

    @property
    def receipts(self) -> tuple[ReceiptEvidence, ...]:
        return tuple(share.receipt for share in self.shares)


def receipt_sum(claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], rates: Converts | None) -> ReceiptSum:
    """What receipts add up to, in the currency of the first claim that names one (else that of the receipts)."""
    stated = next((claim.currency for claim in claims if claim.currency != UNKNOWN), UNKNOWN)
    read = [(receipt, receipt.money("total")) for receipt in receipts]
    known = {money.currency for _, money in read if money and money.known}
    currency = stated
    if currency == UNKNOWN and len(known) == 1:
        currency = next(iter(known))
    elif currency == UNKNOWN and known:
        # Sums of several currencies are no sum, and nobody says in which they are wanted.
        apart = tuple(Share(receipt, money, None) for receipt, money in read if money is not None)
        return ReceiptSum(UNKNOWN, apart, tuple(receipt for receipt, money in read if money is None))
    day = next((claim.date for claim in claims if claim.date), None)
    shares = [_share(receipt, money, currency, day, rates) for receipt, money in read if money is not None]
    return ReceiptSum(currency, tuple(shares), tuple(receipt for receipt, money in read if money is None))


def _share(
    receipt: ReceiptEvidence, money: Money, currency: str, claimed: dt.date | None, rates: Converts | None
) -> Share:
    if UNKNOWN in (currency, money.currency) or _may_be_in(receipt, money.currency, currency):
        # A currency that nobody names is the other's: amounts are compared as they stand.
        return Share(receipt, money, Money(money.amount, currency))
    day = receipt.date or claimed
    converted = rates.convert(money, currency, day) if rates and day else None
    return Share(receipt, money, converted, day if converted else None)


@lru_cache(maxsize=8192)
def _marks(text: str) -> Mapping[str, float]:
    """The currencies that a page's marks allow. A receipt is held against many claims before it is matched."""
    return currency_from_text(text)


def _may_be_in(receipt: ReceiptEvidence, read: str, claimed: str) -> bool:
    """Whether a receipt may be in the currency claimed after all: its marks allow it, or what was read is a guess."""
    confidence = receipt.confidence("currency")
    if read == claimed or confidence < GUESSED:
        return True
    if receipt.document is None:
        return False
    marks = _marks(receipt.document.text)
    share = marks.get(claimed, 0.0)
    return share >= PRINTED or (confidence < SURE and (share >= ALLOWED or read not in marks))
