"""A page with what was read from it: numbered boxes on the picture, and a panel beside it that says what they hold.

The panel stands at the right of the page, so that no label covers the text. Colour tells how sure a value is, and so do
words and figures, for those who don't see the colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.errors import DocumentError
from extractor.loading import Source, load
from extractor.pipeline import Settings
from extractor.sureness import LEAST, Sureness, sureness, told
from extractor.types import ITEM_PARTS, Document, Extraction, Field, ImageArray, field_order

_LONGEST_SIDE = 1800
_SHORTEST_HEIGHT = 900
_INK, _SOFT, _PAPER, _RULE = (28, 32, 38), (104, 112, 122), (250, 250, 248), (222, 224, 228)

_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansThai-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "msyh.ttc",
)
"""Fonts of the system, by file name: the first that has the letters is taken. Pillow's own font (Latin letters only) is
the last resort."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_NO_LETTER = "\U0010fffd"

Colour = tuple[int, int, int]

_COLOURS: dict[Sureness, Colour] = {"sure": (22, 128, 61), "check": (180, 95, 6), "doubtful": (190, 30, 45)}


@dataclass(frozen=True)
class _Entry:
    """A line of the panel. `number` is None for what has no place on this page."""

    name: str
    field: Field
    number: int | None


@dataclass(frozen=True)
class _Layout:
    """Sizes in pixels, all from the size of the text."""

    text: int
    width: int
    height: int
    row: int
    columns: int

    @property
    def margin(self) -> int:
        return self.text


def annotate(image: ImageArray, extraction: Extraction, page: int = 0) -> Image.Image:
    """Draw what was read from a page.

    `image` is the upright page: height × width × 3, RGB. Values that stand on it get a numbered box in a colour (green:
    sure, amber: check, red: doubtful); the panel lists them by number, and on the first page those that were concluded
    from the whole document, too. Small pages are enlarged and large ones reduced, so that the panel can be read.
    """
    picture = _sized(Image.fromarray(image).convert("RGB"))
    entries = list(_entries(extraction, page))
    layout = _layout(picture, len(entries))
    canvas = Image.new("RGB", (picture.width + layout.columns * layout.width, layout.height), _PAPER)
    canvas.paste(picture, (0, 0))
    _draw_boxes(canvas, picture.size, entries, layout)
    _draw_panel(canvas, picture.width, entries, layout, _title(extraction, page))
    return canvas


def annotated_pages(
    source: Source, record: Extraction, document: Document, settings: Settings, name: str | None = None
) -> Iterator[tuple[int, Image.Image]]:
    """The number and the drawn picture of each page that was read, one at a time.

    Ends early where the document can't be loaded to its end: the record says what is wrong with it.
    """
    for index, image in _upright_pages(source, document, settings, name):
        yield index, annotate(image, record, index)


def plain_pages(
    source: Source, document: Document, settings: Settings, name: str | None = None
) -> Iterator[tuple[int, Image.Image]]:
    """The number and the picture of each page that was read, upright, so that the boxes of the record fit it; large
    ones are reduced. Ends early as `annotated_pages` does."""
    for index, image in _upright_pages(source, document, settings, name):
        picture = Image.fromarray(image).convert("RGB")
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
        yield index, picture


