"""Files that nobody should hand in, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

PROSE = (
    "The river had been rising since noon, and by evening the lower meadow was gone.",
    "Nobody spoke of leaving. They carried the chairs upstairs, then the clock, and at",
    "last the two portraits, whose eyes had never looked so calm. Outside, the willows",
    "stood in brown water to their knees and seemed to be wading slowly away from home.",
)


def empty(folder: Path) -> Path:
    return _written(folder / "receipt.jpg", b"")


def text_named_as_picture(folder: Path) -> Path:
    return _written(folder / "receipt.jpg", b"This is a shopping list and no picture: milk, bread, eggs.\n")


def picture_named_as_pdf(folder: Path, receipt: Path) -> Path:
    return _written(folder / "receipt.pdf", receipt.read_bytes())


def cut_jpeg(folder: Path, receipt: Path, share: float) -> Path:
    """A JPEG of which only this share of its bytes arrived."""
    whole = receipt.read_bytes()
    return _written(folder / "receipt.jpg", whole[: int(len(whole) * share)])


def png_bomb(folder: Path) -> Path:
    """A small file that unpacks, as its header says, to 20,000 × 20,000 pixels of black."""
    side = 20_000
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + side // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    return _written(folder / "receipt.png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encrypted_pdf(folder: Path) -> Path:
    return _pdf(folder / "receipt.pdf", 1, password="secret")


def long_pdf(folder: Path) -> Path:
    return _pdf(folder / "receipt.pdf", 500)


def _pdf(path: Path, pages: int, password: str | None = None) -> Path:
    lock = StandardEncryption(password) if password else None
    canvas = Canvas(str(path), encrypt=lock, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"Total 12.50, page {number + 1}")
        canvas.showPage()
    canvas.save()
    return path


def pdf_without_pages(folder: Path) -> Path:
    objects = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj%sendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)
    return _written(folder / "receipt.pdf", out.getvalue())


def blank_page(folder: Path) -> Path:
    path = folder / "receipt.png"
    Image.new("RGB", (600, 900), "white").save(path)
    return path


def landscape(folder: Path) -> Path:
    """A picture without a word on it: sky, hills and a sun."""
    image = Image.new("RGB", (900, 600), "#9fc5e8")
    pen = ImageDraw.Draw(image)
    pen.ellipse((660, 60, 780, 180), fill="#ffd966")
    pen.polygon([(0, 460), (250, 260), (520, 470), (900, 330), (900, 600), (0, 600)], fill="#38761d")
    path = folder / "holiday.png"
    image.save(path)
    return path


def page_of_prose(folder: Path) -> Path:
    """A page with text on it, none of which belongs on a receipt."""
    image = Image.new("RGB", (1300, 700), "white")
    pen = ImageDraw.Draw(image)
    for number, row in enumerate(PROSE):
        pen.text((60, 80 + 60 * number), row, "black", ImageFont.load_default(28))
    path = folder / "novel.png"
    image.save(path)
    return path


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
