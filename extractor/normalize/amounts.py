"""Amounts in printed text: found with either decimal sign and any thousands sign, and written as plain decimals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from extractor.normalize.characters import digits_repaired
from extractor.normalize.currency_marks import MARK, currencies_of_mark
from extractor.normalize.dates import find_dates
from extractor.normalize.times import find_times

MILL_CURRENCIES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies of a thousand parts: a third decimal of theirs is money, not noise."""

_CENT, _MILL = Decimal("0.01"), Decimal("0.001")
_LONGEST_WHOLE = 9

# Atomic, so that a number which turns out to be no amount is not cut into a shorter one ("12.03.18" holds no 12.03).
# The loose forms allow the gaps that OCR puts around a sign; they demand decimals, so that lists are not joined.
_GROUPED = r"""
    (?P<comma>\d{1,3}(?:,\d{3})+(?:\.\ ?\d{1,3}(?!\d))?(?!,?\d))
  | (?P<dot>\d{1,3}(?:\.\d{3})+(?:,\ ?\d{1,3}(?!\d))?(?!\.?\d))
  | (?P<comma_loose>\d{1,3}(?:\ ?,\ ?\d{3})+\ ?\.\ ?\d{2}(?!\d))
  | (?P<dot_loose>\d{1,3}(?:\ ?\.\ ?\d{3})+\ ?,\ ?\d{2}(?!\d))
  | (?P<indian>\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?(?!\d))
  | (?P<apostrophe>\d{1,3}(?:'\d{3})+(?:[.,]\d{1,2})?(?!\d))
"""
_SPACED = r"| (?P<space>[1-9]\d{0,2}(?:\ \d{3})+(?:[.,]\d{2})?(?!\d))"
_SIMPLE = r"""
  | (?P<dash>\d{1,6}[.,]\ ?--?(?!\ ?\d))
  | (?P<plain>\d{1,12}[.,]\d+)
  | (?P<loose>\d{1,6}(?:\ [.,]\ ?|[.,]\ )\d{2}(?!\d|\ ?[.,:/]\d))
  | (?P<whole>\d+)
  | (?P<bare>(?<![\w.,)])[.,]\d{2}(?!\d))
"""


def _pattern(spaced: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\d)(?<!\d[.,':/])(?>{_GROUPED}{spaced}{_SIMPLE})(?![.,':]?\d)", re.VERBOSE)


_NUMBER, _NUMBER_UNSPACED = _pattern(_SPACED), _pattern("")
_BEFORE, _BEFORE_BARE = (re.compile(rf"(\()?(-)?( ?)({mark})?[.:]?( ?)(-)?( ?)$") for mark in (MARK, "(?!)"))
_AFTER, _AFTER_BARE = (re.compile(rf" ?({mark})?( ?-(?![\w$€£.,])(?! ?\d)| ?CR\b)?(\))?") for mark in (MARK, "(?!)"))
_PERCENT = re.compile(r" ?[%‰]")
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+\d{1,3}[ -]?)?\(?\d{2,4}\)?[ -]{1,3}\d{3,4}[ -]\d{4}(?![\d.,])"
    r"|(?<![\d.,])\+\d[\d -]{6,14}\d(?![.,]?\d)|(?<![\d.,])0\d{1,3}(?: \d{2,4}){2,}(?![.,]?\d)"
)


@dataclass(frozen=True, slots=True)
class AmountMatch:
    """A number that may be an amount: its most plausible `value`, and where it stands in the text searched.

    `start` to `end` covers the digits and their sign, not a currency mark. `decimals` counts the decimals printed.
    `alternatives` are other ways to read the same print ("5.000" is 5000 or 5), the likelier first. `marked` tells
    whether a currency mark stands beside it.
    """

    value: Decimal
    start: int
    end: int
    decimals: int
    alternatives: tuple[Decimal, ...] = ()
    marked: bool = False


def find_amounts(text: str, *, decimal_sign: str | None = None) -> list[AmountMatch]:
    """Every number in `text` that may be an amount, in the order printed.

    `decimal_sign` ("." or ",") settles prints such as "5.000" that are thousands in one country and three decimals in
    another; without it thousands come first. Percentages, dates, times, telephone numbers, numbers glued to words and
    runs of more than nine digits are left out.
    """
    return list(_found(text, decimal_sign))


