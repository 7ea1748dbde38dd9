"""What is true of each document: read from SROIE's ground truth or from teacher labels."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from extractor.errors import UsageError
from extractor.task import RECEIPTS, Task
from extractor.types import AMOUNT_FIELDS, ITEM_PARTS

Split = Literal["train", "dev", "all"]

_SROIE_NAMES = {"company": "merchant_name", "address": "merchant_address", "date": "date", "total": "total"}
_NUMBERS = ("quantity", "unit_price", "amount")


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth about one document.

    `fields` maps a field to its value, or to None where the document has none; a field about which nothing is known is
    absent. `date` holds the date as printed, `date_iso` the same as ISO 8601. `line_items` is None where unknown.
    `amounts` and `dates` say which fields are compared as such.
    """

    id: str
    fields: Mapping[str, str | None] = field(default_factory=dict)
    line_items: tuple[Mapping[str, str], ...] | None = None
    amounts: frozenset[str] = frozenset(AMOUNT_FIELDS)
    dates: frozenset[str] = frozenset({"date"})


def split_of(document: str) -> Literal["train", "dev"]:
    """The split a document belongs to: dev where the number made of the digits of its id is divisible by 5.

    An id without digits counts by its CRC-32, so that a user's own file names are split by the same shares.
    """
    digits = "".join(re.findall(r"[0-9]", document))
    number = int(digits) if digits else zlib.crc32(document.encode())
    return "dev" if number % 5 == 0 else "train"


def in_split(document: str, split: Split) -> bool:
    return split == "all" or split_of(document) == split


def amount(text: str) -> str:
    """An amount as it is compared: a plain decimal with at least two places, without sign of currency or thousands.

    >>> amount("RM 1,007.5"), amount("80.9"), amount("-0.000")
    ('1007.50', '80.90', '0.00')

    A text that is no number comes back as it is.
    """
    number = decimal(re.sub(r"[^0-9.\-]", "", text))
    if number is None:
        return text
    places = max(2, -_exponent(number.normalize()))
    return f"{number or number.copy_abs():.{places}f}"


def quantity(text: str) -> str:
    """A quantity as it is compared: "1.000" and "1" are the same. A text that is no number comes back as it is."""
    number = decimal(text.strip())
    return text if number is None else f"{number.normalize():f}"


def decimal(text: str) -> Decimal | None:
    """The finite number that `text` is, or None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    # An exponent can ask for gigabytes of zeros, and no receipt prints one.
    return number if number.is_finite() and abs(number.adjusted()) < 30 and -_exponent(number) < 30 else None


def comparable(name: str, value: str, amounts: Collection[str] = AMOUNT_FIELDS) -> str:
    """A field's value as it is compared."""
    return amount(value) if name in amounts else value


def comparable_item(parts: Mapping[str, str | None]) -> dict[str, str]:
    """A line item as it is compared: the parts that it has, its numbers in one form."""
    known = {part: text for part in ITEM_PARTS if (text := parts.get(part))}
    return {
        part: quantity(text) if part == "quantity" else amount(text) if part in _NUMBERS else text
        for part, text in known.items()
    }


def load_truths(path: Path | str, task: Task = RECEIPTS) -> dict[str, Truth]:
    """The truths in a JSON-lines file, by id: SROIE's ground truth or labels of a task, told apart line by line.

    Raises UsageError (truth_unreadable) where the file is missing or a line is neither.
    """
    found: dict[str, Truth] = {}
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    truth = _parsed(line, task, f"{path}, line {number}")
                    found[truth.id] = truth
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(f"The truth {path} can't be read ({type(error).__name__}).") from error
    return found


def _parsed(line: str, task: Task, place: str) -> Truth:
    try:
        entry = json.loads(line)
        document = str(entry["id"])
        sroie = "company" in entry and "company" not in task.by_name
        return _from_sroie(document, entry) if sroie else truth_of_label(entry, task)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(f"{place} is neither a ground truth nor a teacher's label.") from error


def _unreadable(message: str) -> UsageError:
    hint = "Give a JSON-lines file with an id and the fields of a receipt on each line."
    return UsageError(message, code="truth_unreadable", hint=hint)


def _from_sroie(document: str, entry: dict[str, Any]) -> Truth:
    # An empty value of SROIE means that nobody wrote it down, not that the receipt has none.
    known = {name: str(entry[key]) for key, name in _SROIE_NAMES.items() if entry.get(key)}
    return Truth(document, {name: comparable(name, value) for name, value in known.items()})


def truth_of_label(entry: Mapping[str, Any], task: Task = RECEIPTS) -> Truth:
    """What a label of a task (the format of teacher labels) says. Raises KeyError where it names no field of it."""
    named: dict[str, Any] = {}
    dates = frozenset(each.name for each in task.fields if each.type == "date")
    for name in task.names:
        if name in dates:
            # The printed date where it was written down, and the day that it means.
            if f"{name}_text" in entry:
                named[name] = entry[f"{name}_text"]
            if name in entry:
                named[f"{name}_iso"] = entry[name]
        elif name in entry:
            named[name] = entry[name]
    if not named and "line_items" not in entry:
        raise KeyError("fields")
    amounts = frozenset(task.amounts)
    fields = {name: comparable(name, str(value), amounts) if value else None for name, value in named.items()}
    items = entry.get("line_items")
    listed = None if items is None else tuple(_teacher_item(item) for item in items)
    return Truth(str(entry["id"]), fields, listed, amounts, dates)


def _teacher_item(item: list[str | None] | dict[str, str | None]) -> dict[str, str]:
    return comparable_item(item if isinstance(item, dict) else dict(zip(ITEM_PARTS, item, strict=True)))


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
