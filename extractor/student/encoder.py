"""A document as the arrays that the student reads. The same code serves training and inference.

Positions are relative to the part of the page that carries text, so that a receipt photographed on a table looks like
one that fills the picture. The picture is that part too, in grey, at one small fixed size.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from extractor.student import features
from extractor.types import Box, ImageArray, Page

ENCODER_VERSION = 1
MAX_TOKENS = 512
PICTURE_HEIGHT, PICTURE_WIDTH = 448, 224
STRIDE = 8
"""Pixels of the picture to one cell of the student's feature map, each way."""
CELLS = 3
"""Cells of the feature map looked at for each word: at its left, in its middle, at its right."""

MAP_HEIGHT, MAP_WIDTH = PICTURE_HEIGHT // STRIDE, PICTURE_WIDTH // STRIDE
_LABEL = re.compile(r"^(?=.*[^\W\d_].*:)([^:]{1,24}:)(?=[^\s:]{2})")


@dataclass(frozen=True, slots=True)
class Token:
    """What the student points at: an OCR word, or a part of one ("Date:" and "25/12/2018" of "Date:25/12/2018").

    `row` counts visual rows through all pages. `glued` says that no space stood before it.
    """

    text: str
    box: Box
    page: int
    row: int
    confidence: float
    glued: bool = False


@dataclass(frozen=True)
class Encoded:
    """One document as arrays; n tokens, p pages (p = 0 where no picture is given).

    pieces n × PIECES int64, buckets of spelling, 0 pads · numbers n × NUMBERS float32 · boxes n × 4 float32 in the
    part of the page with text · places n × 3 float32: row, order, page · cells n × CELLS int64, places in the p feature
    maps, row-major · pictures p × PICTURE_HEIGHT × PICTURE_WIDTH uint8 · texts the words themselves, for students with
    a tokenizer of their own.
    """

    pieces: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    places: npt.NDArray[np.float32]
    cells: npt.NDArray[np.int64]
    pictures: npt.NDArray[np.uint8]
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pieces)


def tokenize(pages: Sequence[Page]) -> tuple[Token, ...]:
    """The tokens of a document in reading order, at most MAX_TOKENS: of a longer one, its head and its tail."""
    tokens: list[Token] = []
    first_row = 0
    for number, page in enumerate(pages):
        for word in page.words:
            token = Token(word.text, word.box, number, first_row + word.line, word.confidence)
            tokens += _parts(token)
        first_row += 2 + max((word.line for word in page.words), default=0)
    if len(tokens) > MAX_TOKENS:
        head = MAX_TOKENS * 3 // 5
        tokens = tokens[:head] + tokens[head - MAX_TOKENS :]
    return tuple(tokens)


def _parts(token: Token) -> list[Token]:
    """A label glued to its value is split off, the box shared out by length."""
    label = _LABEL.match(token.text)
    if not label:
        return [token]
    cut = label.end()
    middle = token.box.x0 + token.box.width * cut / len(token.text)
    box = token.box
    return [
        replace(token, text=token.text[:cut], box=Box(box.x0, box.y0, middle, box.y1)),
        replace(token, text=token.text[cut:], box=Box(middle, box.y0, box.x1, box.y1), glued=True),
    ]


def encode(tokens: Sequence[Token], pictures: Sequence[npt.NDArray[np.uint8]] = ()) -> Encoded:
    """The arrays of a document. `pictures` holds, for each page, what `picture` made of it."""
    count = len(tokens)
    kept = np.zeros((count, features.PIECES), np.int64)
    for at, token in enumerate(tokens):
        found = features.pieces(token.text)
        kept[at, : len(found)] = found
    raw = np.array([token.box.as_list() for token in tokens], np.float32).reshape(count, 4)
    page = np.array([token.page for token in tokens], np.int64)
    boxes = _relative(raw, page)
    confidences = np.array([token.confidence for token in tokens], np.float32)
    rows = np.array([token.row for token in tokens], np.float32)
    stacked = np.stack(pictures) if len(pictures) else np.zeros((0, PICTURE_HEIGHT, PICTURE_WIDTH), np.uint8)
    return Encoded(
        kept,
        features.numbers([token.text for token in tokens], raw[:, 3] - raw[:, 1], confidences),
        boxes,
        np.stack([rows, np.arange(count, dtype=np.float32), page.astype(np.float32)], axis=1),
        _cells(boxes, np.minimum(page, max(len(stacked) - 1, 0))),
        stacked,
        tuple(token.text for token in tokens),
    )


