"""What stands under a receipt's totals and means nothing to an auditor, but much to a reader that must not err."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from training.synthetic.layouts.base import Roll
from training.synthetic.layouts.heads import other_number
from training.synthetic.layouts.signs import name_at_foot, printed_name
from training.synthetic.sheet import Run


def digits(roll: Roll, count: int) -> str:
    return str(roll.draw.randrange(10 ** (count - 1), 10**count))


def _thanks(roll: Roll) -> None:
    roll.text(roll.words.term("thanks"), "centre")


def _website(roll: Roll) -> None:
    roll.text(roll.purchase.merchant.website or "", "centre")


def _policy(roll: Roll) -> None:
    roll.text(roll.words.term("policy"), "centre")


def _points(roll: Roll) -> None:
    roll.pair(roll.words.label("points"), digits(roll, 3))


def _member(roll: Roll) -> None:
    roll.text(f"{roll.words.label('member')} {digits(roll, 10)}")


def _saved(roll: Roll) -> None:
    saved = roll.purchase.discount or roll.purchase.total / 10
    roll.text(f"{roll.words.term('saved')} {roll.words.money(saved)}", "centre")


def _valid(roll: Roll) -> None:
    later = roll.purchase.when + timedelta(days=roll.draw.randrange(7, 400))
    roll.text(f"{roll.words.label('valid_until')} {roll.words.date(later)}", "centre")


def _since(roll: Roll) -> None:
    earlier = roll.purchase.when - timedelta(days=roll.draw.randrange(200, 4000))
    roll.text(f"{roll.words.label('member_since')} {roll.words.date(earlier)}")


def _hours(roll: Roll) -> None:
    roll.text(
        f"{roll.words.term('opening_hours')} {roll.draw.choice(('8:00', '9:00', '09:00', '10:00'))} - 20:00", "centre"
    )


def _survey(roll: Roll) -> None:
    roll.text(roll.words.term("survey"), "centre")
    code = "-".join(digits(roll, 4) for _ in range(roll.draw.randrange(3, 6)))
    roll.text(code, "centre")


def _barcode(roll: Roll) -> None:
    roll.gap(2.4)
    number = digits(roll, roll.draw.choice((12, 13, 18)))
    roll.text("*" + number + "*" if roll.chance(0.4) else number, "centre")


def _count(roll: Roll) -> None:
    pieces = sum(int(item.quantity) if item.quantity >= 1 else 1 for item in roll.purchase.items)
    roll.pair(roll.words.label("items_count"), str(pieces))


def _phone(roll: Roll) -> None:
    if roll.purchase.merchant.phone:
        roll.text(f"{roll.words.label('phone')} {other_number(roll, roll.purchase.merchant.phone)}", "centre")


def _cashier(roll: Roll) -> None:
    name = roll.purchase.details.get("cashier") or digits(roll, 3)
    roll.text(f"{roll.words.label('cashier')} {name}")


def _again(roll: Roll) -> None:
    roll.text(Run(printed_name(roll), roll.role("merchant_name")), "centre")


_OPTIONS: tuple[tuple[str | None, float, Callable[[Roll], None]], ...] = (
    ("items_count", 0.2, _count),
    ("cashier", 0.12, _cashier),
    ("saved", 0.08, _saved),
    ("points", 0.1, _points),
    ("member", 0.07, _member),
    ("member_since", 0.04, _since),
    ("thanks", 0.75, _thanks),
    ("policy", 0.25, _policy),
    ("website", 0.3, _website),
    ("valid_until", 0.08, _valid),
    ("opening_hours", 0.08, _hours),
    ("phone", 0.06, _phone),
    ("survey", 0.08, _survey),
    (None, 0.1, _again),
    (None, 0.05, name_at_foot),
    (None, 0.2, _barcode),
)


def foot(roll: Roll) -> None:
    """Some of the usual lines. Those that the locale has no words for are left out."""
    roll.gap()
    if roll.owed:
        name_at_foot(roll)
    for concept, share, write in _OPTIONS:
        if not roll.chance(share):
            continue
        if concept == "website":
            if roll.purchase.merchant.website:
                write(roll)
        elif concept is None or roll.words.has(concept):
            write(roll)
            if roll.chance(0.2):
                roll.gap(0.5)
