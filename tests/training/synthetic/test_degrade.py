"""Degradations: the picture changes as asked, and the boxes stay on what they frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from extractor.errors import UsageError
from extractor.types import ImageArray
from training.synthetic.degrade import degrade, names

NAMES = names()
GEOMETRIC = ("crumple", "crop", "table", "rotation", "perspective")

MARKERS = ((0.2, 0.15), (0.7, 0.2), (0.45, 0.5), (0.25, 0.8), (0.75, 0.85))
"""Where coloured squares lie on the page: their top left corners."""

COLOURS = ((255, 0, 0), (0, 160, 0), (0, 0, 255), (200, 0, 200), (0, 170, 200))


def page(height: int = 480, width: int = 320) -> tuple[ImageArray, npt.NDArray[np.float64]]:
    """A white page with squares of strong colours, and their boxes."""
    image = np.full((height, width, 3), 250, np.uint8)
    boxes = []
    for (x, y), colour in zip(MARKERS, COLOURS, strict=True):
        left, top = int(x * width), int(y * height)
        image[top : top + 16, left : left + 24] = colour
        boxes.append((left / width, top / height, (left + 24) / width, (top + 16) / height))
    return image, np.array(boxes)


def seen(image: ImageArray, colour: tuple[int, int, int]) -> tuple[float, float, float, float]:
    """The box of the pixels nearest to a colour, in pixels."""
    hues = image.astype(float) - image.mean(axis=2, keepdims=True)
    wanted = np.array(colour) - np.mean(colour)
    alike = (hues @ wanted) / (np.linalg.norm(hues, axis=2) * np.linalg.norm(wanted) + 1e-6)
    rows, columns = np.nonzero((alike > 0.95) & (np.linalg.norm(hues, axis=2) > 70))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boxes_follow_what_they_frame(name: str, seed: int) -> None:
    image, boxes = page()
    # Colours are what is looked for: what changes them is only asked for gently.
    changed, moved, kept = degrade(image, boxes, seed, 1.0 if name in GEOMETRIC else 0.3, [name])
    height, width = changed.shape[:2]
    for at in np.flatnonzero(kept):
        found = seen(changed, COLOURS[at])
        pixels = moved[at] * (width, height, width, height)
        assert np.abs(np.array(found) - pixels).max() < 6.0


@pytest.mark.parametrize("name", GEOMETRIC)
def test_geometry_moves_boxes(name: str) -> None:
    image, boxes = page()
    _, moved, _ = degrade(image, boxes, 1, 1.0, [name])
    assert np.abs(moved - boxes).max() > 1e-3


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GEOMETRIC])
def test_the_rest_leaves_boxes_alone_and_changes_the_picture(name: str) -> None:
    image, boxes = page()
    changed, moved, kept = degrade(image, boxes, 1, 0.8, [name])
    assert changed.shape == image.shape
    assert not np.array_equal(changed, image)
    np.testing.assert_allclose(moved, boxes)
    assert kept.all()


@pytest.mark.parametrize("name", NAMES)
def test_a_stronger_degradation_changes_more(name: str) -> None:
    if name in GEOMETRIC:
        image, boxes = page()
        # Boxes tell: pictures of other sizes can't be subtracted.
        far = [np.abs(degrade(image, boxes, 5, severity, [name])[1] - boxes).mean() for severity in (0.1, 1.0)]
    else:
        _, boxes = page()
        image = np.random.default_rng(3).integers(100, 230, (480, 320, 3)).astype(np.uint8)
        image[::12] = 20
        far = [
            np.abs(degrade(image, boxes, 5, severity, [name])[0].astype(float) - image).mean()
            for severity in (0.1, 1.0)
        ]
    assert far[0] < far[1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.0, 1.0))
def test_boxes_stay_ordered_inside_the_unit_square(seed: int, severity: float) -> None:
    image, boxes = page(240, 160)
    changed, moved, kept = degrade(image, boxes, seed, severity)
    assert changed.dtype == np.uint8
    assert changed.ndim == 3
    assert moved.shape == (5, 4)
    assert kept.shape == (5,)
    assert (moved >= 0).all()
    assert (moved <= 1).all()
    assert (moved[:, :2] <= moved[:, 2:]).all()
    assert (moved[kept, :2] < moved[kept, 2:]).all()


def test_severity_nought_changes_nothing() -> None:
    image, boxes = page()
    changed, moved, kept = degrade(image, boxes, 7, 0.0)
    np.testing.assert_array_equal(changed, image)
    np.testing.assert_allclose(moved, boxes)
    assert kept.all()


def test_the_same_seed_gives_the_same_picture_and_another_another() -> None:
    image, boxes = page()
    once, again, other = (degrade(image, boxes, seed, 0.8) for seed in ("a", "a", "b"))
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
    assert once[0].shape != other[0].shape or not np.array_equal(once[0], other[0])


def test_what_is_cropped_away_is_no_longer_on_the_page() -> None:
    image = np.full((400, 300, 3), 255, np.uint8)
    x = np.linspace(0.0, 0.98, 50)
    sides = [np.stack([x, 0 * x + at, x + 0.02, 0 * x + at + 0.02], axis=1) for at in (0.0, 0.98)]
    boxes = np.concatenate([*sides, *(side[:, [1, 0, 3, 2]] for side in sides)])
    lost = [len(boxes) - degrade(image, boxes, seed, 1.0, ["crop"])[2].sum() for seed in range(8)]
    assert all(0 < count < 150 for count in lost)


def test_pillow_pictures_and_grey_ones_are_taken_too() -> None:
    grey = np.full((100, 80), 200, np.uint8)
    as_array, _, _ = degrade(grey, np.zeros((0, 4)), 1, 0.5, ["fade"])
    as_picture, _, _ = degrade(Image.fromarray(grey), np.zeros((0, 4)), 1, 0.5, ["fade"])
    np.testing.assert_array_equal(as_array, as_picture)
    assert as_array.shape == (100, 80, 3)
    assert as_array.mean() > 200


def test_the_picture_given_is_left_as_it_is() -> None:
    image, boxes = page()
    before = image.copy()
    for name in NAMES:
        degrade(image, boxes, 1, 1.0, [name])
    np.testing.assert_array_equal(image, before)


def test_an_unknown_degradation_is_refused() -> None:
    image, boxes = page()
    with pytest.raises(UsageError, match="no degradation 'fde'"):
        degrade(image, boxes, 1, 0.5, ["fde"])
