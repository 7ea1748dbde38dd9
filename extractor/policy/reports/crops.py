"""Cut-outs of receipts: where a finding shows on the page, with its boxes drawn, small enough to be carried along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from extractor.errors import TailorError
from extractor.loading import load
from extractor.policy.cases import Case, Observation, Place, ReceiptEvidence
from extractor.policy.reports.settings import ReportSettings
from extractor.types import Box, ImageArray

if TYPE_CHECKING:
    from PIL import Image

_WIDTH, _HEIGHT = 560, 360
"""Pixels of a cut-out at most: sharp enough to read a line of a receipt on a screen of high density."""

_MARK = (197, 30, 58)
_LEAST_WIDTH = 0.85
"""Share of the page's width that a cut-out shows at least: the words that say what an amount is stand far from it."""

_SHAPE = 0.36
"""Height of a cut-out for its width at least, so that the lines around the value can be seen."""

_PER_FINDING = 2
"""Pictures of one finding: both halves of a duplicate, or two pages."""

Spot = tuple[str, int]
"""A receipt's file name and the page, from 0."""


@dataclass(frozen=True)
class Crop:
    """A JPEG picture, its size in pixels, and what it shows in words."""

    data: bytes
    width: int
    height: int
    says: str


@dataclass(frozen=True)
class _Wanted:
    at: int
    """Which finding, by place in the list that was asked for."""
    order: int
    """Which of its pictures comes first."""
    spot: Spot
    boxes: tuple[Box, ...]
    says: str


def crops(
    findings: Sequence[tuple[Case, Observation]],
    receipts: Mapping[str, ReceiptEvidence],
    settings: ReportSettings,
    limit: int,
) -> dict[int, list[Crop]]:
    """Pictures of findings, by place in `findings`; at most `limit` in all, the first findings first.

    The same part of a page is shown once a case. Each receipt is opened once. A receipt that has no file, or whose file
    can't be read any more, gives no picture.
    """
    wanted: defaultdict[str, list[_Wanted]] = defaultdict(list)
    left = limit
    shown: set[tuple[str, Spot, tuple[Box, ...]]] = set()
    for at, (case, finding) in enumerate(findings):
        fresh = [one for one in _wanted(at, case, finding, receipts) if (case.id, one.spot, one.boxes) not in shown]
        for one in fresh[: min(left, _PER_FINDING)]:
            wanted[one.spot[0]].append(one)
            shown.update({(case.id, one.spot, one.boxes), (case.id, one.spot, ())})  # nor the page once more
            left -= 1
        if left <= 0:
            break
    made: defaultdict[int, dict[int, Crop]] = defaultdict(dict)
    for name, asked in wanted.items():
        pages = {one.spot[1] for one in asked}
        for page, image in _pages(receipts[name], pages, settings):
            for one in asked:
                if one.spot[1] == page:
                    made[one.at][one.order] = _cut(image, one, settings.crop_kilobytes * 1000)
    return {at: [pictures[order] for order in sorted(pictures)] for at, pictures in made.items()}


def _wanted(at: int, case: Case, finding: Observation, receipts: Mapping[str, ReceiptEvidence]) -> list[_Wanted]:
    spots: dict[Spot, list[Place]] = {}
    for place in _places(case, finding):
        if place.receipt in receipts and receipts[place.receipt].path is not None:
            spots.setdefault((place.receipt, place.page or 0), []).append(place)
    # Places with a box tell more than the whole page does; the claim's own receipts come before those of others.
    own = {one.name for one in case.receipts}
    order = sorted(spots, key=lambda spot: (not any(place.box for place in spots[spot]), spot[0] not in own))
    return [_asked(at, place, spot, spots[spot], receipts[spot[0]]) for place, spot in enumerate(order)]


def _places(case: Case, finding: Observation) -> Iterable[Place]:
    """The places that a finding names, else where the fields that it names stand, else the receipt as a whole."""
    if finding.places:
        return finding.places
    found = [
        Place(receipt=one.name, field=name, page=field.page, box=field.box)
        for one in case.receipts
        for name in finding.fields
        if (field := one.record.receipt.fields.get(name)) and field.box
    ]
    return found or [Place(receipt=one.name) for one in case.receipts]


