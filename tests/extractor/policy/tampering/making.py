"""Receipts for tests: drawn pages whose words, boxes and values are known."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.policy.cases import ReceiptEvidence
from extractor.types import Box, Document, Extraction, Field, ImageArray, LineItem, Page, Receipt, Word

WIDTH, SIZE, STEP = 420, 24, 40
LINES = (
    ("COFFEE", "12.30"),
    ("TEA", "45.60"),
    ("CAKE", "78.90"),
    ("BREAD", "23.40"),
    ("JAM", "56.70"),
    ("MILK", "89.10"),
    ("TOTAL", "306.00"),
)


@dataclass
class Drawn:
    """A page as it was drawn: its pixels, and where each word stands in pixels."""

    image: ImageArray
    words: list[tuple[str, tuple[int, int, int, int]]] = field(default_factory=list)

    def box(self, text: str) -> tuple[int, int, int, int]:
        return next(box for word, box in self.words if word == text)


def page(lines=LINES, *, noise: float = 3.0, seed: int = 1, size: int = SIZE) -> Drawn:
    """Two columns in Pillow's own font on grainy paper, as a camera sees it: a little blurred, with noise."""
    font = ImageFont.load_default(size)
    picture = Image.new("L", (WIDTH, STEP * (len(lines) + 2)), 235)
    draw = ImageDraw.Draw(picture)
    words = []
    for number, line in enumerate(lines):
        for text, right in zip(line, (False, True), strict=True):
            x = WIDTH - 30 - round(draw.textlength(text, font=font)) if right else 30
            at = (x, STEP * (number + 1))
            draw.text(at, text, font=font, fill=40)
            left, top, end, bottom = draw.textbbox(at, text, font=font)
            words.append((text, (int(left) - 2, int(top) - 2, int(end) + 2, int(bottom) + 2)))
    grey = np.asarray(picture, np.float32)
    grey = (grey + np.roll(grey, 1, 0) + np.roll(grey, 1, 1)) / 3
    grey = grey + np.random.default_rng(seed).normal(0, noise, grey.shape)
    return Drawn(np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2), words)


def evidence(drawn: Drawn | None = None, path: Path | None = None, *, confidence: float = 0.99, **values: str):
    """What was read: the drawn words, and fields by name; a field whose value is a word of the page has its box.

    `items` is a list of amounts of line items.
    """
    items = values.pop("items", ())
    height, width = drawn.image.shape[:2] if drawn else (1, 1)
    boxes = {
        text: Box.clipped(box[0] / width, box[1] / height, box[2] / width, box[3] / height)
        for text, box in (drawn.words if drawn else ())
    }

    def made(value: str) -> Field:
        box = boxes.get(value)
        return Field(value=value, text=value, confidence=confidence, page=0, box=box.as_list() if box else None)

    fields = {name: made(value) for name, value in values.items()}
    receipt = Receipt(fields=fields, line_items=[LineItem(amount=made(amount)) for amount in items])
    record = Extraction(file="receipt.jpg", sha256="0", status="ok", pages=1, receipt=receipt)
    words = tuple(
        Word(text, boxes[text], 0.99, index // 2) for index, (text, _) in enumerate(drawn.words if drawn else ())
    )
    image = drawn.image if drawn and path is None else None
    document = Document("receipt.jpg", "0", (Page(0, width, height, words, image),)) if drawn else None
    return ReceiptEvidence(record, path, document)


def jpeg(image: ImageArray, quality: int = 90, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()
