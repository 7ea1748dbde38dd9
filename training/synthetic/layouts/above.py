"""What stands above a seller's name: titles, numbers, the moment of the sale, notices, what is left of a logo."""

from __future__ import annotations

from training.synthetic.layouts.base import Align, Roll
from training.synthetic.layouts.signs import garbled, phrase
from training.synthetic.names import person
from training.synthetic.sheet import Run

SHARE = 0.2
"""Documents that have such lines at all."""
_SCHEMES = ("VISA", "MASTERCARD", "EFTPOS", "UNIONPAY", "MAESTRO", "AMERICAN EXPRESS", "DEBIT")
_LETTERS = "abcdeghiklmnoprstuwABCEFHKMNOPRSTW01579"


def opening(roll: Roll, align: Align, slip: bool) -> None:
    """Lines above the name, on some documents. `slip`: it comes from a card terminal, which names cards there."""
    if not roll.chance(SHARE):
        return
    kinds, weights = zip(
        *(("title", 4.0), ("number", 3.0), ("moment", 1.2), ("notice", 2.0), ("scrap", 4.0), ("slogan", 1.5)),
        *(("website", 1.0), ("customer", 0.8), ("scheme", 5.0 if slip else 0.3)),
        strict=True,
    )
    side = align if roll.chance(0.7) else "centre"
    for kind in roll.draw.choices(kinds, weights, k=2 if roll.chance(0.4) else 1):
        _line(roll, kind, side)
    if roll.chance(0.3):
        roll.gap()


def _line(roll: Roll, kind: str, align: Align) -> None:
    if kind == "moment":
        _moment(roll, align)
    elif kind == "number":
        concept = roll.draw.choice(("order", "table", "till"))
        number = str(roll.draw.randrange(1, 10 ** roll.draw.randrange(1, 4)))
        roll.text(f"{roll.words.label(concept)} {number}", align, roll.draw.choice((1.0, 1.0, 1.5, 2.0)))
    elif kind == "scrap":
        roll.text(_scrap(roll), align, roll.draw.choice((1.0, 1.5, 2.0)), roll.chance(0.5))
    elif kind == "website":
        roll.text(roll.purchase.merchant.website or _scrap(roll), align)
    elif kind == "customer":
        roll.text(f"{roll.words.label('customer')} {person(roll.purchase.locale, roll.draw)}", align)
    elif kind == "scheme":
        roll.text(roll.draw.choice(_SCHEMES), align)
    else:
        text = phrase(roll, "above" if kind == "title" else kind)
        if text:
            roll.text(text, align, roll.draw.choice((1.0, 1.0, 1.0, 1.4)), roll.chance(0.3))


def _moment(roll: Roll, align: Align) -> None:
    when = roll.purchase.when
    day = Run(roll.words.date(when), roll.role("date"))
    roll.text((day, Run(" "), Run(roll.words.time(when), roll.role("time"))), align)


def _scrap(roll: Roll) -> str:
    """What is read of a logo or of what shines through the paper: letters without sense, or part of the name."""
    merchant = roll.purchase.merchant
    first = (merchant.trading_name or merchant.name).split(" ")[0]
    if first.isascii() and len(first) > 3 and roll.chance(0.3):
        return garbled(first[roll.draw.randrange(0, 3) :], roll.draw)
    return " ".join(
        "".join(roll.draw.choice(_LETTERS) for _ in range(roll.draw.randrange(1, 5)))
        for _ in range(roll.draw.choice((1, 1, 2, 3)))
    )
