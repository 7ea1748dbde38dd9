"""An engine that knows what a few receipts say: pictures drawn here, records with values in every state of sureness."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from extractor.task import RECEIPTS
from extractor.types import ITEM_PARTS, Extraction, Field, LineItem, Notice, Receipt
from serving.engine.base import Answer, ReadOptions, Upload
from serving.engine.records import failure
from tests.serving.fake_engine import FakeEngine

SIZE = (600, 900)
BOXES = {
    "merchant_name": [0.1, 0.05, 0.9, 0.09],
    "date": [0.1, 0.15, 0.4, 0.18],
    "total": [0.6, 0.80, 0.9, 0.84],
    "tax": [0.6, 0.70, 0.9, 0.74],
}


def drawing(number: int = 0, kind: str = "PNG") -> bytes:
    """A receipt of its own for each number, as a file."""
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    for name, (left, top, right, bottom) in BOXES.items():
        draw.rectangle((left * 600, top * 900, right * 600, bottom * 900), outline="black")
        draw.text((left * 600 + 5, top * 900 + 5), f"{name} {number}", fill="black")
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def record_of(upload: Upload) -> Extraction:
    """A sure total, a merchant to check and a doubtful tax; one line item that adds up."""

    def read(name: str, value: str, text: str, confidence: float) -> Field:
        return Field(value=value, text=text, confidence=confidence, page=0, box=BOXES[name])

    fields = {
        "merchant_name": read("merchant_name", "=Kedai <b>Contoh</b>", "=Kedai <b>Contoh</b>", 0.7),
        "currency": Field(value="MYR", text="MYR", confidence=0.99),
        "date": read("date", "2026-01-31", "31/01/2026", 0.95),
        "tax": read("tax", "4.60", "4.6O", 0.31),
        "total": read("total", "80.90", "RM80.90", 0.98),
    }
    box = [0.1, 0.4, 0.5, 0.43]
    cells = dict(zip(ITEM_PARTS, ("Teh tarik", "2", "3.50", "7.00"), strict=True))
    parts = {
        part: Field(value=value, text=value, confidence=0.97, page=0, box=[*box[:2], 0.2 + 0.1 * at, box[3]])
        for at, (part, value) in enumerate(cells.items())
    }
    return Extraction(
        file=upload.name,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        status="ok",
        pages=1,
        receipt=Receipt(fields=fields, line_items=[LineItem(**parts)]),
        warnings=[Notice(code="page_turned", message="Page 1 was turned to be upright.")],
        model="fake@0",
    )


@dataclass
class ReadingEngine(FakeEngine):
    """Reads every PNG or JPEG; a PDF asks for the password `secret`; everything else fails."""

    words: Callable[[Upload], Extraction] = field(default=record_of)

    def state(self):  # type: ignore[no-untyped-def]
        facts = {"fields": list(RECEIPTS.names), "types": dict(RECEIPTS.types), "line_items": list(ITEM_PARTS)}
        return FakeEngine.state(self).__class__(
            ready=self.ready, model="fake@0", provider="CPUExecutionProvider", capacity=64, workers=2, facts=facts
        )

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        await FakeEngine.read(self, upload, options)
        if upload.content.startswith(b"%PDF") and options.password != "secret":
            return failure(upload, Notice(code="encrypted_pdf", message="The PDF is encrypted. Give its password."))
        if not upload.content.startswith((b"\x89PNG", b"\xff\xd8", b"%PDF")):
            return failure(upload, Notice(code="unknown_format", message="This is no picture or PDF. Send another."))
        shown = drawing() if upload.content.startswith(b"%PDF") else upload.content
        return Answer(self.words(upload), pictures=(shown,) if options.plain else ())
