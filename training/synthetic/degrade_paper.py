"""What happens to the paper: print fades, ink bleeds, stamps and pens go over it, it crumples and is torn."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.degrade import Shot, degradation

Floats = npt.NDArray[np.float32]

STAMPS = ("PAID", "COPY", "RECEIVED", "CLAIMED", "VOID", "APPROVED", "No. 0", "ORIGINAL")


def smooth_field(chance: np.random.Generator, height: int, width: int, cells: tuple[int, int]) -> Floats:
    """Random hills of mean 0 and about ±1, `cells` of them down and across: height × width."""
    coarse = chance.standard_normal(cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


@degradation("fade", stage=0, share=0.3)
def fade(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Thermal print pales everywhere alike."""
    image = shot.image.astype(np.float32)
    return shot.showing(255.0 - (255.0 - image) * (1.0 - 0.82 * strength))


@degradation("bands", stage=0, share=0.25)
def bands(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Thermal print pales in stripes, along the feed (a worn head) or across it (an uneven motor)."""
    height, width = shot.image.shape[:2]
    along = chance.random() < 0.5
    count = int(chance.integers(3, 14))
    profile = np.clip(chance.standard_normal(count), 0, 1.5).astype(np.float32) / 1.5
    stripe = cv2.resize(profile[:, None], (1, width if along else height), interpolation=cv2.INTER_LINEAR)[:, 0]
    kept = 1.0 - 0.95 * strength * (stripe[None, :, None] if along else stripe[:, None, None])
    return shot.showing(255.0 - (255.0 - shot.image.astype(np.float32)) * kept)


@degradation("bleed", stage=0, share=0.25)
def bleed(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Ink runs into the paper (strokes grow), or too little of it came (strokes thin and break)."""
    image = shot.image.astype(np.float32)
    size = 3 if shot.image.shape[1] < 1400 or strength < 0.7 else 5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    if chance.random() < 0.6:
        return shot.showing(image + strength * (cv2.GaussianBlur(cv2.erode(image, kernel), (3, 3), 0) - image))
    return shot.showing(image + 0.6 * strength * (cv2.dilate(image, kernel) - image))


@degradation("stamp", stage=0, share=0.12)
def stamp(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """A rubber stamp, turned a little, in red, blue or violet."""
    height, width = shot.image.shape[:2]
    size = int(width * chance.uniform(0.2, 0.45))
    plate: Any = np.zeros((size, size), np.uint8)  # OpenCV writes letters on 8 bits alone
    text, middle = STAMPS[int(chance.integers(len(STAMPS)))], size // 2
    thick = max(1, size // 60)
    if chance.random() < 0.5:
        cv2.circle(plate, (middle, middle), int(size * 0.42), 255, thick * 2, cv2.LINE_AA)
    else:
        cv2.rectangle(plate, (int(size * 0.06), int(size * 0.33)), (int(size * 0.94), int(size * 0.67)), 255, thick * 2)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)
    scale = 0.7 * size / wide
    at = (int(middle - wide * scale / 2), int(middle + high * scale / 2))
    cv2.putText(plate, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick * 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((middle, middle), chance.uniform(-35, 35), 1.0)
    plate = cv2.warpAffine(plate.astype(np.float32) / 255, turn, (size, size)) * (
        0.6 + 0.4 * smooth_field(chance, size, size, (9, 9)).clip(-1, 1)
    )
    colour = np.array([(190, 30, 40), (30, 50, 170), (90, 40, 150)][int(chance.integers(3))], np.float32)
    x, y = int(chance.uniform(-0.2, 0.8) * width), int(chance.uniform(0.05, 0.9) * height)
    return _inked(shot, plate.clip(0, 1) * (0.35 + 0.6 * strength), (x, y), colour)


@degradation("scribble", stage=0, share=0.15)
def scribble(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Handwriting: loops and strokes of a pen, or a stroke under or around something."""
    height, width = shot.image.shape[:2]
    ink = np.zeros((height, width), np.float32)
    thick = max(1, round(width / 350 * chance.uniform(0.7, 1.5)))
    for _ in range(1 + int(3 * strength * chance.random() + 0.5)):
        x, y = chance.uniform(0.05, 0.75) * width, chance.uniform(0.05, 0.95) * height
        letters, size = int(chance.integers(3, 12)), width * chance.uniform(0.01, 0.035)
        # A hand goes round and along: the circle's pace and size waver.
        turns = np.linspace(0, letters * 2 * np.pi, letters * 14)
        waver = np.interp(turns, np.linspace(0, turns[-1], letters * 2), chance.uniform(0.3, 1.4, letters * 2))
        along = x + turns / (2 * np.pi) * size * 1.1
        points = np.stack([along + size * waver * np.cos(turns), y + size * waver * np.sin(turns)], axis=1)
        cv2.polylines(ink, [np.rint(points).astype(np.int32)], False, 1.0, thick, cv2.LINE_AA)
    colour = np.array([(20, 30, 120), (25, 25, 30), (150, 20, 30)][int(chance.integers(3))], np.float32)
    return _inked(shot, ink * (0.5 + 0.5 * strength), (0, 0), colour)


def _inked(shot: Shot, ink: Floats, at: tuple[int, int], colour: Floats) -> Shot:
    """The page with ink (0–1) laid over it, its top left at x, y; what falls beside the page is lost."""
    height, width = shot.image.shape[:2]
    x, y = at
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + ink.shape[1], width), min(y + ink.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return shot
    laid = ink[y0 - y : y1 - y, x0 - x : x1 - x, None]
    image = shot.image.copy()
    under = image[y0:y1, x0:x1].astype(np.float32)
    # Inks multiply: print stays dark under a stamp.
    image[y0:y1, x0:x1] = np.rint(under * (1 - laid + laid * colour / 255.0)).clip(0, 255).astype(np.uint8)
    return shot.showing(image)


@degradation("crumple", stage=1, share=0.35)
def crumple(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """The paper was folded and flattened again: lines wave, and the light shows the slopes."""
    height, width = shot.image.shape[:2]
    down = max(3, round(4 * height / width))
    reach = 0.006 * strength * width
    dx = reach * smooth_field(chance, height, width, (down, 4))
    dy = reach * smooth_field(chance, height, width, (down, 4))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image: Any = cv2.remap(shot.image, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Two sizes of dents; how bright a spot is follows from its slope towards the lamp.
    hills = smooth_field(chance, height, width, (down, 4)) + 0.3 * smooth_field(chance, height, width, (down * 4, 16))
    turn = chance.uniform(0, 2 * np.pi)
    gradient = np.gradient(hills)
    light: Any = np.cos(turn) * gradient[1] + np.sin(turn) * gradient[0]
    light = 0.6 * light / (np.abs(light).max() + 1e-6)
    for _ in range(int(chance.integers(0, 3))):
        light += _crease(chance, height, width)
    moved = _pulled(shot.corners, dx, dy)
    return Shot(image, moved).showing(image * (1.0 + 0.28 * strength * light.clip(-1.5, 1.0))[:, :, None])


def _crease(chance: np.random.Generator, height: int, width: int) -> Floats:
    """A fold right across: bright on one side, dark on the other, gone within a few percent of the width."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    turn = chance.uniform(-0.5, 0.5) + (0.0 if chance.random() < 0.6 else np.pi / 2)
    far = (x - chance.uniform(0.1, 0.9) * width) * np.sin(turn) + (y - chance.uniform(0.1, 0.9) * height) * np.cos(turn)
    away = far / (0.02 * width)
    return np.asarray(away * np.exp(-(away**2) / 2), np.float32)


def _pulled(corners: npt.NDArray[np.float64], dx: Floats, dy: Floats) -> npt.NDArray[np.float64]:
    """Where points of the page land in a picture whose pixel (x, y) shows the page at (x + dx, y + dy)."""
    height, width = dx.shape
    landed = corners.copy()
    for _ in range(6):
        x = np.clip(np.rint(landed[..., 0]), 0, width - 1).astype(int)
        y = np.clip(np.rint(landed[..., 1]), 0, height - 1).astype(int)
        landed = corners - np.stack([dx[y, x], dy[y, x]], axis=-1)
    return landed


@degradation("crop", stage=1, share=0.12)
def crop(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """An edge lies outside the picture, or was torn off."""
    height, width = shot.image.shape[:2]
    cut = 0.18 * strength * chance.uniform(0.3, 1.0)
    x0, y0, x1, y1 = 0, 0, width, height
    match int(chance.integers(4)):
        case 0:
            x0 = int(cut * width)
        case 1:
            y0 = int(cut * height)
        case 2:
            x1 -= int(cut * width)
        case _:
            y1 -= int(cut * height)
    kept: Any = np.ascontiguousarray(shot.image[y0:y1, x0:x1])
    return Shot(kept, shot.corners - (x0, y0))
