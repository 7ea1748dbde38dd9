"""What identifies a purchase: merchant, number, amount, date and time; and how those of two receipts compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cached_property

from rapidfuzz import fuzz

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.duplicates.numbers import folded, numbers

SAME_MERCHANT = 80.0
"""Likeness of two names (0–100, rapidfuzz's token set ratio) from which on they are taken for one merchant's."""

SHORTEST_NUMBER = 4
"""Signs of the shortest receipt number that identifies anything: numbers of tables and queues come round daily."""

END = 5
"""Digits at the end of a receipt number that set it apart from those of the same days: a till that prints a hundred
thousand receipts before they come round."""

MISREAD = frozenset(
    frozenset(pair) for pair in ("08", "06", "09", "17", "14", "27", "35", "38", "56", "58", "68", "89", "49", "69")
)
"""Digits that recognition takes for one another."""


class Agreement(Enum):
    """How the values of one field of two receipts compare."""

    SAME = "same"
    PRINTED = "printed"
    """Not read as the same, but each value stands among the numbers of the other receipt, or (of receipt numbers) one
    mistaken digit in front sets them apart: numbers that follow one another differ at their end."""
    CLOSE = "close"
    """Differs by what recognition mistakes: one digit, or one that is lost."""
    ONE_SIDED = "one_sided"
    """Not the same, but the value of one receipt stands among the numbers of the other: another number was taken for it
    there, or two purchases share a number."""
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """Not read on one of them."""

    @property
    def holds(self) -> bool:
        return self in (Agreement.SAME, Agreement.PRINTED)


@dataclass(frozen=True)
class Purchase:
    """The values that identify a purchase; what was not read is empty. `printed_date` holds the digits as printed."""

    merchant: str = ""
    number: str = ""
    date: str = ""
    time: str = ""
    total: str = ""
    currency: str = ""
    kind: str = ""
    printed_date: str = ""

    @classmethod
    def of(cls, evidence: ReceiptEvidence) -> Purchase:
        fields = evidence.record.receipt.fields
        date = fields.get("date")
        time = (evidence.value("time") or "")[:5]
        number = _bare(evidence.value("receipt_number") or "")
        return cls(
            merchant=" ".join((evidence.value("merchant_name") or "").casefold().split()),
            number=number if len(number) >= SHORTEST_NUMBER and any(sign.isdigit() for sign in number) else "",
            date=date.value if date else "",
            time=time if re.fullmatch(r"[0-2]\d:[0-5]\d", time) else "",
            total=evidence.value("total") or "",
            currency=evidence.value("currency") or "",
            kind=evidence.value("document_type") or "",
            printed_date=max(numbers(date.text), key=len, default="") if date else "",
        )

    @cached_property
    def amount(self) -> Decimal | None:
        try:
            return Decimal(self.total) if self.total else None
        except InvalidOperation:
            return None

    @cached_property
    def digits(self) -> str:
        """The receipt number without its letters, as it is looked up."""
        return "".join(sign for sign in self.number if sign.isdigit())

    def forms(self, name: str) -> tuple[str, ...]:
        """How the value of a field may stand among printed numbers."""
        match name:
            case "number":
                return (self.digits,) if len(self.digits) >= SHORTEST_NUMBER else ()
            case "date":
                return (self.printed_date,) if len(self.printed_date) >= 6 else ()
            case "time":
                plain = self.time.replace(":", "")
                return (plain, plain.lstrip("0")) if self.time else ()
            case "total":
                plain = self.total.replace(".", "").lstrip("-0")
                return (plain,) if len(plain) >= 3 else ()
        raise ValueError(f"no field {name!r} identifies a purchase")


FIELDS = ("number", "date", "time", "total")


def same_merchant(first: Purchase, second: Purchase) -> Agreement:
    if not first.merchant or not second.merchant:
        return Agreement.UNKNOWN
    alike = max(
        fuzz.token_set_ratio(first.merchant, second.merchant), fuzz.ratio(_bare(first.merchant), _bare(second.merchant))
    )
    return Agreement.SAME if alike >= SAME_MERCHANT else Agreement.DIFFERENT


def compare_field(
    name: str, first: Purchase, second: Purchase, on_first: frozenset[str], on_second: frozenset[str]
) -> Agreement:
    """How number, date, time or total compare; `on_first` and `on_second` are the numbers printed on each receipt."""
    mine, other = str(getattr(first, name)), str(getattr(second, name))
    if not mine and not other:
        return Agreement.UNKNOWN
    if mine and other and (_equal(name, mine, other) or (name == "total" and _same_amount(first, second))):
        return Agreement.SAME
    found_mine = bool(mine) and _stands(name, first, on_second)
    found_other = bool(other) and _stands(name, second, on_first)
    if not mine or not other:
        return Agreement.PRINTED if found_mine or found_other else Agreement.UNKNOWN
    if found_mine and found_other:
        return Agreement.PRINTED
    if _close(name, mine, other):
        return Agreement.PRINTED if name == "number" and _same_end(mine, other) else Agreement.CLOSE
    return Agreement.ONE_SIDED if found_mine or found_other else Agreement.DIFFERENT


def _equal(name: str, mine: str, other: str) -> bool:
    if mine == other:
        return True
    if name != "number":
        return False
    first, second = ("".join(filter(str.isdigit, text)) for text in (mine, other))
    if first == second:
        return len(first) >= SHORTEST_NUMBER
    short, long = sorted((first, second), key=len)
    return len(short) >= 6 and short in long


def _same_amount(first: Purchase, second: Purchase) -> bool:
    return first.amount is not None and first.amount == second.amount


def _stands(name: str, purchase: Purchase, printed: frozenset[str]) -> bool:
    forms = purchase.forms(name)
    if any(form in printed for form in forms):
        return True
    # Seconds may follow the time, and date and time may have run into one number.
    if name == "time":
        return any(len(form) == 4 and len(run) == 6 and run.startswith(form) for form in forms for run in printed)
    if name in ("number", "date"):
        return any(len(form) >= 6 and len(run) > len(form) and form in run for form in forms for run in printed)
    return False


def _close(name: str, mine: str, other: str) -> bool:
    first, second = ("".join(filter(str.isdigit, text)) for text in (mine, other))
    if name == "total":
        first, second = first.lstrip("0"), second.lstrip("0")
    if not first or not second:
        return False
    if len(first) == len(second):
        wrong = [frozenset(pair) for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
        return len(wrong) == 0 or (len(wrong) == 1 and wrong[0] in MISREAD)
    short, long = sorted((first, second), key=len)
    return (
        len(long) - len(short) == 1
        and len(short) >= 4
        and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    )


def _same_end(mine: str, other: str) -> bool:
    """Whether two numbers of one length have their last END digits in common."""
    first, second = ("".join(filter(str.isdigit, text)) for text in (mine, other))
    return len(first) == len(second) > END and first[-END:] == second[-END:]


def _bare(text: str) -> str:
    """Letters and digits alone, letters that look like digits read as such."""
    return re.sub(r"[^0-9a-z]", "", folded(text).casefold())
