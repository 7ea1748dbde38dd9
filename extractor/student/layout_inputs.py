"""What a layout encoder of transformers (LayoutLM, LiLT, LayoutLMv3, BROS) reads: sub-words, their boxes, pictures.

Training and run time both use this module, with NumPy and `tokenizers` alone, so that they can't drift apart.

Such an encoder takes some 512 sub-words of one page. A longer page is read in several windows that overlap: each window
is a row of the model's batch, each word is taken from the window in which it stands farthest from an edge, and the
student's heads see the words of all windows side by side. Nothing is cut off. Each page begins a window of its own,
since the boxes of two pages would lie on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import BaseModel, ConfigDict

from extractor.errors import BadModel, MissingExtra
from extractor.student.encoder import Encoded

TOKENIZER_FILE = "tokenizer.json"

MOST_SUBWORDS = 12
"""Sub-words of one word that are read; what a misread line of signs would add tells nothing."""

Arrays = dict[str, npt.NDArray[np.generic]]


class LayoutSettings(BaseModel):
    """How the inputs of one encoder are made.

    `begin`, `end`, `pad`, `unknown` are ids of the tokenizer. `window` is the most sub-words a row takes, begin and end
    included; `overlap` how many two neighbouring windows share at least. `boxes` thousandths (whole numbers, 0 to 1000)
    or unit (fractions, for BROS); `end_corner` the coordinate of the box of the end. `picture` is the side in pixels of
    the square grey picture of a window's page, 0 for none. `pooling`: a word is its first sub-word, or their mean.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: int
    end: int
    pad: int
    unknown: int
    window: int = 512
    overlap: int = 128
    boxes: Literal["thousandths", "unit"] = "thousandths"
    end_corner: int = 0
    picture: int = 0
    pooling: Literal["first", "mean"] = "first"


@dataclass(frozen=True)
class Window:
    """Words `first` to `last` (excluded) of a document, all on one page, that are read together."""

    first: int
    last: int
    page: int


@dataclass
class LayoutReader:
    """Makes the inputs of a layout student out of documents. `tokenizer` is a `tokenizers.Tokenizer`."""

    settings: LayoutSettings
    tokenizer: Any
    _known: dict[str, list[int]] = field(default_factory=dict, repr=False)

    def subwords(self, text: str) -> list[int]:
        """The ids of a word, at least one. A word whose spelling nobody knows is the unknown sub-word."""
        if text not in self._known:
            if len(self._known) > 50_000:
                self._known.clear()
            found = self.tokenizer.encode(text, add_special_tokens=False).ids[:MOST_SUBWORDS]
            self._known[text] = found or [self.settings.unknown]
        return self._known[text]

    def collate(self, documents: Sequence[Encoded]) -> Arrays:
        """A batch of b documents of n words at most, read in w windows of s sub-words at most.

        input_ids w × s int64 · bbox w × s × 4, int64 or float32 · attention_mask w × s int64 · pieces b × n × k int64,
        the places of each word's sub-words in the w · s, −1 where there are fewer (k is 1 where the first is taken) ·
        mask b × n bool · page_pictures w × 1 × side × side uint8, where the encoder looks at pictures.
        """
        rows: list[tuple[Encoded, Window, list[list[int]]]] = []
        owners: list[list[tuple[int, int, int]]] = []
        for document in documents:
            ids = self._ids(document)
            windows = windows_of([len(each) for each in ids], document.places[:, 2].astype(int).tolist(), self.settings)
            owners.append(_owners(windows, ids, len(rows)))
            rows += [(document, window, ids[window.first : window.last]) for window in windows]
        size = 2 + max(sum(len(each) for each in ids) for _, _, ids in rows)
        batch = self._rows(rows, size)
        count = max(len(document) for document in documents)
        batch["pieces"] = np.stack([self._pieces(given, count, size) for given in owners])
        batch["mask"] = np.stack([np.arange(count) < len(document) for document in documents])
        if self.settings.picture:
            shown = [_square(document, window.page, self.settings.picture) for document, window, _ in rows]
            batch["page_pictures"] = np.stack(shown)[:, None]
        return batch

    def _ids(self, document: Encoded) -> list[list[int]]:
        # Training hides the spelling of some words; they are then unknown here, too.
        spelt: list[bool] = [bool(kept.any()) for kept in document.pieces]
        return [
            self.subwords(text) if known else [self.settings.unknown]
            for text, known in zip(document.texts, spelt, strict=True)
        ]

    def _rows(self, rows: Sequence[tuple[Encoded, Window, list[list[int]]]], size: int) -> Arrays:
        settings = self.settings
        whole = settings.boxes == "thousandths"
        input_ids = np.full((len(rows), size), settings.pad, np.int64)
        attended = np.zeros((len(rows), size), np.int64)
        boxes = np.zeros((len(rows), size, 4), np.int64 if whole else np.float32)
        for row, (document, window, ids) in enumerate(rows):
            flat = [each for word in ids for each in word]
            input_ids[row, : len(flat) + 2] = [settings.begin, *flat, settings.end]
            attended[row, : len(flat) + 2] = 1
            own = np.clip(document.boxes[window.first : window.last], 0.0, 1.0)
            # Edges may have crossed where training varies them; the encoder takes sizes from them.
            own = np.concatenate([np.minimum(own[:, :2], own[:, 2:]), np.maximum(own[:, :2], own[:, 2:])], axis=1)
            scaled = np.rint(own * 1000).astype(np.int64) if whole else own
            boxes[row, 1 : len(flat) + 1] = np.repeat(scaled, [len(word) for word in ids], axis=0)
            boxes[row, len(flat) + 1] = settings.end_corner if whole else settings.end_corner / 1000
        return {"input_ids": input_ids, "bbox": boxes, "attention_mask": attended}

    def _pieces(self, owned: Sequence[tuple[int, int, int]], count: int, size: int) -> npt.NDArray[np.int64]:
        kept = MOST_SUBWORDS if self.settings.pooling == "mean" else 1
        places = np.full((count, kept), -1, np.int64)
        for word, (row, first, length) in enumerate(owned):
            most = min(length, kept)
            places[word, :most] = row * size + first + np.arange(most)
        return places


