"""Documents with records for the tests of the review desk, and what a person does with them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from extractor.types import Extraction
from labeling.review.client import Client
from labeling.review.sources import Source
from tests.labeling.review.receipts import SIZES, random_receipt, record


def made_up(folder: Path, count: int, seed: int = 1) -> list[Extraction]:
    """So many documents in a folder, every tenth of two pages, and what a student says of them."""
    draw = random.Random(seed)
    records = []
    for at in range(count):
        pages = [_page(f"{seed}/{at}/{number}", size) for number, size in enumerate(SIZES[: 2 if at % 10 == 9 else 1])]
        path = folder / f"d{at:03d}.{'tif' if len(pages) > 1 else 'png'}"
        pages[0].save(path, **({"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        records.append(record(str(path), sha256, random_receipt(draw, len(pages)), pages=len(pages)))
    return records


def sources_of(records: Sequence[Extraction]) -> list[Source]:
    return [Source(Path(each.file).stem, each.file, each.sha256, each.model, each.receipt, each) for each in records]


def submit(client: Client, task: Mapping[str, Any], results: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """What the browser sends when a person submits a task that opened with its newest prediction."""
    parent = max((each["id"] for each in task["predictions"]), default=None)
    body = {"result": list(results), "lead_time": 12.5, "parent_prediction": parent, **more}
    client._json("POST", f"api/tasks/{task['id']}/annotations/", json=body)


def _page(text: str, size: tuple[int, int]) -> Image.Image:
    page = Image.new("RGB", size, "white")
    ImageDraw.Draw(page).text((20, 20), text, fill="black")
    return page
