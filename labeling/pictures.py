"""Pages as a model sees them best: scaled to its size, tall ones cut into overlapping parts, encoded, and counted.

Every hosted model scales a larger picture down by itself and charges for what is left, so that sending more pixels
costs time and gains nothing. A receipt of a metre, scaled to fit as one picture, would be too fine to read: it is cut.

The counts of tokens follow what the providers document (November 2026): Anthropic one token for each 28 × 28 pixels;
OpenAI either a base and a price for each 512 × 512 tile (GPT-4o, GPT-4.1, GPT-5), or patches of 32 × 32 times a factor
(the others).
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from extractor.types import ImageArray, Page

OVERLAP = 0.08
"""The share of a part that the next one repeats: two or three lines of print, so that none is cut through."""
MOST_PARTS = 8
LEGIBLE_WIDTH = 720
"""Pixels across a receipt below which its small print is lost; a page is cut before it is made narrower."""
JPEG_QUALITY = 90
_FLAT_TONES = 40


@dataclass(frozen=True, slots=True)
class PictureRule:
    """What a family of models takes: `long_edge` in pixels, `pixels` in all, and how it counts tokens.

    `count`: "patches" of `patch` pixels square times `factor`; or "tiles" of 512 pixels after the short edge was scaled
    to 768, `tile` tokens each and `base` once.
    """

    name: str
    long_edge: int
    pixels: int
    count: Literal["patches", "tiles"] = "patches"
    patch: int = 28
    factor: float = 1.0
    base: int = 0
    tile: int = 0
    short_edge: int | None = None

    def tokens(self, width: int, height: int) -> int:
        """The tokens of a picture that is already of a size this rule allows."""
        if self.count == "tiles":
            return self.base + self.tile * math.ceil(width / 512) * math.ceil(height / 512)
        return math.ceil(math.ceil(width / self.patch) * math.ceil(height / self.patch) * self.factor)

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The size to which a picture is scaled down; it is never scaled up."""
        scale = min(1.0, self.long_edge / max(width, height), math.sqrt(self.pixels / (width * height)))
        if self.short_edge:
            scale = min(scale, self.short_edge / min(width, height))
        return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


_CLAUDE = PictureRule("claude", long_edge=1568, pixels=1_150_000)
_CLAUDE_FINE = PictureRule("claude-fine", long_edge=2576, pixels=3_600_000)
_TILES = PictureRule("tiles", 2048, 768 * 2048, count="tiles", base=85, tile=170, short_edge=768)
_LOCAL = PictureRule("local", long_edge=1536, pixels=1_200_000)

FAMILIES: tuple[tuple[str, PictureRule], ...] = (
    ("claude-opus-4-7", _CLAUDE_FINE),
    ("claude-opus-4-8", _CLAUDE_FINE),
    ("claude-opus-5", _CLAUDE_FINE),
    ("claude-sonnet-5", _CLAUDE_FINE),
    ("claude-haiku-5", _CLAUDE_FINE),
    ("claude-fable-5", _CLAUDE_FINE),
    ("claude-mythos-5", _CLAUDE_FINE),
    ("claude", _CLAUDE),
    ("gpt-4o-mini", PictureRule("tiles-mini", 2048, 768 * 2048, count="tiles", base=2833, tile=5667, short_edge=768)),
    ("gpt-4.1-mini", PictureRule("patches-1.62", 2048, 1536 * 1024, patch=32, factor=1.62)),
    ("gpt-4.1-nano", PictureRule("patches-2.46", 2048, 1536 * 1024, patch=32, factor=2.46)),
    ("gpt-5-mini", PictureRule("patches-1.62", 2048, 1536 * 1024, patch=32, factor=1.62)),
    ("gpt-5-nano", PictureRule("patches-2.46", 2048, 1536 * 1024, patch=32, factor=2.46)),
    ("gpt-5.4", PictureRule("patches-1.2", 2048, 2500 * 1024, patch=32, factor=1.2)),
    ("gpt-5.5", PictureRule("patches-1.2", 2048, 2500 * 1024, patch=32, factor=1.2)),
    ("gpt-5.6", PictureRule("patches-1.2", 2048, 2500 * 1024, patch=32, factor=1.2)),
    ("gpt-5", PictureRule("tiles-5", 2048, 768 * 2048, count="tiles", base=70, tile=140, short_edge=768)),
    ("gpt-6", PictureRule("patches-1.2", 2048, 2500 * 1024, patch=32, factor=1.2)),
    ("gpt-", _TILES),
)
"""The beginning of a model's name and its rule; the first that fits is taken."""


