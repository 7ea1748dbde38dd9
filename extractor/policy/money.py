"""Amounts of money: exact decimals that carry their currency, in the minor units of ISO 4217."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache

UNKNOWN = "XXX"
"""ISO 4217's code for "no currency": an amount whose currency was not read."""


class CurrencyMismatch(ValueError):
    """Amounts of two currencies can't be added or compared without a rate."""


@cache
def minor_units(currency: str) -> int:
    """Decimal places of a currency per ISO 4217 (JPY 0, EUR 2, OMR 3); 2 for a code that is not known.

    The table is Unicode CLDR's, whose accounting digits differ from ISO's for a few currencies that are used without
    small change; ISO's stand here.
    """
    if currency in _ISO_DIFFERS:
        return _ISO_DIFFERS[currency]
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


_ISO_DIFFERS = {
    **dict.fromkeys(("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"), 2),
    "IQD": 3,
}


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency (ISO 4217, upper case; `XXX` where unknown). Never a float."""

    amount: Decimal
    currency: str = UNKNOWN

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal) or not self.amount.is_finite():
            raise ValueError(f"money needs a finite Decimal, not {self.amount!r}")
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"a currency is three capital letters of ISO 4217, not {self.currency!r}")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str | None = None) -> Money:
        """From a plain decimal string. Raises ValueError for anything else (floats included)."""
        if isinstance(amount, float):
            raise ValueError("money is never made from a float")
        try:
            return cls(Decimal(amount), (currency or UNKNOWN).upper())
        except InvalidOperation as error:
            raise ValueError(f"not a decimal amount: {amount!r}") from error

    @property
    def known(self) -> bool:
        return self.currency != UNKNOWN

    def rounded(self) -> Money:
        """To the currency's minor units, half to even."""
        return Money(
            self.amount.quantize(Decimal(1).scaleb(-minor_units(self.currency)), ROUND_HALF_EVEN), self.currency
        )

    def __str__(self) -> str:
        places = max(minor_units(self.currency), 0)
        plain = (
            f"{self.amount:.{places}f}" if self.amount == round(self.amount, places) else f"{self.amount.normalize():f}"
        )
        return f"{self.currency} {plain}" if self.known else plain

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} can't be put together without a rate")
        return other.amount
