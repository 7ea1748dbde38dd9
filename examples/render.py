"""Renders the examples: `make examples` (needs the dev extra, and the DejaVu fonts on the system).

The receipts are invented (till_rolls.py, invoices.py). They come out as a person would hand them in: clean pictures,
a photograph on a table, photographs lying on their side, a scan in a PDF, and PDFs with a text layer. Seeds are fixed,
so that the same versions of Pillow and the fonts give the same files.
"""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from invoices import AUSTRALIA, IRELAND, SINGAPORE
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.pdfgen.canvas import Canvas
from sheets import Invoice, Roll
from till_rolls import FRANCE, GERMANY, JAPAN, MALAYSIA, UNITED_KINGDOM, UNITED_STATES

HERE = Path(__file__).parent
FONT_SIZE = 22
LINE = 30
MARGIN = 34
SCAN_DPI = 150
A4_MM = (210.0, 297.0)
Floats = npt.NDArray[np.float64]


def main() -> None:
    roll(MALAYSIA).convert("L").save(HERE / "grocery-malaysia.png", optimize=True)
    worn(roll(UNITED_STATES), seed=2).save(HERE / "restaurant-us.jpg", quality=85)
    roll(GERMANY).convert("L").save(HERE / "hardware-germany.png", optimize=True)
    photographed(roll(FRANCE), seed=4).save(HERE / "cafe-france.jpg", quality=78)
    sideways = worn(roll(UNITED_KINGDOM), seed=5).transpose(Image.Transpose.ROTATE_90)
    sideways.save(HERE / "fuel-uk.jpg", quality=82)
    turned_by_camera(worn(roll(JAPAN), seed=6), HERE / "mart-japan.jpg")
    scanned(SINGAPORE, HERE / "hotel-singapore.pdf", seed=7)
    digital(AUSTRALIA, HERE / "stationery-australia.pdf")
    digital(IRELAND, HERE / "catering-ireland.pdf")
    write_truth()


