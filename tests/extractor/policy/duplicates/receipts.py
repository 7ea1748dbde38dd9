"""Receipts made up for tests: read values, the words they stand in, and pictures drawn from them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from extractor.policy.cases import Case, Claim, ReceiptEvidence
from extractor.types import Box, Document, Extraction, Field, ImageArray, Page, Receipt, Word

CAFE = (
    "CAFE AURORA",
    "12 Harbour Street 48210",
    "Tel 0631 778 9214",
    "VAT 552 918 337",
    "Receipt 00418873",
    "14/03/2025 12:47",
    "2 Flat white 8.40",
    "1 Bagel salmon 9.75",
    "1 Juice 4.85",
    "Subtotal 23.00",
    "Tax 1.93",
    "Total 24.93",
    "Card **** 5521",
)
READ = {
    "merchant_name": ("Cafe Aurora", "CAFE AURORA"),
    "receipt_number": ("00418873", "00418873"),
    "date": ("2025-03-14", "14/03/2025"),
    "time": ("12:47", "12:47"),
    "total": ("24.93", "24.93"),
    "currency": ("EUR", "EUR"),
    "document_type": ("receipt", "receipt"),
}


def evidence(
    lines: tuple[str, ...] = CAFE, path: Path | None = None, name: str = "receipt.jpg", content: str = "", **read: str
) -> ReceiptEvidence:
    """A receipt of these lines; `read` changes what the student read ("" leaves a field out); `content` stands for the
    bytes of the file, by default its name."""
    fields = {key: Field(value=value, text=text, confidence=0.95) for key, (value, text) in READ.items()}
    for key, value in read.items():
        fields[key] = Field(value=value, text=value, confidence=0.95)
    fields = {key: found for key, found in fields.items() if found.value}
    digest = hashlib.sha256((content or name).encode()).hexdigest()
    words = []
    for row, line in enumerate(lines):
        top = 0.05 + 0.9 * row / len(lines)
        pieces = line.split()
        for column, piece in enumerate(pieces):
            left = 0.1 + 0.8 * column / len(pieces)
            words.append(Word(piece, Box(left, top, min(left + 0.1, 1.0), top + 0.03), 0.98, row))
    document = Document(name, digest, (Page(0, 400, 800, tuple(words)),))
    record = Extraction(file=name, sha256=digest, status="ok", pages=1, receipt=Receipt(fields=fields))
    return ReceiptEvidence(record, path, document)


def changed(lines: tuple[str, ...] = CAFE, **swaps: str) -> tuple[str, ...]:
    """The lines with some replaced, by their number: changed(l4="Receipt 00418874")."""
    return tuple(swaps.get(f"l{number}", line) for number, line in enumerate(lines))


def another_day(**read: str) -> ReceiptEvidence:
    """The same shop and the same order three days later."""
    lines = changed(l4="Receipt 00419102", l5="17/03/2025 13:02")
    values = {"receipt_number": "00419102", "date": "2025-03-17", "time": "13:02", **read}
    return evidence(lines, name="other.jpg", **values)


def case(identifier: str, *receipts: ReceiptEvidence, **claim: object) -> Case:
    return Case(identifier, Claim(claim_id=identifier, **claim), receipts)  # type: ignore[arg-type]


def drawn(lines: tuple[str, ...] = CAFE, size: tuple[int, int] = (400, 800)) -> ImageArray:
    """A picture of the lines, black on white."""
    image = Image.new("RGB", size, (250, 250, 246))
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((size[0] * 0.1, size[1] * (0.05 + 0.9 * row / len(lines))), line, fill=(20, 20, 20), font_size=22)
    return np.asarray(image)
