"""Makes the small documents that the tests read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


def receipt(width: int = 60, height: int = 90, mode: str = "RGB") -> Image.Image:
    """A white page, its upper left quarter red, its bottom rows blue: every turn and loss shows."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=(255, 0, 0))
    draw.rectangle((0, height - height // 10, width, height), fill=(0, 0, 255))
    return image.convert(mode)


def noise(width: int = 200, height: int = 300) -> Image.Image:
    """Grey noise, which compresses badly: cutting its file in two cuts its picture in two."""
    values = np.random.default_rng(7).integers(20, 90, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass
class PdfPage:
    """A page: content stream, boxes and turn; `image` (JPEG bytes, width, height) is its XObject /I."""

    content: str = ""
    media: Sequence[float] = (0, 0, 300, 400)
    crop: Sequence[float] | None = None
    rotate: int = 0
    image: tuple[bytes, int, int] | None = None
    extra: str = ""


@dataclass
class _Objects:
    bodies: list[bytes] = field(default_factory=list)

    def add(self, body: str | bytes) -> int:
        self.bodies.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self.bodies)


def pdf(*pages: PdfPage, trailer: str = "", objects: Sequence[str] = ()) -> bytes:
    """A PDF of these pages, in Helvetica as /F. Object 1 is the catalog, 2 the page tree, 3 the font."""
    made = _Objects()
    made.add("<</Type/Catalog/Pages 2 0 R>>")
    made.add("")
    made.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    for body in objects:
        made.add(body)
    kids = []
    for page in pages:
        stream = page.content.encode("latin-1")
        content = made.add(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        pictures = ""
        if page.image:
            data, width, height = page.image
            head = f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB"
            head += f"/BitsPerComponent 8/Filter/DCTDecode/Length {len(data)}>>stream\n"
            number = made.add(head.encode() + data + b"\nendstream")
            pictures = f"/XObject<</I {number} 0 R>>"
        boxes = f"/MediaBox[{_numbers(page.media)}]" + (f"/CropBox[{_numbers(page.crop)}]" if page.crop else "")
        kids.append(
            made.add(
                f"<</Type/Page/Parent 2 0 R{boxes}/Rotate {page.rotate}/Contents {content} 0 R"
                f"/Resources<</Font<</F 3 0 R>>{pictures}>>{page.extra}>>"
            )
        )
    made.bodies[1] = f"<</Type/Pages/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]/Count {len(kids)}>>".encode()
    return _written(made.bodies, trailer)


def _written(bodies: Sequence[bytes], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += f"trailer<</Size {len(bodies) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def _numbers(values: Sequence[float]) -> str:
    return " ".join(map(str, values))


def show(text: str, x: float, y: float, size: float = 12, before: str = "") -> str:
    """Operators that print `text` with its baseline starting at (x, y); `before` may set mode or colour."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q BT {before} /F {size} Tf {x} {y} Td ({escaped}) Tj ET Q\n"


LINES = ("CORNER SHOP LTD", "12 High Street, Leeds", "Invoice 2024-117", "Date 05/03/2024")

RECEIPT_TEXT = "".join(show(line, 20, 360 - 20 * i) for i, line in enumerate(LINES)) + (
    show("TOTAL", 20, 200) + show("80.90", 240, 200)
)
"""A receipt as text: four lines from the top left, and a label and amount far apart on one row."""


def scan(width: int = 300, height: int = 400) -> tuple[bytes, int, int]:
    """A picture to put on a PDF page."""
    return encoded(noise(width, height), "JPEG"), width, height


def place(x: float = 0, y: float = 0, width: float = 300, height: float = 400) -> str:
    """Operators that paint the page's picture /I into this rectangle."""
    return f"q {width} 0 0 {height} {x} {y} cm /I Do Q\n"
