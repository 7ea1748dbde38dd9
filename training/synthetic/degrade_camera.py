"""What a camera and its file do: a table around the paper, a slanted view, shadows, blur, grain, few pixels, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.synthetic.degrade import Shot, degradation
from training.synthetic.degrade_paper import smooth_field

TABLES = ((120, 85, 55), (70, 60, 55), (150, 150, 150), (205, 195, 180), (40, 40, 45), (90, 110, 130), (225, 225, 220))


@degradation("table", stage=2, share=0.45)
def table(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """The paper lies on something: wood, cloth, stone; its edge throws a narrow shadow."""
    height, width = shot.image.shape[:2]
    left, right = (int(width * chance.uniform(0.02, 0.35 * strength + 0.03)) for _ in range(2))
    top, bottom = (int(width * chance.uniform(0.02, 0.3 * strength + 0.03)) for _ in range(2))
    full = height + top + bottom, width + left + right
    colour = np.array(TABLES[int(chance.integers(len(TABLES)))], np.float32)
    # Wood runs one way: cells much longer than wide; cloth and stone have round ones.
    cells = (int(chance.integers(20, 60)), 3) if chance.random() < 0.5 else (24, 24)
    texture = 0.12 * smooth_field(chance, *full, cells) + 0.03 * chance.standard_normal(full).astype(np.float32)
    ground: npt.NDArray[Any] = colour * (1.0 + texture[:, :, None])
    paper = np.zeros(full, np.float32)
    paper[top : top + height, left : left + width] = 1.0
    shade = cv2.GaussianBlur(paper, (0, 0), max(1.0, 0.012 * width))
    ground = ground * (1.0 - 0.45 * np.asarray(shade)[:, :, None])
    ground[top : top + height, left : left + width] = shot.image  # paper hides its own shadow
    return Shot(shot.image, shot.corners + np.array((left, top))).showing(ground)


@degradation("rotation", stage=2, share=0.5)
def rotation(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Turned by up to six degrees; the picture grows so that nothing is cut off."""
    height, width = shot.image.shape[:2]
    degrees = chance.uniform(-6.0, 6.0) * strength
    turn: Any = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    wide = int(np.ceil(abs(turn[0, 0]) * width + abs(turn[0, 1]) * height))
    high = int(np.ceil(abs(turn[0, 1]) * width + abs(turn[0, 0]) * height))
    turn[:, 2] += ((wide - width) / 2, (high - height) / 2)
    return _warped(shot, np.vstack([turn, [0.0, 0.0, 1.0]]), wide, high)


@degradation("perspective", stage=2, share=0.4)
def perspective(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Seen from a slant: the four corners move, by up to 8 % of the width."""
    height, width = shot.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + chance.uniform(-0.08, 0.08, (4, 2)).astype(np.float32) * strength * width
    moved -= moved.min(axis=0)
    wide, high = np.ceil(moved.max(axis=0)).astype(int)
    return _warped(shot, cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), int(wide), int(high))


def _warped(shot: Shot, matrix: npt.NDArray[Any], width: int, height: int) -> Shot:
    """The page after a homography (3 × 3) that takes pixels of the old picture to the new one's."""
    edge = np.concatenate([shot.image[0], shot.image[-1], shot.image[:, 0], shot.image[:, -1]])
    ground = tuple(int(value) for value in np.median(edge, axis=0))
    image = cv2.warpPerspective(
        shot.image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=ground
    )
    corners = cv2.perspectiveTransform(shot.corners.reshape(-1, 1, 2), matrix) if len(shot.corners) else shot.corners
    return Shot(np.asarray(image, np.uint8), np.asarray(corners, np.float64).reshape(-1, 4, 2))


@degradation("shadow", stage=2, share=0.4)
def shadow(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Light from one side, and now and then the shadow of a hand or a phone with a soft edge."""
    height, width = shot.image.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    turn = chance.uniform(0, 2 * np.pi)
    across = (x / width - 0.5) * np.cos(turn) + (y / height - 0.5) * np.sin(turn)
    light = 1.0 - 0.4 * strength * (across + 0.5).clip(0, 1)
    if chance.random() < 0.6:
        edge = across + 0.05 * smooth_field(chance, height, width, (5, 5)) - chance.uniform(-0.3, 0.3)
        light *= 1.0 - 0.5 * strength / (1.0 + np.exp(-edge * chance.uniform(15, 60)))
    return shot.showing(shot.image * light[:, :, None])


@degradation("light", stage=2, share=0.5)
def light(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Lamps are warm, displays cold; a dim room and too short an exposure, now and then too long; less contrast."""
    warm, green = strength * chance.uniform(-0.12, 0.3), strength * chance.uniform(-0.04, 0.04)
    tint = np.array([1.0 + 0.4 * warm, 1.0 + green, 1.0 - warm], np.float32)
    contrast, middle = 1.0 - 0.45 * strength * chance.random(), chance.uniform(110, 200)
    image = (shot.image.astype(np.float32) - middle) * contrast + middle
    return shot.showing(image * tint * (1.0 + strength * chance.uniform(-0.6, 0.15)))


@degradation("defocus", stage=2, share=0.35)
def defocus(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Out of focus, by the size of the type: up to a fifth of the height of a word."""
    return shot.showing(cv2.GaussianBlur(shot.image, (0, 0), max(0.15, 0.13 * strength * _type_size(shot))))


@degradation("motion", stage=2, share=0.15)
def motion(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """The hand moved: smeared along a line of up to a third of the height of a word."""
    length = max(1, round(0.35 * strength * _type_size(shot)))
    size = length | 1
    kernel = np.zeros((size, size), np.float32)
    turn, middle = chance.uniform(0, np.pi), size // 2
    reach = np.array([np.cos(turn), np.sin(turn)]) * middle
    start, end = (tuple(int(v) for v in np.rint(middle + sign * reach)) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1)
    return shot.showing(cv2.filter2D(shot.image, -1, kernel / kernel.sum()))


def _type_size(shot: Shot) -> float:
    """The usual height of a word in pixels; a fortieth of the width where there are no words."""
    if not len(shot.corners):
        return shot.image.shape[1] / 40
    return float(np.clip(np.median(np.linalg.norm(shot.corners[:, 3] - shot.corners[:, 0], axis=1)), 4, 60))


@degradation("pixels", stage=3, share=0.3)
def pixels(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Few pixels: reduced until a word is as low as 9 pixels, then brought back to the old size."""
    height, width = shot.image.shape[:2]
    least = min(1.0, 9.0 / _type_size(shot))
    scale = 1.0 - strength * (1.0 - least)
    small = cv2.resize(
        shot.image, (max(8, int(width * scale)), max(8, int(height * scale))), interpolation=cv2.INTER_AREA
    )
    return shot.showing(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


@degradation("grain", stage=3, share=0.4)
def grain(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """A sensor's noise in poor light."""
    noise = chance.standard_normal(shot.image.shape[:2]).astype(np.float32)
    return shot.showing(shot.image + 26.0 * strength * noise[:, :, None])


@degradation("jpeg", stage=3, share=0.6)
def jpeg(shot: Shot, chance: np.random.Generator, strength: float) -> Shot:
    """Saved as JPEG, of quality 95 down to 12."""
    quality = int(95 - 83 * strength)
    _, packed = cv2.imencode(".jpg", shot.image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    opened: Any = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return shot.showing(np.ascontiguousarray(opened[:, :, ::-1]))
