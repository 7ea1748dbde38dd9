"""What a signal saw, shown: the surroundings of its place, enlarged, with the place framed and the lines of the digits
drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from extractor.errors import UsageError
from extractor.policy.cases import Place, ReceiptEvidence
from extractor.policy.tampering.glyphs import Row, rows
from extractor.policy.tampering.specimen import Sheet, Specimen
from extractor.types import Box

FRAME, LINES = (190, 30, 45), (30, 90, 190)
_LEAST_HEIGHT, _MOST_WIDTH = 240, 1200
_AROUND = 2.0
"""How much of the page is shown around a place, in its heights."""


def overlay(evidence: ReceiptEvidence, places: Sequence[Place], *, page: int | None = None) -> Image.Image:
    """The part of a page around the places given, enlarged, each framed in red.

    Where digits of an amount were measured, thin blue lines show the feet and heads of the amount's digits (their
    medians), so that one out of line or of another size is seen. Places without a box stand for the whole page. `page`
    chooses among pages; by default the first that a place names.

    Raises UsageError where the receipt's picture can't be opened.
    """
    specimen = Specimen(evidence)
    own = [place for place in places if place.receipt in ("", evidence.name)]
    wanted = page if page is not None else next((place.page for place in own if place.page is not None), 0)
    sheet = next((each for each in specimen.sheets if each.index == wanted), None)
    if sheet is None:
        raise UsageError(
            f"The picture of {evidence.name} (page {wanted + 1}) can't be opened.", hint="Check that the file is there."
        )
    boxes = [Box.clipped(*place.box) for place in own if place.box and place.page in (None, wanted)]
    if not boxes:
        return _sized(Image.fromarray(sheet.image))[0]
    return _drawn(sheet, boxes, [row for row in rows(specimen) if row.page == wanted])


def _drawn(sheet: Sheet, boxes: Sequence[Box], measured: Sequence[Row]) -> Image.Image:
    left, top, right, bottom = _part(sheet, boxes, measured)
    picture, scale = _sized(Image.fromarray(np.ascontiguousarray(sheet.image[top:bottom, left:right])))
    draw = ImageDraw.Draw(picture)
    for row in _touched(sheet, boxes, measured):
        first, last = row.glyphs[0].left - 2, row.glyphs[-1].right + 2
        feet = float(np.median([glyph.bottom for glyph in row.glyphs]))
        heads = float(np.median([glyph.top for glyph in row.glyphs]))
        for y in (heads, feet):
            ends = [((x - left) * scale, (y - top) * scale) for x in (first, last)]
            draw.line(ends, fill=LINES, width=1)
    for box in boxes:
        edges = sheet.pixels(box)
        corners = [(edges[at] - (left, top)[at % 2]) * scale for at in range(4)]
        draw.rectangle((corners[0] - 2, corners[1] - 2, corners[2] + 2, corners[3] + 2), outline=FRAME, width=3)
    return picture


def _part(sheet: Sheet, boxes: Sequence[Box], measured: Sequence[Row]) -> tuple[int, int, int, int]:
    """The pixels to show: the places, the whole amounts that they are parts of, and some of the page around."""
    words = [row.word.box for row in _touched(sheet, boxes, measured)]
    whole = Box.around([*boxes, *words])
    height, width = sheet.image.shape[:2]
    left, top, right, bottom = sheet.pixels(whole)
    extra = int(_AROUND * max(sheet.pixels(box)[3] - sheet.pixels(box)[1] for box in boxes))
    return max(0, left - extra), max(0, top - extra // 2), min(width, right + extra), min(height, bottom + extra // 2)


def _touched(sheet: Sheet, boxes: Sequence[Box], measured: Sequence[Row]) -> list[Row]:
    def holds(row: Row, box: Box) -> bool:
        x, y = box.center
        return row.word.box.x0 <= x <= row.word.box.x1 and row.word.box.y0 <= y <= row.word.box.y1

    return [row for row in measured if any(holds(row, box) for box in boxes)]


def _sized(picture: Image.Image) -> tuple[Image.Image, float]:
    scale = max(1.0, _LEAST_HEIGHT / max(picture.height, 1))
    scale = min(scale, _MOST_WIDTH / max(picture.width, 1))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS), scale
