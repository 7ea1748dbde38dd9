"""What is drawn on a document and is not text: shop marks, bar codes, square codes, the dots of a needle printer."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from training.synthetic.sheet import Row

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

BARCODE_ROOM = 2.0
"""Rows of digits with at least this many empty lines above have a bar code there."""


def is_barcode(row: Row) -> bool:
    if row.above < BARCODE_ROOM or len(row.cells) != 1:
        return False
    text = "".join(run.text for run in row.cells[0].runs).strip("*")
    return len(text) >= 8 and text.isdigit()


def bars(pen: ImageDraw, middle: float, bottom: float, height: float, rng: random.Random) -> None:
    """A bar code: bars of one to four units."""
    unit = rng.choice((1, 2, 2, 3))
    widths = [rng.choice((1, 1, 2, 3, 4)) * unit for _ in range(rng.randrange(60, 90))]
    x = middle - sum(widths) / 2
    for number, width in enumerate(widths):
        if number % 2 == 0:
            pen.rectangle([x, bottom - height * 0.85, x + width - 1, bottom], fill=255)
        x += width


def square_code(pen: ImageDraw, middle: float, centre: float, side: float, rng: random.Random) -> None:
    """A code of black and white squares with the three finders of a QR code."""
    cells = rng.choice((21, 25, 29, 33))
    unit = max(2, int(side / cells))
    x0, y0 = round(middle - cells * unit / 2), round(centre - cells * unit / 2)
    for row in range(cells):
        for column in range(cells):
            near = (min(row, cells - 1 - row) < 8 and column < 8) or (row < 8 and column >= cells - 8)
            if not near and rng.random() < 0.5:
                x, y = x0 + column * unit, y0 + row * unit
                pen.rectangle([x, y, x + unit - 1, y + unit - 1], fill=255)
    for column, row in ((0, 0), (cells - 7, 0), (0, cells - 7)):
        x, y = x0 + column * unit, y0 + row * unit
        pen.rectangle([x, y, x + 7 * unit - 1, y + 7 * unit - 1], fill=255)
        pen.rectangle([x + unit, y + unit, x + 6 * unit - 1, y + 6 * unit - 1], fill=0)
        pen.rectangle([x + 2 * unit, y + 2 * unit, x + 5 * unit - 1, y + 5 * unit - 1], fill=255)


def mark(pen: ImageDraw, x: float, y: float, radius: float, rng: random.Random) -> None:
    """A shop's mark: a ring, a star, a shield of bars or a wave of dots."""
    kind = rng.randrange(4)
    if kind == 0:
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
        pen.ellipse([x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7], fill=0)
        pen.ellipse([x - radius * 0.35, y - radius * 0.35, x + radius * 0.35, y + radius * 0.35], fill=255)
    elif kind == 1:
        points = rng.randrange(4, 9)
        turns = [math.pi * at / points for at in range(2 * points)]
        reach = [radius if at % 2 == 0 else radius * 0.45 for at in range(2 * points)]
        pen.polygon([(x + r * math.sin(t), y - r * math.cos(t)) for t, r in zip(turns, reach, strict=True)], fill=255)
    elif kind == 2:
        for at in range(5):
            left = x - radius + at * radius * 0.42
            tall = radius * (0.4 + 0.6 * rng.random())
            pen.rectangle([left, y + radius - 2 * tall, left + radius * 0.3, y + radius], fill=255)
    else:
        for at in range(7):
            centre = x + (at - 3) * radius * 0.55
            rise = y + radius * 0.4 * math.sin(at * 1.1)
            size = radius * 0.2
            pen.ellipse([centre - size, rise - size, centre + size, rise + size], fill=255)


def dotted(ink: Image, pitch: int) -> Image:
    """Ink as a needle printer sets it: round dots on a grid of `pitch` pixels."""
    import numpy as np
    from PIL import Image as Pictures

    if pitch < 2:
        return ink
    small = ink.resize((max(1, ink.width // pitch), max(1, ink.height // pitch)), Pictures.Resampling.BOX)
    dots = np.clip(np.asarray(small, np.float32) * 1.9, 0, 255)
    at = np.arange(pitch) - (pitch - 1) / 2
    near = np.clip(1.35 - np.hypot(at[:, None], at[None, :]) / (pitch / 2), 0.35, 1.0)
    spread = np.kron(dots, near.astype(np.float32))
    whole = np.zeros((ink.height, ink.width), np.uint8)
    whole[: spread.shape[0], : spread.shape[1]] = spread[: ink.height, : ink.width].astype(np.uint8)
    return Pictures.fromarray(whole)
