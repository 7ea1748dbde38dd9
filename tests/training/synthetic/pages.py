"""Made-up printed documents to read, without layouts or fonts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from extractor.types import Box
from training.synthetic.noise import Errors, OcrNoise
from training.synthetic.sheet import Printed, Synthetic

Cell = tuple[float, str, str | None]
"""Where a text begins (share of the width), what it says, and its role."""

ROWS: Sequence[Sequence[Cell]] = (
    [(0.3, "Corner Bakery", "merchant_name")],
    [(0.2, "12 Mill Lane,", "merchant_address")],
    [(0.2, "Springfield", "merchant_address")],
    [(0.1, "Date:", None), (0.22, "25/12/2018", "date")],
    [(0.1, "2", "item.0.quantity"), (0.2, "Rye loaf", "item.0.description"), (0.8, "6.80", "item.0.amount")],
    [(0.2, "Oat biscuits", "item.1.description"), (0.8, "2.74", "item.1.amount")],
    [(0.1, "TOTAL", None), (0.8, "9.54", "total")],
)
LABEL: Mapping[str, Any] = {
    "id": "made-up",
    "merchant_name": "Corner Bakery",
    "merchant_address": "12 Mill Lane, Springfield",
    "date": "2018-12-25",
    "date_text": "25/12/2018",
    "total": "9.54",
    "country": "US",
    "line_items": [["Rye loaf", "2", None, "6.80"], ["Oat biscuits", None, None, "2.74"]],
}


def document(
    rows: Sequence[Sequence[Cell]] = ROWS, label: Mapping[str, Any] = LABEL, page_of: Mapping[int, int] | None = None
) -> Synthetic:
    """A document of these rows; `page_of` puts rows on pages other than the first."""
    words: list[Printed] = []
    pages = page_of or {}
    height = min(0.05, 0.95 / max(1, len(rows)))
    for number, row in enumerate(rows):
        top = 0.02 + number * height
        for x, text, role in row:
            at = x
            for word in text.split():
                end = at + 0.016 * len(word)
                box = Box.clipped(at, top, end, top + height / 2)
                words.append(Printed(word, box, pages.get(number, 0), number, role))
                at = end + 0.012
    count = 1 + max(pages.values(), default=0)
    return Synthetic(str(label["id"]), tuple(words), label, (), (1.6,) * count)


def scrawl(seed: int, count: int = 100, letters: str = "abcdefghij0123456789AB.,:é") -> list[Printed]:
    """So many words of random letters in rows; some carry a role."""
    draw = random.Random(f"scrawl/{seed}")
    words: list[Printed] = []
    row = 0
    while len(words) < count:
        x = 0.05
        while x < 0.8 and len(words) < count:
            text = "".join(draw.choices(letters, k=draw.randint(1, 9)))
            role = draw.choice(("total", "merchant_name", None, None, None))
            box = Box(x, row / 60, min(1.0, x + 0.02 * len(text)), row / 60 + 0.012)
            words.append(Printed(text, box, 0, row, role))
            x = box.x1 + draw.choice((0.02, 0.02, 0.02, 0.1))
        row += 1
    return words


KINDS = ("digit", "upper", "lower", "accented", "sign")

KNOWN = OcrNoise(
    kinds={kind: Errors(rate=0.02, read={"x": 0.5, "": 0.5}) for kind in KINDS},
    characters={"a": Errors(rate=0.06, read={"o": 1.0}), "é": Errors(rate=0.1, read={"e": 0.8, "ê": 0.2})},
    follow=0.1,
    lost=(0.10, 0.05, 0.02),
    rows_lost=0.03,
    joined=dict.fromkeys(KINDS, (0.3,) * 12),
    apart=(0.0,) * 7 + (0.5,) * 5,
    split={"sign": 0.08},
    sides=((-0.1, 0.1), (0.0, 0.2)),
    tops=((-0.1, 0.1), (-0.1, 0.1)),
    spurious=1.0,
    spurious_signs={"#": 1.0},
    right=((0.9, 1.0),) * 3,
    wrong=((0.5, 0.9),) * 3,
    levels=(0.0, 1.0, 2.0),
)
"""Noise of rates chosen by hand: what comes of it can be counted."""