def _upright_pages(
    source: Source, document: Document, settings: Settings, name: str | None
) -> Iterator[tuple[int, ImageArray]]:
    """The pages are loaded anew, since keeping them all while a document is read could take gigabytes."""
    turned = {page.index: page.turned for page in document.pages}
    with (
        suppress(DocumentError),
        load(
            source,
            limits=settings.limits,
            password=settings.password,
            dpi=settings.dpi,
            renderer=settings.renderer,
            name=name,
        ) as loaded,
    ):
        for page in loaded.pages(settings.pages):
            yield page.index, np.ascontiguousarray(np.rot90(page.image, turned.get(page.index, 0) // 90))


def _entries(extraction: Extraction, page: int) -> Iterator[_Entry]:
    """Fields with a place on this page, then line items, then (on the first page) what has no place."""
    number = 0
    fields = extraction.receipt.fields
    for name in field_order(fields):
        if fields[name].box and fields[name].page == page:
            number += 1
            yield _Entry(name.replace("_", " "), fields[name], number)
    for index, item in enumerate(extraction.receipt.line_items, start=1):
        for part in ITEM_PARTS:
            found = getattr(item, part)
            if found and found.box and found.page == page:
                number += 1
                yield _Entry(f"item {index} {part.replace('_', ' ')}", found, number)
    if page == 0:
        for name in field_order(fields):
            if not fields[name].box:
                yield _Entry(name.replace("_", " "), fields[name], None)


def _sized(picture: Image.Image) -> Image.Image:
    scale = 1.0
    if picture.height < _SHORTEST_HEIGHT:
        scale = _SHORTEST_HEIGHT / picture.height
    scale = min(scale, _LONGEST_SIDE / max(picture.size))
    if scale == 1.0:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _layout(picture: Image.Image, entries: int) -> _Layout:
    """A panel of as many columns as its entries need at the height of the page, or of one taller than the page."""
    text = max(14, min(22, picture.height // 64))
    row = round(text * 2.75)
    head = text * 6
    fitting = max(1, (picture.height - head) // row)
    columns = min(3, max(1, -(-entries // fitting)))
    height = max(picture.height, head + row * -(-entries // columns))
    return _Layout(text, text * 24, height, row, columns)


def _draw_boxes(canvas: Image.Image, size: tuple[int, int], entries: list[_Entry], layout: _Layout) -> None:
    veil = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(veil)
    thickness = max(2, layout.text // 8)
    placed = [(entry, _pixels(entry.field, size, thickness)) for entry in entries if entry.number is not None]
    for entry, box in placed:
        colour = _colour(entry.field.confidence)
        draw.rounded_rectangle(box, radius=thickness * 2, fill=(*colour, 28), outline=(*colour, 235), width=thickness)
    taken: list[tuple[float, float, float, float]] = []
    for entry, box in placed:
        _draw_tag(draw, str(entry.number), box, size, layout, _colour(entry.field.confidence), taken)
    canvas.paste(Image.alpha_composite(canvas.convert("RGBA"), veil).convert("RGB"))


def _pixels(field: Field, size: tuple[int, int], pad: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = field.box or (0, 0, 0, 0)
    width, height = size
    return (
        max(0, left * width - pad),
        max(0, top * height - pad),
        min(width - 1, right * width + pad),
        min(height - 1, bottom * height + pad),
    )


def _draw_tag(
    draw: ImageDraw.ImageDraw,
    number: str,
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    layout: _Layout,
    colour: Colour,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """A small number beside its box: at the left, else at the right, else on its corner; never on another number."""
    font = _font(max(11, round(layout.text * 0.72)))
    width = draw.textlength(number, font=font) + layout.text * 0.5
    height = layout.text * 1.0
    middle = (box[1] + box[3] - height) / 2
    places = [(box[0] - width - 1, middle), (box[2] + 1, middle), (box[0], box[1] - height), (box[0], box[3])]
    spots = [(x, y, x + width, y + height) for x, y in places]
    inside = [s for s in spots if s[0] >= 0 and s[1] >= 0 and s[2] < size[0] and s[3] < size[1]]
    free = [spot for spot in inside if not any(_overlap(spot, other) for other in taken)]
    spot = (free or inside or [(box[0], box[1], box[0] + width, box[1] + height)])[0]
    taken.append(spot)
    draw.rounded_rectangle(spot, radius=height / 3, fill=(*colour, 255))
    centre = ((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2)
    draw.text(centre, number, font=font, fill=(255, 255, 255, 255), anchor="mm")


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _draw_panel(canvas: Image.Image, left: int, entries: list[_Entry], layout: _Layout, title: list[str]) -> None:
    draw = ImageDraw.Draw(canvas)
    draw.line([(left, 0), (left, canvas.height)], fill=_RULE, width=2)
    room = layout.width * layout.columns - 2 * layout.margin
    for line, text in enumerate(title):
        font = _font(round(layout.text * (1.15 if line == 0 else 0.85)), text)
        place = (left + layout.margin, layout.margin + line * round(layout.text * 1.6))
        draw.text(place, _shortened(draw, text, font, room), font=font, fill=_INK if line == 0 else _SOFT)
    _draw_legend(draw, left + layout.margin, layout.margin + round(layout.text * 3.2), layout)
    rows = -(-len(entries) // layout.columns)
    for index, entry in enumerate(entries):
        column, row = divmod(index, max(1, rows))
        _draw_entry(draw, left + column * layout.width, layout.text * 6 + row * layout.row, entry, layout)


def _draw_legend(draw: ImageDraw.ImageDraw, x: float, y: float, layout: _Layout) -> None:
    font = _font(round(layout.text * 0.8))
    for word in LEAST:
        side = layout.text * 0.75
        draw.rounded_rectangle((x, y, x + side, y + side), radius=3, fill=_COLOURS[word])
        draw.text((x + side * 1.5, y + side / 2), word, font=font, fill=_SOFT, anchor="lm")
        x += side * 1.5 + draw.textlength(word, font=font) + layout.text * 1.5


def _draw_entry(draw: ImageDraw.ImageDraw, x: int, y: int, entry: _Entry, layout: _Layout) -> None:
    colour = _colour(entry.field.confidence)
    small, normal = _font(round(layout.text * 0.78)), _font(layout.text, entry.field.value)
    left, right = x + layout.margin, x + layout.width - layout.margin
    badge = layout.text * 1.7
    if entry.number is not None:
        top = y + layout.text * 0.55
        draw.rounded_rectangle(
            (left, top, left + badge, top + layout.text * 1.3), radius=layout.text * 0.4, fill=colour
        )
        centre = (left + badge / 2, top + layout.text * 0.65)
        draw.text(centre, str(entry.number), font=_font(round(layout.text * 0.8)), fill="white", anchor="mm")
    said = told(entry.field.confidence)
    draw.text((right, y), said, font=small, fill=colour, anchor="ra")
    start = left + badge + layout.text * 0.6
    draw.text((start, y), entry.name, font=small, fill=_SOFT)
    value = _shortened(draw, entry.field.value, normal, right - start)
    draw.text((start, y + layout.text * 1.05), value, font=normal, fill=_INK)
    bottom = y + layout.row - layout.text * 0.25
    draw.line([(left, bottom), (right, bottom)], fill=_RULE, width=1)


def _title(extraction: Extraction, page: int) -> list[str]:
    where = f", page {page + 1} of {extraction.pages}" if extraction.pages > 1 else ""
    return [f"{Path(extraction.file).name}{where}", f"{extraction.status} · read by Tailor"]


def _shortened(draw: ImageDraw.ImageDraw, text: str, font: Font, width: float) -> str:
    """The text on one line, cut with an ellipsis where it is wider than `width` pixels."""
    text = " ".join(text.split())
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _colour(confidence: float) -> Colour:
    return _COLOURS[sureness(confidence)]


def _font(size: int, text: str = "") -> Font:
    """A font that has the letters of `text`, or as many of them as any font here."""
    letters = set(text)
    faces = _faces()
    if not faces:
        return _own_font(size)
    face = max(faces, key=lambda name: sum(_has(name, letter) for letter in letters))
    return _face(face, size)


@cache
def _faces() -> tuple[str, ...]:
    found = []
    for name in _FONTS:
        with suppress(OSError):
            ImageFont.truetype(name, 16)
            found.append(name)
    return tuple(found)


@cache
def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(name, size)


@cache
def _own_font(size: int) -> Font:
    return ImageFont.load_default(size)


@cache
def _has(name: str, letter: str) -> bool:
    """Whether a font has a letter, that is, draws something other than its box for missing letters."""
    font = _face(name, 16)
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask(_NO_LETTER))
