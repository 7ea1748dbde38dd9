"""From a picture in any mode, depth and orientation to RGB, 8 bits a channel, on white."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from extractor.errors import UsageError
from extractor.loading.limits import PAGE_PIXELS
from extractor.types import ImageArray

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of the EXIF tag Orientation (EXIF 2.32, 4.6.4)."""


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture as RGB: transparent parts on white, deep greys scaled to 8 bits."""
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        inked = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(inked, mask=inked.getchannel("A"))
        return paper
    return image.convert("RGB")


def eight_bits(values: npt.NDArray[Any]) -> ImageArray:
    """Greys or colours of any depth as 0–255.

    White is the top of the smallest usual depth (1.0 for fractions, else 8, 12 or 16 bits) that holds the brightest
    pixel: files of 16 bits often carry 8 or 12.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    depth = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    brightest = float(depth.max(initial=0.0))
    fractions = np.issubdtype(values.dtype, np.floating)
    tops = (1.0, 255.0, 4095.0, 65535.0) if fractions else (255.0, 4095.0, 65535.0)
    top = next((top for top in tops if brightest <= top), brightest)
    scaled: ImageArray = np.clip(depth * (255.0 / top), 0, 255).round().astype(np.uint8)
    return scaled


def shrunk(image: Image.Image) -> Image.Image:
    """The picture scaled down to PAGE_PIXELS where it is larger."""
    width, height = image.size
    if width * height <= PAGE_PIXELS:
        return image
    ratio = (PAGE_PIXELS / (width * height)) ** 0.5
    size = max(1, int(width * ratio)), max(1, int(height * ratio))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What makes the picture stand as its EXIF orientation says; EXIF data that can't be read say nothing."""
    try:
        orientation = image.getexif().get(0x0112, 1)
    except Exception:  # Pillow's EXIF parser raises whatever broken data leads it to
        return None
    return _TURNS.get(orientation) if isinstance(orientation, int) else None


def turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def as_array(image: Image.Image) -> ImageArray:
    """The pixels of an RGB picture: height × width × 3, contiguous and writable."""
    return np.array(image, dtype=np.uint8, order="C")


def picture_of_array(array: npt.NDArray[Any]) -> ImageArray:
    """An array given as a picture: H×W or H×W×1 (grey), ×3 (RGB) or ×4 (RGBA); raises UsageError for other shapes."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    right_shape = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not right_shape or array.size == 0 or array.dtype.kind not in "buif":
        raise UsageError(
            f"An array of shape {array.shape} and type {array.dtype} is no picture.",
            hint="Give height × width (grey), × 3 (RGB) or × 4 (RGBA) numbers.",
        )
    picture = Image.fromarray(np.ascontiguousarray(eight_bits(array)))
    return as_array(shrunk(to_rgb(picture)))