def _asked(at: int, order: int, spot: Spot, places: Sequence[Place], receipt: ReceiptEvidence) -> _Wanted:
    boxes = tuple(Box.clipped(*place.box) for place in places if place.box)
    fields = dict.fromkeys(place.field for place in places if place.field and place.box)
    told = [
        f"{name.replace('_', ' ')} ({receipt.value(name)})" if receipt.value(name) else name.replace("_", " ")
        for name in fields
    ]
    page = f", page {spot[1] + 1}" if receipt.record.pages > 1 else ""
    return _Wanted(at, order, spot, boxes, f"{spot[0]}{page}{': ' + ', '.join(told) if told else ''}")


def _pages(receipt: ReceiptEvidence, pages: set[int], settings: ReportSettings) -> Iterator[tuple[int, ImageArray]]:
    """The pages that are asked for, upright as the receipt was read."""
    turned = {page.index: page.turned for page in receipt.document.pages} if receipt.document else {}
    assert receipt.path is not None
    try:
        with load(receipt.path, dpi=settings.dpi, password=settings.password) as loaded:
            for page in loaded.pages():
                if page.index in pages:
                    yield page.index, np.ascontiguousarray(np.rot90(page.image, turned.get(page.index, 0) // 90))
                if page.index >= max(pages):
                    return
    except TailorError:
        return  # it could be read once; a report without its picture is still a report


def _cut(image: ImageArray, wanted: _Wanted, most: int) -> Crop:
    from PIL import Image, ImageDraw

    height, width = image.shape[:2]
    left, top, right, bottom = _frame(wanted.boxes, width, height)
    picture = Image.fromarray(image[top:bottom, left:right])
    scale = min(_WIDTH / picture.width, _HEIGHT / picture.height, 2.0)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    for box in wanted.boxes:
        corners = (
            max(0.0, (box.x0 * width - left) * scale - 4),
            max(0.0, (box.y0 * height - top) * scale - 4),
            min(size[0] - 1.0, (box.x1 * width - left) * scale + 4),
            min(size[1] - 1.0, (box.y1 * height - top) * scale + 4),
        )
        draw.rectangle(corners, outline="white", width=5)  # a pale rim shows the frame on dark paper, too
        draw.rectangle(corners, outline=_MARK, width=3)
    return _packed(picture, wanted.says, most)


def _frame(boxes: Sequence[Box], width: int, height: int) -> tuple[int, int, int, int]:
    """The part of a page to show, in pixels: the boxes with the lines around them; without boxes the whole page."""
    if not boxes:
        return 0, 0, width, height
    around = Box.around(boxes)
    wide = min(1.0, max(around.width + 0.06, _LEAST_WIDTH))
    tall = min(1.0, max(around.height + 0.04, wide * width * _SHAPE / height))
    left, right = _span(around.x0, around.x1, wide)
    top, bottom = _span(around.y0, around.y1, tall)
    return (
        int(left * width),
        int(top * height),
        max(int(left * width) + 1, round(right * width)),
        max(int(top * height) + 1, round(bottom * height)),
    )


def _span(start: float, end: float, length: float) -> tuple[float, float]:
    """A stretch of a length around another, moved so that it stays on the page."""
    first = min(max((start + end - length) / 2, 0.0), 1.0 - length)
    return first, first + length


def _packed(picture: Image.Image, says: str, most: int) -> Crop:
    """As JPEG of at most so many bytes: first of lower quality, then smaller."""
    quality = 78
    while True:
        packed = BytesIO()
        picture.save(packed, "JPEG", quality=quality, optimize=True)
        if packed.tell() <= most or min(picture.size) < 40:
            return Crop(packed.getvalue(), picture.width, picture.height, says)
        if quality > 50:
            quality -= 14
        else:
            picture = picture.resize((max(1, picture.width * 4 // 5), max(1, picture.height * 4 // 5)))
