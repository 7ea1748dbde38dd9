"""A receipt under the lens: its claim, its pictures, its words and the bytes of its file, each opened only when asked
for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.errors import TailorError
from extractor.policy.cases import Claim, Place, ReceiptEvidence
from extractor.types import AMOUNT_FIELDS, Box, Field, ImageArray, Page, Word

Grey = npt.NDArray[np.float32]
"""Luminance, height × width, 0–255."""

MOST_PAGES = 3
"""Pages of one file whose pictures are looked at."""

SET = "text-layer"
"""The engine of pages whose words are a PDF's own text (extractor.ocr)."""

MOST_FILE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Sheet:
    """One page: its upright picture and its words."""

    index: int
    image: ImageArray = field(repr=False)
    words: tuple[Word, ...]

    @cached_property
    def grey(self) -> Grey:
        import cv2

        return np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), np.float32)

    def pixels(self, box: Box, pad: float = 0.0) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels, grown on each side by `pad` heights of the box, inside the picture."""
        height, width = self.image.shape[:2]
        extra = pad * box.height * height
        left = max(0, int(box.x0 * width - extra))
        top = max(0, int(box.y0 * height - extra))
        right = min(width, int(np.ceil(box.x1 * width + extra)))
        bottom = min(height, int(np.ceil(box.y1 * height + extra)))
        return left, top, right, bottom

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Pixels as a box of the page."""
        height, width = self.image.shape[:2]
        return Box.clipped(left / width, top / height, right / width, bottom / height)


@dataclass(frozen=True)
class Amount:
    """An amount that was read, by the name under which a finding speaks of it."""

    name: str
    """A field's name, or `line_items`."""
    field: Field

    @property
    def said(self) -> str:
        return "amount of an item" if self.name == "line_items" else self.name.replace("_", " ")


class Specimen:
    """What the signals look at. A file that can't be opened has no sheets and no bytes: signals then say nothing."""

    def __init__(self, evidence: ReceiptEvidence, claim: Claim | None = None) -> None:
        self.evidence = evidence
        self.claim = claim

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The pictures of the first pages, from the document where it kept them, else from the file.

        Pages that were read from a PDF's own text have none: their letters are set by a program, each digit the very
        picture of the next, on every honest invoice, too.
        """
        pages = self.evidence.document.pages if self.evidence.document else ()
        if any(page.engine == SET for page in pages):
            return ()
        kept = [Sheet(page.index, page.image, page.words) for page in pages[:MOST_PAGES] if page.image is not None]
        if kept:
            return tuple(kept)
        found: list[Sheet] = []
        with suppress(TailorError):
            found.extend(self._loaded({page.index: page for page in pages}))
        return tuple(found)

    def _loaded(self, known: dict[int, Page]) -> Iterator[Sheet]:
        from extractor.loading import load

        if self.evidence.path is None:
            return
        with load(self.evidence.path) as document:
            for loaded in document.pages():
                page = known.get(loaded.index)
                image = np.ascontiguousarray(np.rot90(loaded.image, (page.turned if page else 0) // 90))
                yield Sheet(loaded.index, image, page.words if page else ())
                if loaded.index + 1 >= MOST_PAGES:
                    return

    @cached_property
    def raw(self) -> bytes:
        """The bytes of the file; none where it is not there, or too big to be looked through."""
        path = self.evidence.path
        with suppress(OSError):
            if path is not None and path.stat().st_size <= MOST_FILE_BYTES:
                return path.read_bytes()
        return b""

    @property
    def is_pdf(self) -> bool:
        return b"%PDF-" in self.raw[:1024]

    def amounts(self) -> list[Amount]:
        """Every amount with a place on a page: the fields', then the items'."""
        receipt = self.evidence.record.receipt
        found = [Amount(name, receipt.fields[name]) for name in AMOUNT_FIELDS if name in receipt.fields]
        found += [Amount("line_items", item.amount) for item in receipt.line_items if item.amount]
        return [amount for amount in found if amount.field.box is not None and amount.field.page is not None]

    def place(self, field_name: str = "", page: int | None = None, box: Box | None = None) -> Place:
        return Place(
            receipt=self.evidence.name,
            field=field_name,
            page=page,
            box=[round(side, 5) for side in box.as_list()] if box else None,
        )

    def field_place(self, name: str) -> Place:
        """Where a field stands; without a box where it was concluded, not read."""
        found = self.evidence.record.receipt.fields.get(name)
        return Place(
            receipt=self.evidence.name, field=name, page=found.page if found else None, box=found.box if found else None
        )

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What one signal worked out and another can use."""
        return {}


def words_of(sheet: Sheet, amount: Amount) -> list[Word]:
    """The words with digits that an amount was read from."""
    if amount.field.page != sheet.index or amount.field.box is None:
        return []
    left, top, right, bottom = amount.field.box
    inside = []
    for word in sheet.words:
        x, y = word.box.center
        if left <= x <= right and top <= y <= bottom and re.search(r"\d", word.text):
            inside.append(word)
    return inside
