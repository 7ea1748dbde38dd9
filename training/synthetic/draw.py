"""Clean pictures of synthetic documents: their sheets set in real fonts, with rules, marks and codes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.types import Box
from training.synthetic import marks
from training.synthetic.fonts import FaceFonts, FontFile, choose
from training.synthetic.metrics import EMS
from training.synthetic.sheet import Printed, Sheet, Synthetic
from training.synthetic.words import Line, Placed, Plan, boxed, in_reading_order, plan

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

A4_WIDTH = 1240
"""Pixels: 150 dots an inch."""
DISPLAY_SIZE = 1.3
"""Bold rows of at least this size are set in the display face: the names of shops."""
PAD = 0.12
"""Room above and below the ink of a row, in ems: what the OCR engines' boxes have (median of 12 pictures)."""
PAPERS = ((255, 255, 255), (255, 255, 255), (252, 252, 249), (250, 248, 240), (246, 247, 249))
INKS = ((0, 0, 0), (20, 20, 24), (45, 45, 50), (70, 70, 78), (40, 42, 84))


class FontMetrics:
    """Measures of a face's real fonts at `column` pixels a column."""

    def __init__(self, face: str, fonts: FaceFonts, column: float) -> None:
        self.fonts = fonts
        self.column = column
        # Type with letters of one width fills its columns exactly.
        wide = fonts.ordinary[0].at(1000).getlength("0") / 1000
        self.em = 1.0 / wide if face in ("mono", "dot") else EMS.get(face, EMS["sans"])

    def pixels(self, size: float) -> int:
        return max(6, round(self.em * self.column * size))

    def chain(self, size: float, bold: bool) -> tuple[FontFile, ...]:
        if bold and size >= DISPLAY_SIZE:
            return self.fonts.display
        return self.fonts.bold if bold else self.fonts.ordinary

    def width(self, text: str, size: float, bold: bool) -> float:
        pixels = self.pixels(size)
        pieces = (
            self.fonts.segments(text, self.chain(size, bold)) if text.strip() else [(text, self.chain(size, bold)[0])]
        )
        return sum(float(font.at(pixels).getlength(piece)) for piece, font in pieces) / self.column


@dataclass(frozen=True)
class Look:
    """How a document's pages look; one choice a document."""

    width: int
    paper: tuple[int, int, int]
    ink: tuple[int, int, int]
    rule: int
    """Thickness of drawn lines in pixels."""
    mark: bool
    code: bool


def draw(document: Synthetic, seed: int) -> tuple[list[Image], tuple[Printed, ...]]:
    """A picture of each page, and the words with boxes measured in the fonts used (unit square of each picture).

    The words are those of `document`; only their boxes differ a little. Raises UsageError (missing_fonts) where this
    machine has no font for the document's script, naming the packages that bring one.
    """
    rng = random.Random(f"draw {seed} {document.id}")
    text = "".join(
        run.text for sheet in document.sheets for row in sheet.rows for cell in row.cells for run in cell.runs
    )
    roll = document.sheets[0].aspect is None
    look = Look(
        width=rng.randint(500, 1100) if roll else A4_WIDTH,
        paper=rng.choice(PAPERS),
        ink=rng.choice(INKS),
        rule=rng.choice((1, 1, 2, 3)),
        mark=rng.random() < 0.2,
        code=roll and rng.random() < 0.15,
    )
    pictures: list[Image] = []
    words: list[Printed] = []
    fonts = choose(document.sheets[0].face, text, rng, document.facts.get("locale", ""))
    for number, sheet in enumerate(document.sheets):
        picture, found = _page(sheet, number, fonts, look, rng)
        pictures.append(picture)
        words += found
    return pictures, tuple(words)


def _page(sheet: Sheet, number: int, fonts: FaceFonts, look: Look, rng: random.Random) -> tuple[Image, list[Printed]]:
    from PIL import Image, ImageDraw

    columns = sheet.columns / (1.0 - 2.0 * sheet.margin)
    column = look.width / columns
    metrics = FontMetrics(sheet.face, fonts, column)
    laid = plan(sheet, metrics)
    # A mark stands above the first row, a code below the last: the page grows by them.
    head = round(look.width * rng.uniform(0.1, 0.2)) if look.mark and number == 0 and sheet.aspect is None else 0
    foot = round(look.width * rng.uniform(0.25, 0.4)) if look.code else 0
    height = round(laid.height * column)
    ink = Image.new("L", (look.width, head + height + foot), 0)
    pen = ImageDraw.Draw(ink)
    if head:
        marks.mark(pen, look.width / 2, head * 0.55, head * 0.4, rng)
    if foot:
        marks.square_code(pen, look.width / 2, head + height + foot * 0.45, foot * 0.75, rng)
    heights = {line.number: _set_row(pen, line, laid, metrics, head, look, rng) for line in laid.lines}
    if sheet.face == "dot":
        ink = marks.dotted(ink, max(2, round(column / 6)))
    picture = Image.new("RGB", ink.size, look.paper)
    picture.paste(Image.new("RGB", ink.size, look.ink), mask=ink)
    words = [_measured(word, heights[word.row], head, height, ink.height) for word in boxed(laid, number)]
    aspect = ink.height / ink.width
    return picture, in_reading_order(words, aspect) if sheet.aspect is not None else words


def _set_row(
    pen: ImageDraw, line: Line, laid: Plan, metrics: FontMetrics, down: int, look: Look, rng: random.Random
) -> tuple[float, float]:
    """Draws a row; returns the top and bottom of its ink in pixels."""
    column = metrics.column
    top, bottom = line.top * column + down, line.bottom * column + down
    left, right = laid.left * column, (laid.width - laid.left) * column
    if line.row.rule and not line.row.cells:
        middle = (top + bottom) / 2
        pen.line([(left, middle), (right, middle)], fill=255, width=look.rule)
        return top, bottom
    if line.row.inverse:
        pen.rectangle([left, top, right, bottom], fill=255)
    base = line.base * column + down
    extents = [_set_word(pen, word, base, line, laid, metrics) for word in line.words]
    if marks.is_barcode(line.row):
        marks.bars(pen, look.width / 2, top - 0.5 * column, min(line.row.above, 3.0) * metrics.em * column, rng)
    pad = PAD * metrics.em * column * line.size
    if not extents:
        return top, bottom
    return min(one[0] for one in extents) - pad, max(one[1] for one in extents) + pad


def _set_word(
    pen: ImageDraw, word: Placed, base: float, line: Line, laid: Plan, metrics: FontMetrics
) -> tuple[float, float]:
    pixels = metrics.pixels(line.size)
    x = (laid.left + word.x0) * metrics.column
    top, bottom = base, base
    for piece, font in metrics.fonts.segments(word.text, metrics.chain(line.size, line.row.bold)):
        set_in = font.at(pixels)
        pen.text((x, base), piece, fill=0 if line.row.inverse else 255, font=set_in, anchor="ls")
        box = set_in.getbbox(piece, anchor="ls")
        top, bottom = min(top, base + box[1]), max(bottom, base + box[3])
        x += set_in.getlength(piece)
    return top, bottom


def _measured(word: Printed, ink: tuple[float, float], head: int, height: int, whole: int) -> Printed:
    box = word.box
    return replace(word, box=Box.clipped(box.x0, ink[0] / whole, box.x1, ink[1] / whole))
