"""Money: what is promised before a call, what was paid after it, and that both together never exceed the budget."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from decimal import Decimal

UNCALIBRATED = Decimal(3)
"""How many times its estimate a call may cost, until costs have been seen: an answer asked for a second time, and a
long one."""

LEAST = Decimal("2.1")
"""The same once costs are known: a repair asks twice. It costs nothing but the very last of the budget, for what a
promise held too much of is free again as soon as the answer is there."""

ABOVE_HIGHEST = Decimal("1.25")
CALIBRATED_AFTER = 20


class Calibration:
    """How costs compare to their estimates: the mean for forecasts, the highest for promises."""

    def __init__(self) -> None:
        self._estimated = Decimal(0)
        self._paid = Decimal(0)
        self._highest = Decimal(0)
        self._count = 0

    def saw(self, estimated: Decimal, paid: Decimal) -> None:
        if estimated <= 0:
            return
        self._estimated += estimated
        self._paid += paid
        self._highest = max(self._highest, paid / estimated)
        self._count += 1

    @property
    def known(self) -> bool:
        return self._count >= CALIBRATED_AFTER

    @property
    def mean(self) -> Decimal:
        """Paid for each estimated dollar; 1 until known."""
        return self._paid / self._estimated if self.known else Decimal(1)

    @property
    def margin(self) -> Decimal:
        """What to promise for each estimated dollar."""
        highest = self._highest * ABOVE_HIGHEST
        return max(LEAST, highest) if self.known else max(UNCALIBRATED, highest)


class Budget:
    """US dollars, from any number of threads. `limit` None is no limit. `committed` is what earlier runs paid or may
    have paid."""

    def __init__(self, limit: Decimal | None, committed: Decimal = Decimal(0)) -> None:
        self.limit = limit
        self.calibration = Calibration()
        self._committed = committed
        self._promises = 0
        self._changed = threading.Condition()

    @property
    def committed(self) -> Decimal:
        with self._changed:
            return self._committed

    @property
    def left(self) -> Decimal | None:
        return None if self.limit is None else max(Decimal(0), self.limit - self.committed)

    def promise(self, estimated: Decimal, stop: threading.Event, *, wait: bool = True) -> Decimal | None:
        """Sets aside what a call of this estimate may cost at most, and says how much that is. Where the rest of the
        budget is too little, waits (unless told not to) for other calls to end, which may leave more; None where it
        stays too little."""
        with self._changed:
            while True:
                amount = estimated * self.calibration.margin
                if self.limit is None or self._committed + amount <= self.limit:
                    self._committed += amount
                    self._promises += 1
                    return amount
                if not wait or self._promises == 0 or stop.is_set():
                    return None
                self._changed.wait(0.2)

    def resume(self) -> None:
        """Takes over a promise of an earlier run, which `committed` holds already."""
        with self._changed:
            self._promises += 1

    def lose(self, amount: Decimal) -> bool:
        """A call cost something without an answer, beside the promise for the next call. False where the budget is too
        little for both, so that the promise must be given back."""
        with self._changed:
            self._committed += amount
            return self.limit is None or self._committed <= self.limit

    def settle(self, promised: Decimal, kept: Decimal) -> None:
        """A document is done with: of what was promised, `kept` was or may have been paid."""
        with self._changed:
            self._committed += kept - promised
            self._promises -= 1
            self._changed.notify_all()

    def saw(self, estimated: Decimal, paid: Decimal) -> None:
        with self._changed:
            self.calibration.saw(estimated, paid)

    def fits(self, estimates: Sequence[Decimal]) -> int:
        """How many documents of these estimates, in order, the rest of the budget pays for."""
        left = self.left
        if left is None:
            return len(estimates)
        total = Decimal(0)
        for count, each in enumerate(estimates):
            if total + each * self.calibration.margin > left:
                return count
            total += each * self.calibration.mean
        return len(estimates)
