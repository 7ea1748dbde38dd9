"""Perceptual hashes: 256 bits of a picture that stay nearly the same when it is saved again, recoloured or reduced.

The hash is the sign of the lowest frequencies of the picture against their median (pHash: Zauner 2010, section 3.2.1).
Two are taken: of the whole picture, and of its text alone, set upright, which stays when the paper is cut, turned or
laid on another table. Hashes are kept for years, so the method is written here and fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from extractor.policy.duplicates.minhash import mark
from extractor.types import ImageArray, Word

SIDE = 64
"""Pixels of the reduced picture's side."""

LOW = 16
"""Frequencies kept down and across: 256 bits."""

BITS = LOW * LOW
BANDS = 8
"""Bands of 32 bits each under which a hash is found again."""

FAINTEST = 8.0
"""A reduced picture whose brightest and darkest spots are nearer (of 255) is of one colour and has the hash 0."""

FEWEST_WORDS = 8
"""Words from which on the area of the text can be told."""

_REDUCED = 384

Floats = npt.NDArray[np.float64]


def whole(image: ImageArray) -> int:
    """The hash of a picture (height × width × 3, RGB); 0 for one of a single colour."""
    grey = Image.fromarray(image).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return _hash(np.asarray(grey, np.float64))


def text_area(image: ImageArray, words: Sequence[Word]) -> int | None:
    """The hash of the part that holds the words, turned so that lines run level. None where words are too few.

    `image` is upright and `words` are those of its page.
    """
    if len(words) < FEWEST_WORDS:
        return None
    small = Image.fromarray(image).convert("L")
    small.thumbnail((_REDUCED, _REDUCED), Image.Resampling.BILINEAR)
    size = np.array(small.size, np.float64)
    slope = _slope(words, size)
    along = np.array([np.cos(slope), np.sin(slope)])
    axes = np.stack([along, np.array([-along[1], along[0]])])  # rows: across the page, down the page
    centers = np.array([word.box.center for word in words]) * size @ axes.T
    low, high = np.percentile(centers, 2, axis=0), np.percentile(centers, 98, axis=0)
    if (high - low < 8).any():
        return None
    # From a pixel of the small square back to the picture: start + (high − low) / SIDE along each axis.
    step = (high - low) / SIDE
    start = low @ axes
    (a, d), (b, e) = axes[0] * step[0], axes[1] * step[1]
    square = small.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, (a, b, start[0], d, e, start[1]), Image.Resampling.BILINEAR
    )
    return _hash(np.asarray(square, np.float64))


def distance(first: int, second: int) -> float:
    """The share of bits that differ: about 0.5 for pictures that have nothing in common, 0 for the same one."""
    return (first ^ second).bit_count() / BITS


def bands(code: int, kind: str) -> tuple[int, ...]:
    """The marks of a hash: one for each run of 32 bits."""
    packed = code.to_bytes(BITS // 8, "big")
    width = len(packed) // BANDS
    return tuple(mark(f"{kind}{band}", packed[band * width : (band + 1) * width]) for band in range(BANDS))


def _hash(grey: Floats) -> int:
    if np.ptp(grey) < FAINTEST:
        return 0
    basis = _cosines()
    spectrum = basis @ grey @ basis.T
    bits = (spectrum > np.median(spectrum)).flatten()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


@cache
def _cosines() -> Floats:
    """The lowest frequencies of the discrete cosine transform (II): LOW × SIDE."""
    frequency, place = np.arange(LOW)[:, None], np.arange(SIDE)[None, :]
    return np.asarray(np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE)), np.float64)


def _slope(words: Sequence[Word], size: Floats) -> float:
    """The angle of the lines in radians, by their first and last words; 0 where no line is long enough to tell."""
    rows: dict[int, list[Word]] = {}
    for word in words:
        rows.setdefault(word.line, []).append(word)
    angles, lengths = [], []
    for row in rows.values():
        dx, dy = (np.array(row[-1].box.center) - np.array(row[0].box.center)) * size
        if abs(dx) > 0.15 * size[0] and abs(dy) < 0.4 * abs(dx):
            angles.append(np.arctan(dy / dx))
            lengths.append(abs(dx))
    if not angles:
        return 0.0
    order = np.argsort(angles, kind="stable")
    mass = np.cumsum(np.array(lengths)[order])
    return float(np.array(angles)[order][np.searchsorted(mass, mass[-1] / 2)])
