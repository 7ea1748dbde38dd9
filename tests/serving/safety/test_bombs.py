"""Small files that would fill the memory are refused by the service's limits; the other files are read."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from extractor.errors import DocumentError
from extractor.loading import Limits, load
from extractor.types import Extraction
from serving.engine.base import Answer, ReadOptions, Upload
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine, record_of

Make = Callable[..., ServiceSettings]


class LoadingEngine(FakeEngine):
    """Loads what is sent as the real engine does, and reads nothing."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        return Answer(await asyncio.to_thread(self._load, upload))

    def _load(self, upload: Upload) -> Extraction:
        record = record_of(upload)
        try:
            with load(upload.content, limits=self.limits) as document:
                pages = len(list(document.pages()))
        except DocumentError as error:
            return record.model_copy(update={"status": "failed", "error": error.notice()})
        return record.model_copy(update={"pages": pages})


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header promises this many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9000))) + chunk(b"IEND", b"")
    )


def picture(kind: str, pages: int = 1) -> bytes:
    kept = io.BytesIO()
    sheets = [Image.new("L", (40, 40), 255) for _ in range(pages)]
    sheets[0].save(kept, kind, **({"save_all": True, "append_images": sheets[1:]} if pages > 1 else {}))
    return kept.getvalue()


@pytest.mark.anyio
async def test_bombs_give_failed_records_and_the_receipt_beside_them_is_read(settings: Make) -> None:
    chosen = settings(max_file_bytes=200_000, max_pages=3)
    sent = {
        "pixels.png": png_bomb(60_000, 60_000),
        "wide.png": png_bomb(2**31 - 1, 2**31 - 1),
        "pages.tiff": picture("TIFF", pages=4),
        "large.png": picture("PNG") + bytes(200_000),
        "zip.zip": b"PK\x03\x04" + bytes(1000),
        "fine.png": picture("PNG"),
    }
    async with service(chosen, LoadingEngine(chosen.limits)) as client:
        answer = await client.post("/v1/extract", files=[("files", each) for each in sent.items()])
    assert answer.status_code == 200
    records = {record["file"]: record for record in answer.json()["results"]}
    codes = {name: (record["error"] or {}).get("code") for name, record in records.items()}
    assert codes["pixels.png"] == "too_many_pixels"
    assert codes["wide.png"] in ("too_many_pixels", "broken_image")
    assert codes["pages.tiff"] == "too_many_pages"
    assert codes["large.png"] == "too_many_bytes"
    assert codes["zip.zip"] == "unknown_format"
    assert records["fine.png"]["status"] == "ok"