def windows_of(lengths: Sequence[int], pages: Sequence[int], settings: LayoutSettings) -> list[Window]:
    """The windows of a document: `lengths` are the sub-words of each word, `pages` its page.

    A page that fits is one window; of a longer one, windows as full as they can be, each beginning `overlap` sub-words
    or more before the end of the one before it.
    """
    room = settings.window - 2
    found: list[Window] = []
    start = 0
    while start < len(lengths):
        end = start
        while end < len(lengths) and pages[end] == pages[start]:
            end += 1
        first = start
        while True:
            last, used = first, 0
            while last < end and used + lengths[last] <= room:
                used += lengths[last]
                last += 1
            found.append(Window(first, last, pages[start]))
            if last == end:
                break
            back, shared = last, 0
            while back > first + 1 and shared < settings.overlap:
                back -= 1
                shared += lengths[back]
            first = back
        start = end
    return found


def _owners(windows: Sequence[Window], ids: Sequence[Sequence[int]], offset: int) -> list[tuple[int, int, int]]:
    """Of each word: the row of the window that reads it with the most around it, its first place there, its length."""
    best: dict[int, tuple[int, tuple[int, int, int]]] = {}
    for number, window in enumerate(windows):
        place = 1
        for word in range(window.first, window.last):
            # An edge of the page is none: beyond it there is nothing to miss.
            before = word - window.first if number and windows[number - 1].page == window.page else len(ids)
            inner = number + 1 < len(windows) and windows[number + 1].page == window.page
            around = min(before, window.last - 1 - word if inner else len(ids))
            if word not in best or around > best[word][0]:
                best[word] = (around, (offset + number, place, len(ids[word])))
            place += len(ids[word])
    return [best[word][1] for word in range(len(ids))]


def _square(document: Encoded, page: int, side: int) -> npt.NDArray[np.uint8]:
    if not len(document.pictures):
        return np.full((side, side), 128, np.uint8)
    shown = Image.fromarray(document.pictures[min(page, len(document.pictures) - 1)])
    return np.asarray(shown.resize((side, side), Image.Resampling.BILINEAR), np.uint8)


def load_tokenizer(path: Path) -> Any:
    """The tokenizer of a file. Raises MissingExtra without the package, BadModel where the file is none."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra(
            "This model reads sub-words: the package tokenizers is not installed.",
            hint="Install it: pip install 'tailor[layout]'.",
        ) from error
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises bare exceptions
        raise BadModel(f"{path} is not the tokenizer of a model ({type(error).__name__}).") from error


def load_reader(folder: Path, settings: LayoutSettings) -> LayoutReader:
    """The reader of a model folder that holds its tokenizer. Raises as `load_tokenizer`."""
    return LayoutReader(settings, load_tokenizer(folder / TOKENIZER_FILE))