def parse_amount(text: str, *, decimal_sign: str | None = None) -> Decimal | None:
    """The one amount that a field's text most likely means, or None: decimals first, then a currency, then the last."""
    found = _found(text, decimal_sign)
    if not found:
        return None
    return max(enumerate(found), key=lambda pair: (pair[1].decimals >= 2, pair[1].marked, pair[0]))[1].value


def parse_quantity(text: str, *, decimal_sign: str | None = None) -> str | None:
    """A quantity or a price of a unit as a plain number with the decimals printed ("1,306 kg" is "1.306"), or None.

    Weights and litres have three decimals more often than they reach thousands, so "13.439" is read as decimals.
    """
    found = _found(text, decimal_sign)
    if not found:
        return None
    value = found[0].value
    if decimal_sign is None and found[0].decimals == 0 and found[0].alternatives:
        value = found[0].alternatives[0]
    return f"{value:f}"


def format_amount(value: Decimal, currency: str | None = None) -> str:
    """`value` as the record writes amounts: a plain decimal with two decimals, "-" first where negative.

    Every currency gets two ("570000.00" dong), as the teacher's prompt asks; only a third decimal that is money
    (a currency of a thousand parts) and not zero is kept, because dropping it would change the amount.
    """
    if currency in MILL_CURRENCIES:
        mills = value.quantize(_MILL, ROUND_HALF_UP)
        if mills != mills.quantize(_CENT, ROUND_HALF_UP):
            return f"{mills:f}"
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    return f"{cents if cents else abs(cents):f}"


def document_decimal_sign(texts: Iterable[str]) -> str | None:
    """The decimal sign that a document uses, "." or ",", by majority of its unambiguous numbers; None on a tie."""
    votes: Counter[str] = Counter()
    for text in texts:
        for kind, number in _numbers(digits_repaired(text)):
            sign = _sign_shown(kind, number)
            if sign:
                votes[sign] += 1
    if votes["."] == votes[","]:
        return None
    return "." if votes["."] > votes[","] else ","


def _numbers(clean: str) -> Iterator[tuple[str, str]]:
    for match in _NUMBER_UNSPACED.finditer(clean):
        yield str(match.lastgroup), match.group()


def _sign_shown(kind: str, number: str) -> str | None:
    """The decimal sign that one number gives away, or None where it could be read both ways."""
    if kind.startswith(("comma", "indian")):
        return "." if "." in number or number.count(",") > 1 else None
    if kind.startswith("dot"):
        return "," if "," in number or number.count(".") > 1 else None
    if kind == "whole":
        return None
    signs = re.findall(r"[.,]", number)
    return signs[-1] if signs and len(re.split(r"[.,]", number)[-1]) != 3 else None


@lru_cache(maxsize=2048)
def _found(text: str, decimal_sign: str | None) -> tuple[AmountMatch, ...]:
    clean = digits_repaired(text)
    if not any(c.isdigit() for c in clean):
        return ()
    masked = _masked(text, clean)
    found: list[AmountMatch] = []
    for match in _NUMBER.finditer(masked):
        if match.lastgroup == "space" and not _is_one_number(match, masked):
            pieces = _NUMBER_UNSPACED.finditer(masked, match.start(), match.end())
            found.extend(a for a in (_amount(piece, masked, decimal_sign) for piece in pieces) if a)
            continue
        amount = _amount(match, masked, decimal_sign)
        if amount:
            found.append(amount)
    return tuple(found)


def _masked(text: str, clean: str) -> str:
    """`clean` with dates, times and telephone numbers blanked by a sign that no number touches."""
    spans = [(m.start, m.end) for m in find_dates(text) if not clean[m.start : m.end].isdigit()]
    spans += [(m.start, m.end) for m in find_times(text)]
    spans += [m.span() for m in _PHONE.finditer(clean)]
    for start, end in spans:
        clean = clean[:start] + "~" * (end - start) + clean[end:]
    return clean


def _is_one_number(match: re.Match[str], clean: str) -> bool:
    """Whether digits in groups of three with gaps are one number, and not a quantity beside a price."""
    number = match.group()
    if "," in number or number.count(" ") > 1 or number == clean.strip():
        return True
    return bool(_before(clean, match.start())[4] or ("." not in number and _after(clean, match.end())[1]))