def write_truth() -> None:
    """The labels of all examples in the teacher's format, one JSON line each; `id` is the file name without ending."""
    every = (MALAYSIA, UNITED_STATES, GERMANY, FRANCE, UNITED_KINGDOM, JAPAN, SINGAPORE, AUSTRALIA, IRELAND)
    lines = [json.dumps({"id": one.id, **one.truth}, ensure_ascii=False) for one in every]
    (HERE / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def font(size: int, *, bold: bool = False, mono: bool = True) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono" if mono else "DejaVuSans"
    return ImageFont.truetype(f"{name}-Bold.ttf" if bold else f"{name}.ttf", size)


def roll(content: Roll) -> Image.Image:
    """A till receipt as printed: fixed-width black on white."""
    plain, big = font(FONT_SIZE), font(FONT_SIZE + 8, bold=True)
    step = plain.getlength("0")
    width = round(2 * MARGIN + step * content.columns)
    heights = [LINE + 10 if row.big else LINE * 2 // 3 if not (row.left or row.right) else LINE for row in content.rows]
    image = Image.new("RGB", (width, sum(heights) + 2 * MARGIN), "white")
    pen = ImageDraw.Draw(image)
    y = MARGIN
    for row, height in zip(content.rows, heights, strict=True):
        face = big if row.big else plain
        for text in (row.left, row.right):
            if face.getlength(text) > width - 2 * MARGIN:
                raise ValueError(f"too wide: {text!r}")
        if row.rule:
            pen.text((MARGIN, y - 8), "-" * content.columns, "black", plain)
        elif row.centred:
            pen.text(((width - face.getlength(row.left)) / 2, y), row.left, "black", face)
        else:
            pen.text((MARGIN, y), row.left, "black", face)
            pen.text((width - MARGIN - face.getlength(row.right), y), row.right, "black", face)
        y += height
    return image


def worn(image: Image.Image, seed: int) -> Image.Image:
    """Thermal print on paper: grey ink that fades in bands, paper that is not quite white, a little blur."""
    random = np.random.default_rng(seed)
    ink = 1 - np.asarray(image.convert("L").filter(ImageFilter.GaussianBlur(0.6)), np.float64) / 255
    height, width = ink.shape
    bands = 0.82 + 0.08 * np.sin(np.linspace(0, 9 * math.pi, height))[:, None]
    speckle = random.normal(1.0, 0.06, (height, width))
    paper = 0.965 + 0.012 * np.linspace(-1, 1, width)[None, :] + random.normal(0, 0.008, (height, width))
    grey = np.clip(paper - ink * bands * speckle * 0.85, 0, 1)
    tint = np.array([1.0, 0.995, 0.97])
    return Image.fromarray((255 * grey[:, :, None] * tint).astype(np.uint8))


def photographed(image: Image.Image, seed: int) -> Image.Image:
    """A picture of the receipt on a wooden table: seen at an angle, half in shadow, out of focus, with sensor noise."""
    random = np.random.default_rng(seed)
    receipt = worn(image, seed)
    width, height = 1200, 1600
    corners = [(215, 120), (925, 165), (1010, 1475), (150, 1440)]
    coefficients = _perspective(corners, receipt.size)
    method = Image.Transform.PERSPECTIVE
    laid = receipt.transform((width, height), method, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", receipt.size, 255).transform((width, height), method, coefficients)
    cast = Image.new("L", (width, height), 0)
    cast.paste(mask, (14, 18))
    cast = cast.filter(ImageFilter.GaussianBlur(16))
    table = np.asarray(_table(width, height, random), np.float64)
    table *= 1 - 0.55 * np.asarray(cast, np.float64)[:, :, None] / 255
    scene = Image.composite(laid, Image.fromarray(table.astype(np.uint8)), mask)
    lit = np.asarray(scene.filter(ImageFilter.GaussianBlur(0.9)), np.float64) * _light(width, height)
    lit += random.normal(0, 4.0, (height, width, 1)) + random.normal(0, 2.0, (height, width, 3))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _table(width: int, height: int, random: np.random.Generator) -> Image.Image:
    """A brown surface with a grain that runs along it."""
    grain = random.normal(0, 1, (height // 40, width))
    grown = Image.fromarray((128 + 26 * grain).clip(0, 255).astype(np.uint8)).resize((width, height))
    shade = np.asarray(grown.filter(ImageFilter.GaussianBlur(1.5)), np.float64)[:, :, None] / 128
    return Image.fromarray((shade * np.array([128.0, 92.0, 62.0])).clip(0, 255).astype(np.uint8))


def _light(width: int, height: int) -> Floats:
    """Warm light from the top left, and the soft shadow of a phone across the lower right."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    falloff = 1.04 - 0.22 * (0.6 * x + 0.4 * y)
    shadow = 1 - 0.30 / (1 + np.exp(-(x + 0.7 * y - 1.15) * 22))
    return (falloff * shadow)[:, :, None] * np.array([1.0, 0.975, 0.92])


def _perspective(corners: list[tuple[int, int]], size: tuple[int, int]) -> list[float]:
    """The eight numbers with which Pillow draws a picture of `size` into these corners, clockwise from the top left."""
    width, height = size
    rows, targets = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows, float), np.array(targets, float))]


def turned_by_camera(image: Image.Image, path: Path) -> None:
    """Pixels lie on their side, and EXIF says so, as cameras do it: orientation 6, turn a quarter clockwise to view."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path, quality=82, exif=exif)


class PictureSheet:
    """A page of A4 as a picture."""

    def __init__(self, dpi: int) -> None:
        self.scale = dpi / 25.4
        self.dpi = dpi
        self.image = Image.new("L", (round(A4_MM[0] * self.scale), round(A4_MM[1] * self.scale)), 255)
        self.pen = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False, right: bool = False) -> None:
        face = font(round(size * self.dpi / 72), bold=bold, mono=False)
        self.pen.text((x * self.scale, y * self.scale), text, 20, face, anchor="rs" if right else "ls")

    def line(self, x0: float, y: float, x1: float) -> None:
        self.pen.line([x0 * self.scale, y * self.scale, x1 * self.scale, y * self.scale], 40, 2)


class PdfSheet:
    """A page of A4 in a PDF, its text as text."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.scale = 72 / 25.4

    def text(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False, right: bool = False) -> None:
        self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        draw = self.canvas.drawRightString if right else self.canvas.drawString
        draw(x * self.scale, (A4_MM[1] - y) * self.scale, text)

    def line(self, x0: float, y: float, x1: float) -> None:
        height = (A4_MM[1] - y) * self.scale
        self.canvas.line(x0 * self.scale, height, x1 * self.scale, height)


def _canvas(path: Path, title: str) -> Canvas:
    """A PDF without dates and random numbers in it: the same content is the same file."""
    canvas = Canvas(str(path), pagesize=tuple(mm * 72 / 25.4 for mm in A4_MM), invariant=1)
    canvas.setTitle(title)
    return canvas


def digital(invoice: Invoice, path: Path) -> None:
    canvas = _canvas(path, f"{invoice.merchant} {invoice.facts[0][1]}")
    sheet = PdfSheet(canvas)
    for page in range(invoice.pages):
        invoice.draw(sheet, page)
        canvas.showPage()
    canvas.save()


def scanned(invoice: Invoice, path: Path, seed: int) -> None:
    """A sheet laid a little askew on the glass: a PDF that holds only pictures."""
    random = np.random.default_rng(seed)
    canvas = _canvas(path, "Scan")
    for page in range(invoice.pages):
        sheet = PictureSheet(SCAN_DPI)
        invoice.draw(sheet, page)
        askew = sheet.image.rotate(0.7, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.5))
        grey = np.asarray(askew, np.float64) * 0.97 + random.normal(0, 2.5, (askew.height, askew.width))
        canvas.drawInlineImage(_jpeg(grey), 0, 0, canvas._pagesize[0], canvas._pagesize[1])
        canvas.showPage()
    canvas.save()


def _jpeg(grey: Floats) -> Image.Image:
    kept = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(kept, "JPEG", quality=60)
    return Image.open(io.BytesIO(kept.getvalue()))


if __name__ == "__main__":
    main()
