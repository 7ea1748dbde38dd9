"""Whether two fingerprints are of one purchase, and what speaks for and against it.

Every field that agrees or differs moves a score by points that are stated here; nothing else decides. Two receipts of
one shop agree in all that is printed on its paper, so what counts are number, date, time and amount: one of them that
was clearly read as different outweighs a page that looks alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from extractor.policy.duplicates import pictures
from extractor.policy.duplicates.fingerprint import FEWEST_NUMBERS, Fingerprint
from extractor.policy.duplicates.numbers import overlap, shared, weight
from extractor.policy.duplicates.purchase import FIELDS, Agreement, compare_field, same_merchant

Kind = Literal["duplicate_file", "duplicate_picture", "duplicate_purchase", "card_slip_and_bill"]

POINTS: Mapping[str, Mapping[Agreement, float]] = {
    "number": {
        Agreement.SAME: 4,
        Agreement.PRINTED: 3,
        Agreement.CLOSE: 0,
        Agreement.ONE_SIDED: 0,
        Agreement.DIFFERENT: -4,
    },
    "date": {Agreement.SAME: 2, Agreement.PRINTED: 1.5, Agreement.CLOSE: -1, Agreement.DIFFERENT: -4},
    "time": {Agreement.SAME: 3, Agreement.PRINTED: 2, Agreement.CLOSE: 0, Agreement.DIFFERENT: -3},
    "total": {Agreement.SAME: 2, Agreement.PRINTED: 1, Agreement.CLOSE: 0, Agreement.DIFFERENT: -3},
    "merchant": {Agreement.SAME: 1, Agreement.DIFFERENT: 0},
}

ENOUGH = 4.75
"""Points from which on two receipts are taken for one purchase."""

SURE = 14.0
"""Points from which on no more certainty is gained."""

USUAL_OVERLAP = 0.4
"""The share of numbers that receipts of one shop have in common anyway; above it each tenth is worth 0.7 points."""

FULL_WEIGHT = 12.0
"""The weight of numbers (numbers.weight) from which on their overlap counts in full."""

TELLING = ("number", "date", "time")
"""What sets the receipts of one shop apart, beside the amount."""

SAME_MINUTE = 2.0
"""Points more where the time agrees and so does date or amount: both by chance is rarer than their points tell."""

IDENTICAL = 0.02
"""Share of bits of a perceptual hash up to which it is one picture, saved again …"""

SAME_PICTURE = 0.05
"""… up to which it is one picture unless what was read speaks against it …"""

LIKE_PICTURE = 0.12
"""… and up to which it may be."""

SAME_NUMBERS = 0.55
"""Overlap of the numbers from which on it is the same piece of paper, not another document of the same purchase."""

MOST = 0.75
NEARLY_ALL = 0.9
"""Overlap of the numbers that stands in for number, date and time where neither receipt has one, or only one has …"""

MANY_NUMBERS = 6
"""… and how many different numbers must be on both, where they are not laid out alike; two more where only one has,
twice as many where one of the three was read as different."""

TIP = Decimal("1.3")
"""How many times the bill a card slip may come to, its tip included."""

SLIP_MINUTES = 120
"""Between the bill and the card slip that pays it."""


@dataclass(frozen=True)
class Comparison:
    """What two receipts have in common. `kind` is None where they are two purchases.

    `points` is the score against ENOUGH; `confidence` (0–1) follows from it. `overlap` is the share of printed numbers
    in common, `picture` and `layout` the share of differing bits of the perceptual hashes of the whole pictures and of
    their text set upright (None without pictures).
    """

    kind: Kind | None
    points: float
    confidence: float
    fields: Mapping[str, Agreement]
    overlap: float
    picture: float | None
    layout: float | None = None

    @property
    def alike(self) -> bool:
        """Whether the pictures are one, as far as their hashes tell."""
        return self.picture is not None and self.picture <= SAME_PICTURE

    @property
    def numbers_shared(self) -> bool:
        """Whether so many of the printed numbers are on both that it is the same piece of paper."""
        return self.overlap >= SAME_NUMBERS

    def agreeing(self) -> tuple[str, ...]:
        return tuple(name for name, found in self.fields.items() if found.holds)

    def differing(self) -> tuple[str, ...]:
        return tuple(name for name, found in self.fields.items() if found in (Agreement.DIFFERENT, Agreement.CLOSE))


def compare(first: Fingerprint, second: Fingerprint) -> Comparison:
    """Compares two fingerprints; the order makes no difference."""
    fields = {
        name: compare_field(name, first.purchase, second.purchase, first.number_set, second.number_set)
        for name in FIELDS
    }
    fields["merchant"] = same_merchant(first.purchase, second.purchase)
    common = overlap(first.numbers, second.numbers)
    near = _distance(first.picture, second.picture)
    layout = _distance(first.text, second.text)
    points = sum(POINTS[name].get(found, 0.0) for name, found in fields.items())
    points += SAME_MINUTE * (fields["time"].holds and (fields["date"].holds or fields["total"] is Agreement.SAME))
    points += _overlap_points(first, second, common) + _picture_points(near, layout)
    kind = _kind(first, second, fields, points, common, near, layout)
    return Comparison(kind, points, _confidence(kind, points), fields, common, near, layout)


def _kind(
    first: Fingerprint,
    second: Fingerprint,
    fields: Mapping[str, Agreement],
    points: float,
    common: float,
    near: float | None,
    layout: float | None,
) -> Kind | None:
    if first.sha256 and first.sha256 == second.sha256:
        return "duplicate_file"
    # Receipts of one shop look alike; where number and date both are clearly others, it is another purchase.
    another = all(fields[name] is Agreement.DIFFERENT for name in ("number", "date"))
    enough = points >= ENOUGH and any(fields[name].holds for name in TELLING) and not another
    alike = near is not None and near <= SAME_PICTURE
    same = enough and (alike or common >= SAME_NUMBERS)
    if same or _same_picture(fields, common, near) or _same_paper(first, second, fields, common, near, layout):
        return "duplicate_picture"
    if _slip_and_bill(first, second, fields):
        return "card_slip_and_bill"
    return "duplicate_purchase" if enough or _three_of_four(fields) else None


def _same_picture(fields: Mapping[str, Agreement], common: float, near: float | None) -> bool:
    """Whether it is one picture, whatever was read of it.

    Scans of two receipts of one shop come as near as SAME_PICTURE, but number, date and time of such are read as
    different: the nearer the pictures, the more of these may differ, for then they were misread. Where nothing that
    was read agrees, the printed numbers must.
    """
    if near is None or near > SAME_PICTURE:
        return False
    agreeing = any(fields[name].holds for name in (*TELLING, "total"))
    if common < (USUAL_OVERLAP if agreeing else SAME_NUMBERS):
        return False
    differing = [name for name in TELLING if fields[name] is Agreement.DIFFERENT]
    return len(differing) <= 1 or (near <= IDENTICAL and "number" not in differing)


def _same_paper(
    first: Fingerprint,
    second: Fingerprint,
    fields: Mapping[str, Agreement],
    common: float,
    near: float | None,
    layout: float | None,
) -> bool:
    """Whether two receipts are one, though neither number, date nor time tells.

    Tickets of one machine differ in just those, so that all else must be the same: the amount, and nearly all printed
    numbers; more of them where something was read on one alone, and more still where one was read as different.
    """
    telling = [fields[name] for name in TELLING]
    doubts = sum(found in (Agreement.DIFFERENT, Agreement.CLOSE) for found in telling)
    if doubts > 1 or any(found.holds for found in telling):
        return False
    if fields["total"] in (Agreement.DIFFERENT, Agreement.ONE_SIDED):
        return False
    alike = near is not None and near <= SAME_PICTURE
    if max(len(first.numbers), len(second.numbers)) < FEWEST_NUMBERS:
        return alike and not doubts
    one_sided = any(getattr(one.purchase, name) for one in (first, second) for name in TELLING)
    laid_alike = alike or (layout is not None and layout <= LIKE_PICTURE and not one_sided)
    certain = not one_sided and fields["total"] is not Agreement.CLOSE
    fewest = 2 * MANY_NUMBERS if doubts else MANY_NUMBERS + 2 * one_sided
    if laid_alike and not doubts:
        fewest = FEWEST_NUMBERS
    both = len(shared(first.numbers, second.numbers))
    return both >= fewest and common >= (MOST if certain else NEARLY_ALL)


def _three_of_four(fields: Mapping[str, Agreement]) -> bool:
    """Three of merchant, number, amount and date agree, and the fourth is not clearly another one.

    The amount may differ: one bill handed in at two amounts is what is looked for. So may the date, where the time is
    the same to the minute. Another number is another purchase.
    """
    agree = [fields[name] is Agreement.SAME for name in ("merchant", "number", "total", "date")]
    if sum(agree) < 3 or fields["number"] is Agreement.DIFFERENT:
        return False
    if fields["time"] is Agreement.DIFFERENT:
        return False
    return fields["date"] is not Agreement.DIFFERENT or fields["time"] is Agreement.SAME


def _slip_and_bill(first: Fingerprint, second: Fingerprint, fields: Mapping[str, Agreement]) -> bool:
    kinds = [one.purchase.kind == "card_slip" for one in (first, second)]
    if kinds[0] == kinds[1]:
        return False
    slip, bill = (first, second) if kinds[0] else (second, first)
    if fields["date"] is not Agreement.SAME or fields["merchant"] is Agreement.DIFFERENT:
        return False
    paid, asked = slip.purchase.amount, bill.purchase.amount
    if paid is None or asked is None:
        return False
    if slip.purchase.currency and bill.purchase.currency and slip.purchase.currency != bill.purchase.currency:
        return False
    apart = _minutes_apart(slip.purchase.time, bill.purchase.time)
    if apart is not None and apart > SLIP_MINUTES:
        return False
    return paid == asked or (fields["merchant"] is Agreement.SAME and 0 < asked < paid <= TIP * asked)


def _minutes_apart(first: str, second: str) -> int | None:
    if not first or not second:
        return None
    clocks = [int(text[:2]) * 60 + int(text[3:5]) for text in (first, second)]
    return abs(clocks[0] - clocks[1])


def _overlap_points(first: Fingerprint, second: Fingerprint, common: float) -> float:
    least = min(sum(map(weight, first.numbers)), sum(map(weight, second.numbers)))
    return 7.0 * (common - USUAL_OVERLAP) * min(1.0, least / FULL_WEIGHT)


def _distance(first: int | None, second: int | None) -> float | None:
    return pictures.distance(first, second) if first and second else None


def _picture_points(near: float | None, layout: float | None) -> float:
    """The whole picture says much; that the text is laid out alike, little: so it is on all receipts of a shop."""
    if near is not None and near <= LIKE_PICTURE:
        return 6.0 if near <= SAME_PICTURE else 2.0
    return 1.0 if layout is not None and layout <= SAME_PICTURE else 0.0


def _confidence(kind: Kind | None, points: float) -> float:
    if kind == "duplicate_file":
        return 1.0
    share = min(max((points - ENOUGH) / (SURE - ENOUGH), 0.0), 1.0)
    base = {"duplicate_picture": 0.75, "duplicate_purchase": 0.65, "card_slip_and_bill": 0.6}
    return round(base.get(kind or "", 0.0) + 0.24 * share, 3) if kind else 0.0
