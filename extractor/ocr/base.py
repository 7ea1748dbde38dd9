"""The one narrow door to every OCR engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from extractor.types import ImageArray, Notice, Word


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine saw on one picture.

    `words` are in the coordinates of the upright page; their `line` numbers the piece of text (a run of words on one
    baseline, as detected) that a word belongs to. Their order is the engine's: `reading_order.arrange` makes rows.
    `turned` is how far the picture had to be turned counter-clockwise to be upright: 0, 90, 180 or 270 degrees.
    `unread` counts the pieces of text that were found but dropped, because too little was recognised in them.
    `notices` warn of what was met on the way. A message lacks its subject ("seems to be in Thai; …"): `read_page`, who
    knows the number of the page, puts "Page 2" before it. `engine` names the engine that read, where an engine hands
    pages on to others; empty where it is the one that was asked.
    """

    words: tuple[Word, ...]
    turned: int = 0
    unread: int = 0
    notices: tuple[Notice, ...] = ()
    engine: str = ""


class OcrEngine(Protocol):
    """Reads the words of one picture and turns it upright on the way.

    `name` identifies the engine and every setting that changes what it reads: it is part of the cache key.
    """

    @property
    def name(self) -> str: ...

    def read(self, image: ImageArray) -> Reading:
        """The words of a picture; a picture without text gives no words.

        Raises OcrError where the engine itself fails; never returns an empty reading instead.
        """
        ...