def _before(clean: str, start: int) -> re.Match[str]:
    """What leads up to a number: bracket, minus, gap, currency mark, gap, minus, gap."""
    first = max(0, start - 11)
    found = _BEFORE.search(clean, first, start)
    if found is None or (found[4] and not currencies_of_mark(found[4])):
        found = _BEFORE_BARE.search(clean, first, start)
    assert found is not None  # every part of the pattern is optional
    return found


def _after(clean: str, end: int) -> re.Match[str]:
    """What follows a number: currency mark, minus or CR, bracket."""
    found = _AFTER.match(clean, end)
    if found is None or (
        found[1] and not (currencies_of_mark(found[1]) and (len(found[1]) > 1 or found[1] not in "PQR"))
    ):
        found = _AFTER_BARE.match(clean, end)
    assert found is not None  # every part of the pattern is optional
    return found


def _amount(match: re.Match[str], clean: str, decimal_sign: str | None) -> AmountMatch | None:
    kind, start, end = str(match.lastgroup), match.start(), match.end()
    before, after = _before(clean, start), _after(clean, end)
    marked = bool(before[4] or after[1])
    if _PERCENT.match(clean, end) or (kind == "whole" and not _may_be_whole(match, clean, marked, bool(before[4]))):
        return None
    readings = _readings(kind, match.group(), decimal_sign)
    has_decimals = readings[0][1] > 0
    negative, first, last = _sign(before, after, clean, start, end, marked or has_decimals)
    values = [-value if negative else value for value, _ in readings]
    return AmountMatch(values[0], first, last, readings[0][1], tuple(values[1:]), marked)


def _may_be_whole(match: re.Match[str], clean: str, marked: bool, mark_before: bool) -> bool:
    """Whether digits without any sign may be an amount, judged by their length and what they touch."""
    digits, start, end = match.group(), match.start(), match.end()
    if len(digits) > _LONGEST_WHOLE or (len(digits) > 1 and digits[0] == "0"):
        return False
    left, right = clean[max(0, start - 3) : start], clean[end : end + 3]
    if re.search(r"\d ?[-/] ?$|#$|[~_]$", left) or re.match(r" ?[-/] ?\d|[~_]", right):
        return False
    glued_left = left[-1:].isalpha() and left[-1:] not in "xX"
    glued_right = right[:1].isalpha() and right[:1] not in "xX"
    return not (glued_left and not mark_before) and not (glued_right and not marked)


def _sign(
    before: re.Match[str], after: re.Match[str], clean: str, start: int, end: int, money: bool
) -> tuple[bool, int, int]:
    """Whether the number is negative, and its first and last place with the sign."""
    opening, early, gap, mark, _, late, late_gap = before.groups()
    if after[2]:
        return True, start, after.end(2)
    if opening and after[3] and money:
        return True, before.start(), after.end()
    place = before.start(6) if late else before.start(2)
    if not (early or late):
        return False, start, end
    touches = clean[place - 1 : place]
    spaced = bool(late_gap if late else gap and not mark)
    joins = touches.isalnum() and not (late and mark)
    if joins or touches in {"-", ")", "~"} or (spaced and place > 0 and not mark):
        return False, start, end
    return True, place, end


def _readings(kind: str, number: str, decimal_sign: str | None) -> list[tuple[Decimal, int]]:
    """The values a number may have, the most plausible first, each with its decimals."""
    tight = number.replace(" ", "").replace("'", "")
    if kind in {"dash", "whole"}:
        return [(Decimal(tight.rstrip("-.,")), 2 if kind == "dash" else 0)]
    if kind.startswith(("comma", "dot")) or kind == "indian":
        group, sign = (".", ",") if kind.startswith("dot") else (",", ".")
        thousands = _decimal(tight.replace(group, ""), sign)
        if sign in tight or tight.count(group) > 1:
            return [thousands]
        as_decimals = _decimal(tight, group)
        decimals_first = decimal_sign == group or tight.startswith("0")
        return [as_decimals, thousands] if decimals_first else [thousands, as_decimals]
    readings = [_decimal(tight.replace(",", "."), ".")]
    if kind == "space" or re.match(r"\d+ [.,]", number):
        # The part behind the gap may stand alone: a quantity before a price.
        readings.append(_decimal(re.split(r" ", number)[-1].replace(",", "."), "."))
    return readings


def _decimal(digits: str, sign: str) -> tuple[Decimal, int]:
    whole, _, fraction = digits.partition(sign)
    return Decimal(f"{whole or '0'}.{fraction}" if fraction else whole or "0"), len(fraction)
