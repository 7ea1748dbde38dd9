"""Rendered pages made to look as employees send them: faded, crumpled, photographed on a table, saved badly.

Every degradation is a small registered function; where it moves things, the boxes of words move along. The same seed
gives the same picture. Kinds of damage follow Augraphy (Groleau et al. 2022) and the documents of the wild themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from extractor.errors import UsageError
from extractor.types import ImageArray

Points = npt.NDArray[np.float64]
"""Corners of word boxes in pixels: n × 4 × 2, clockwise from the top left as printed."""


@dataclass(frozen=True)
class Shot:
    """A page on its way to a photograph: the picture (height × width × 3, RGB) and the corners of its words."""

    image: ImageArray
    corners: Points

    def showing(self, image: npt.NDArray[Any]) -> Shot:
        """The same page with other colours."""
        if image.dtype != np.uint8:
            image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
        return replace(self, image=image)


Change = Callable[[Shot, np.random.Generator, float], Shot]
"""How a degradation is written: the page before, chance, how strong (0–1, 0 changes next to nothing)."""


@dataclass(frozen=True)
class Degradation:
    """A registered degradation. `stage` orders them as they happen to a receipt: 0 on the paper, 1 the paper bent or
    cut, 2 in front of a camera, 3 in its file. `share` of pages at severity 1 suffer it."""

    name: str
    stage: int
    share: float
    change: Change


DEGRADATIONS: dict[str, Degradation] = {}


def degradation(name: str, *, stage: int, share: float) -> Callable[[Change], Change]:
    """Registers a function under this name."""

    def register(change: Change) -> Change:
        DEGRADATIONS[name] = Degradation(name, stage, share, change)
        return change

    return register


def degrade(
    picture: Image.Image | ImageArray,
    boxes: npt.NDArray[np.floating[Any]],
    seed: int | str,
    severity: float,
    only: Sequence[str] | None = None,
) -> tuple[ImageArray, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The page as it might be photographed: picture, boxes (n × 4, shares of width and height), and which words are
    still on it.

    `severity` 0 (nothing) to 1 (barely readable) says how many degradations happen and how strong each is. `only` names
    those to apply, all of them, each at this severity. A box is kept where at least two thirds of it stay
    inside; all boxes given back lie in the unit square. Raises UsageError for an unknown name.
    """
    _load()
    image = _rgb(picture)
    height, width = image.shape[:2]
    given = np.asarray(boxes, np.float64).reshape(-1, 4)
    shot = Shot(image, given[:, [[0, 1], [2, 1], [2, 3], [0, 3]]] * (width, height))
    chance = np.random.default_rng(_number(seed))
    if severity > 0:
        for chosen, strength in _chosen(chance, min(severity, 1.0), only):
            shot = chosen.change(shot, chance, strength)
    return (shot.image, *_upright(shot))


def _chosen(
    chance: np.random.Generator, severity: float, only: Sequence[str] | None
) -> list[tuple[Degradation, float]]:
    unknown = sorted(set(only or ()) - set(DEGRADATIONS))
    if unknown:
        raise UsageError(
            f"There is no degradation {unknown[0]!r}.", hint=f"Choose among {', '.join(sorted(DEGRADATIONS))}."
        )
    ordered = sorted(DEGRADATIONS.values(), key=lambda one: one.stage)
    if only is not None:
        return [(one, severity) for one in ordered if one.name in only]
    chosen = []
    for one in ordered:
        # Drawn for every one of them, so that a new degradation leaves the others' chances alone.
        met, strength = chance.random() < one.share * severity**0.5, severity * chance.uniform(0.3, 1.0)
        if met:
            chosen.append((one, strength))
    return chosen


def _upright(shot: Shot) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    height, width = shot.image.shape[:2]
    shares = shot.corners / (width, height)
    whole = np.concatenate([shares.min(axis=1), shares.max(axis=1)], axis=1).reshape(-1, 4)
    inside = np.clip(whole, 0.0, 1.0)
    areas = [np.prod(np.maximum(box[:, 2:] - box[:, :2], 1e-9), axis=1) for box in (inside, whole)]
    empty = (inside[:, 2:] <= inside[:, :2]).any(axis=1)
    return inside, (areas[0] >= areas[1] * 2 / 3) & ~empty


def _rgb(picture: Image.Image | ImageArray) -> ImageArray:
    if isinstance(picture, Image.Image):
        return np.array(picture.convert("RGB"))
    if picture.ndim == 2:
        return np.repeat(picture[:, :, None], 3, axis=2)
    return picture[:, :, :3].copy()


def _number(seed: int | str) -> int:
    if isinstance(seed, int):
        return abs(seed)
    return int.from_bytes(seed.encode(), "big") % 2**64


def _load() -> None:
    """The modules that register the degradations need OpenCV: loaded when first used."""
    from training.synthetic import degrade_camera, degrade_paper  # noqa: F401


def names() -> tuple[str, ...]:
    """The names of all degradations, in the order in which they are applied."""
    _load()
    return tuple(one.name for one in sorted(DEGRADATIONS.values(), key=lambda one: one.stage))