def rule_for(model: str) -> PictureRule:
    """The rule of a model's family; models of unknown name (local ones) get a size that most of them take."""
    plain = model.lower().rsplit("/", 1)[-1]
    return next((rule for beginning, rule in FAMILIES if plain.startswith(beginning)), _LOCAL)


@dataclass(frozen=True)
class Picture:
    """One picture as it is sent: part `part` of `parts` (from 0) of page `page` (from 0), encoded."""

    page: int
    part: int
    parts: int
    width: int
    height: int
    tokens: int
    media_type: str
    content: bytes

    @property
    def base64(self) -> str:
        return base64.b64encode(self.content).decode("ascii")

    @property
    def data_url(self) -> str:
        return f"data:{self.media_type};base64,{self.base64}"

    def opened(self) -> Image.Image:
        return Image.open(io.BytesIO(self.content)).convert("RGB")


def cuts(width: int, height: int, rule: PictureRule) -> list[tuple[int, int]]:
    """Top and bottom, in pixels of the page, of the parts in which it is sent: one where it stays legible as a whole.

    The fewest parts that keep the print as wide as it is or LEGIBLE_WIDTH, whichever is less; at most MOST_PARTS.
    """
    wanted = min(width, LEGIBLE_WIDTH, rule.long_edge)
    for parts in range(1, MOST_PARTS + 1):
        tall = min(height, math.ceil(height / (parts - (parts - 1) * OVERLAP)))
        if parts == MOST_PARTS or rule.fitted(width, tall)[0] >= wanted * 0.98:
            break
    if parts == 1:
        return [(0, height)]
    starts = [round(index * (height - tall) / (parts - 1)) for index in range(parts)]
    return [(start, start + tall) for start in starts]


def sizes(pages: Sequence[Page], rule: PictureRule) -> list[tuple[int, int]]:
    """Width and height of every picture that `prepare` would send, without making one."""
    return [
        rule.fitted(page.width, bottom - top) for page in pages for top, bottom in cuts(page.width, page.height, rule)
    ]


def prepare(pages: Sequence[Page], rule: PictureRule) -> list[Picture]:
    """The pictures of a document in reading order. Raises ValueError for a page that has no picture."""
    found: list[Picture] = []
    for page in pages:
        if page.image is None:
            raise ValueError(f"page {page.index} has no picture")
        height, width = page.image.shape[:2]
        spans = cuts(width, height, rule)
        for part, (top, bottom) in enumerate(spans):
            scaled = _scaled(page.image[top:bottom], rule)
            media_type, content = encoded(scaled)
            tokens = rule.tokens(*scaled.size)
            found.append(Picture(page.index, part, len(spans), *scaled.size, tokens, media_type, content))
    return found


def _scaled(image: ImageArray, rule: PictureRule) -> Image.Image:
    picture = Image.fromarray(image)
    size = rule.fitted(picture.width, picture.height)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image) -> tuple[str, bytes]:
    """Media type and bytes: PNG where the picture has few tones (drawn or scanned in black and white), else JPEG."""
    sample = np.asarray(picture.convert("L"))[::7, ::7]
    flat = np.unique(sample).size <= _FLAT_TONES
    stream = io.BytesIO()
    if flat:
        picture.save(stream, "PNG")
        return "image/png", stream.getvalue()
    picture.convert("RGB").save(stream, "JPEG", quality=JPEG_QUALITY)
    return "image/jpeg", stream.getvalue()
