"""What is left of a picture whose file was cut off.

A receipt photographed and half uploaded still shows its upper half. JPEG and PNG store rows from the top, so what
arrived can be decoded; Pillow does that only by a process-wide switch, which is not ours to turn.
"""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from extractor.loading.pixels import to_rgb
from extractor.types import ImageArray

ENOUGH = 0.5
"""The share of rows that must be there for the picture to count as read in part."""

_END_OF_IMAGE = b"\xff\xd9"
_FILLER = 128
"""The grey that libjpeg shows where no data came."""


def salvaged(image: Image.Image, stream: BinaryIO, kind: str) -> tuple[Image.Image, float] | None:
    """The RGB picture with its missing rows white, and the share of rows that are there; None where too little is.

    `image` is the Pillow picture of format `kind` whose `load` failed, `stream` its file. The EXIF data stay with it.
    """
    if kind == "JPEG":
        found = _jpeg(image, stream)
    elif kind == "PNG" and not image.info.get("interlace"):
        found = _png(image)
    else:
        return None
    if found is None:
        return None
    array, rows = found
    share = rows / array.shape[0]
    if share < ENOUGH:
        return None
    array[rows:] = 255
    return Image.fromarray(array), share


def _jpeg(image: Image.Image, stream: BinaryIO) -> tuple[ImageArray, int] | None:
    # With an end mark after the last byte that came, libjpeg decodes what is there, progressive files included.
    stream.seek(0)
    with Image.open(io.BytesIO(stream.read() + _END_OF_IMAGE), formats=["JPEG"]) as again:
        again.draft(None, image.size)
        try:
            again.load()
        except OSError:
            return None
        array = np.array(to_rgb(again))
    missing = np.all(np.abs(array.astype(np.int16) - _FILLER) <= 2, axis=(1, 2))
    return array, _rows_before(missing)


def _png(image: Image.Image) -> tuple[ImageArray, int] | None:
    # The rows decoded before the failure are in the picture already; without tiles Pillow won't try to load the rest.
    image.tile = []  # type: ignore[attr-defined]
    try:
        missing = np.all(np.asarray(image).reshape(image.height, -1) == 0, axis=1)
    except OSError:
        return None
    return np.array(to_rgb(image)), _rows_before(missing)


def _rows_before(missing: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """How many rows come before the run of missing ones at the bottom."""
    present = np.flatnonzero(~missing)
    return int(present[-1]) + 1 if present.size else 0