def extent(boxes: npt.NDArray[np.float32]) -> tuple[float, float, float, float]:
    """The part of a page that its words fill: x0, y0, x1, y1."""
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    return float(x0), float(y0), float(max(x1, x0 + 1e-3)), float(max(y1, y0 + 1e-3))


def _relative(boxes: npt.NDArray[np.float32], page: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    relative = boxes.copy()
    for number in np.unique(page):
        on_page = page == number
        x0, y0, x1, y1 = extent(boxes[on_page])
        relative[on_page] = (boxes[on_page] - (x0, y0, x0, y0)) / (x1 - x0, y1 - y0, x1 - x0, y1 - y0)
    return np.clip(relative, 0.0, 1.0)


def _cells(boxes: npt.NDArray[np.float32], page: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    across = np.stack([boxes[:, 0], (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 2]], axis=1)
    columns = np.minimum((across * MAP_WIDTH).astype(np.int64), MAP_WIDTH - 1)
    rows = np.minimum(((boxes[:, 1] + boxes[:, 3]) / 2 * MAP_HEIGHT).astype(np.int64), MAP_HEIGHT - 1)
    return np.asarray(page[:, None] * (MAP_HEIGHT * MAP_WIDTH) + rows[:, None] * MAP_WIDTH + columns, np.int64)


def picture(page: Page) -> npt.NDArray[np.uint8]:
    """The part of the page that carries text, grey, PICTURE_HEIGHT × PICTURE_WIDTH. Without a picture: even grey."""
    if page.image is None or not page.words:
        return np.full((PICTURE_HEIGHT, PICTURE_WIDTH), 128, np.uint8)
    x0, y0, x1, y1 = extent(np.array([word.box.as_list() for word in page.words], np.float32))
    height, width = page.image.shape[:2]
    left, top = int(x0 * width), int(y0 * height)
    right, bottom = max(int(np.ceil(x1 * width)), left + 1), max(int(np.ceil(y1 * height)), top + 1)
    return _small_grey(page.image[top:bottom, left:right])


def _small_grey(image: ImageArray) -> npt.NDArray[np.uint8]:
    grey = Image.fromarray(np.ascontiguousarray(image)).convert("L")
    return np.asarray(grey.resize((PICTURE_WIDTH, PICTURE_HEIGHT), Image.Resampling.BILINEAR, reducing_gap=2.0))


def collate(documents: Sequence[Encoded]) -> dict[str, npt.NDArray[np.generic]]:
    """A batch: each array padded to the longest document, by the student's input names.

    pieces b × n × PIECES · numbers b × n × NUMBERS · boxes b × n × 4 · places b × n × 3 · cells b × n × CELLS, offset
    into the pictures of the whole batch · mask b × n bool, true at tokens · pictures q × 1 × height × width, q ≥ 1.
    """
    count = max(1, max(len(document) for document in documents))
    batch: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in _PADDED}
    masks, pictures, offset = [], [], 0
    for document in documents:
        for name in _PADDED:
            array = getattr(document, name)
            if name == "cells":
                array = array + offset * (MAP_HEIGHT * MAP_WIDTH)
            batch[name].append(np.pad(array, ((0, count - len(document)), (0, 0))))
        masks.append(np.arange(count) < len(document))
        shown = document.pictures if len(document.pictures) else _BLANK
        pictures.append(shown)
        offset += len(shown)
    stacked: dict[str, npt.NDArray[np.generic]] = {name: np.stack(arrays) for name, arrays in batch.items()}
    return {**stacked, "mask": np.stack(masks), "pictures": np.concatenate(pictures)[:, None]}


_PADDED = ("pieces", "numbers", "boxes", "places", "cells")
_BLANK = np.full((1, PICTURE_HEIGHT, PICTURE_WIDTH), 128, np.uint8)
