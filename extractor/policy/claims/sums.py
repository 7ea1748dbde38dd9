"""What the receipts behind claims add up to, in the claims' currency, with what the sum rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.normalize.currency import currency_from_text
from extractor.policy.cases import Claim, ReceiptEvidence
from extractor.policy.money import UNKNOWN, Money
from extractor.policy.rates import Rates

ON_THE_PAGE = 0.2
"""From this share of a page's currency marks on, a currency may be the receipt's whatever was concluded."""

DOUBTFUL = 0.6
"""A currency concluded with less confidence than this doesn't contradict the claim's."""


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


def receipt_sum(claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], rates: Rates | None) -> ReceiptSum:
    """What receipts add up to, in the currency of the first claim that names one (else that of the receipts)."""
    stated = next((claim.currency for claim in claims if claim.currency != UNKNOWN), UNKNOWN)
    read = [(receipt, receipt.money("total")) for receipt in receipts]
    currency = stated
    if currency == UNKNOWN:
        known = {money.currency for _, money in read if money and money.known}
        currency = known.pop() if len(known) == 1 else UNKNOWN
    day = next((claim.date for claim in claims if claim.date), None)
    shares = [_share(receipt, money, currency, day, rates) for receipt, money in read if money is not None]
    return ReceiptSum(currency, tuple(shares), tuple(receipt for receipt, money in read if money is None))


def _share(
    receipt: ReceiptEvidence, money: Money, currency: str, claimed: dt.date | None, rates: Rates | None
) -> Share:
    if UNKNOWN in (currency, money.currency) or _may_be_in(receipt, money.currency, currency):
        # A currency that nobody names is the other's: amounts are compared as they stand.
        return Share(receipt, money, Money(money.amount, currency))
    day = receipt.date or claimed
    quote = rates.quote(money.currency, currency, day) if rates and day else None
    if quote is None or rates is None or day is None:
        return Share(receipt, money, None)
    return Share(receipt, money, rates.convert(money, currency, day), quote.day)


def _may_be_in(receipt: ReceiptEvidence, read: str, claimed: str) -> bool:
    """Whether a receipt may be in the currency claimed after all: its marks allow it, or what was read is a guess."""
    if read == claimed or receipt.confidence("currency") < DOUBTFUL:
        return True
    if receipt.document is None:
        return False
    return currency_from_text(receipt.document.text).get(claimed, 0.0) >= ON_THE_PAGE
