"""The same receipt handed in again in another picture: photographed anew, cut, turned, saved again, recoloured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from extractor.types import Box, Document, ImageArray

Making = Callable[[ImageArray, Sequence[Box], np.random.Generator], tuple[ImageArray, int]]
"""From the picture of a receipt and the boxes of its words to another picture of it, and the JPEG quality in which that
is saved."""


CAMERA = 1600
"""Pixels of the longer side of a picture that a telephone takes, as services that receive it reduce it."""

EFFORT = (0.15, 0.4)
"""How strong the degradations of a photograph are (degrade.py): its blur stays below a twentieth of the height of the
type and its grain below ten grey levels of 255, as in a picture that someone hands in to be paid for."""

MESSENGER = 900
"""Pixels of the longer side below which messengers don't reduce a picture."""


def rephotographed(image: ImageArray, words: Sequence[Box], chance: np.random.Generator) -> tuple[ImageArray, int]:
    """On another table, from a slant, in other light, with a shadow, a little out of focus, in grain.

    The paper is photographed, not the picture of it: a small picture is enlarged first, so that grain and JPEG are
    those of a camera and not of a thumbnail. What the first picture lost stays lost.
    """
    from training.synthetic.degrade import degrade

    steps = ("table", "perspective", "rotation", "shadow", "light", "defocus", "grain")
    seed = int(chance.integers(2**31))
    scale = max(1.0, CAMERA / max(image.shape[:2]))
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    # How far out of focus a picture is goes by the size of its type, as a hand that holds a camera sees to.
    boxes = np.array([box.as_list() for box in words]).reshape(-1, 4)
    changed, _, _ = degrade(image, boxes, seed, chance.uniform(*EFFORT), only=steps)
    return changed, int(chance.integers(50, 85))


def cropped(image: ImageArray, words: Sequence[Box], chance: np.random.Generator) -> tuple[ImageArray, int]:
    """Up to a tenth is cut off at each side."""
    height, width = image.shape[:2]
    left, right, top, bottom = chance.uniform(0.0, 0.1, 4)
    cut = image[round(height * top) : round(height * (1 - bottom)), round(width * left) : round(width * (1 - right))]
    return np.ascontiguousarray(cut), 90


def rotated(image: ImageArray, words: Sequence[Box], chance: np.random.Generator) -> tuple[ImageArray, int]:
    """Turned by up to 15 degrees either way; nothing is cut off, the corners are filled with the colour of the edge."""
    height, width = image.shape[:2]
    degrees = chance.uniform(-15.0, 15.0)
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0))
    wide = int(np.ceil(abs(matrix[0, 0]) * width + abs(matrix[0, 1]) * height))
    high = int(np.ceil(abs(matrix[0, 1]) * width + abs(matrix[0, 0]) * height))
    matrix[:, 2] = matrix[:, 2] + ((wide - width) / 2, (high - height) / 2)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    ground = tuple(int(value) for value in np.median(edge, axis=0))
    turned = cv2.warpAffine(
        image, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=ground
    )
    return np.asarray(turned, np.uint8), 90


def recompressed(image: ImageArray, words: Sequence[Box], chance: np.random.Generator) -> tuple[ImageArray, int]:
    """Sent through a messenger: fewer pixels where there are many, then a JPEG of low quality."""
    height, width = image.shape[:2]
    scale = max(chance.uniform(0.7, 1.0), min(1.0, MESSENGER / max(height, width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), int(chance.integers(30, 70))


def recoloured(image: ImageArray, words: Sequence[Box], chance: np.random.Generator) -> tuple[ImageArray, int]:
    """Another tint, brightness and contrast; every third one grey."""
    shown = image.astype(np.float32)
    if chance.random() < 1 / 3:
        shown = np.repeat(shown.mean(axis=2, keepdims=True), 3, axis=2)
    shown = (shown - 128) * chance.uniform(0.7, 1.3) + 128 + chance.uniform(-35, 35)
    shown = shown * chance.uniform(0.8, 1.15, 3).astype(np.float32)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8), 90


KINDS: Mapping[str, Making] = {
    "rephotographed": rephotographed,
    "cropped": cropped,
    "rotated": rotated,
    "recompressed": recompressed,
    "recoloured": recoloured,
}


def make(path: Path, kind: str, folder: Path, read: Document | None = None) -> Path:
    """The file of one variant of a picture, `folder`/kind/stem.jpg; the same picture and kind give the same bytes.

    `read` is what was read of the picture, by which its type is measured.

    A file that is there already is taken as it is.
    """
    target = folder / kind / f"{path.stem}.jpg"
    if target.exists():
        return target
    with Image.open(path) as picture:
        image = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    page = read.pages[0] if read and read.pages else None
    words = [word.box.turned(-page.turned) for word in page.words] if page else []
    seed = int.from_bytes(f"{kind}|{path.stem}".encode(), "big") % 2**63
    changed, quality = KINDS[kind](image, words, np.random.default_rng(seed))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    Image.fromarray(changed).save(draft, format="JPEG", quality=quality)
    draft.replace(target)
    return target
