"""The characters of words, cut out of the picture and measured.

A word is enlarged fourfold (so that edges lie between pixels), told from its paper by Otsu's threshold (Otsu 1979), and
taken apart into connected pieces. Only where the pieces that are as tall as characters are exactly as many as the
letters and digits that were read is a piece taken for a character; else the word is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from extractor.policy.tampering.specimen import Grey, Sheet, Specimen, words_of
from extractor.types import Box, Word

ENLARGED = 4
LEAST_HEIGHT = 9
"""Pixels: characters lower than this are too coarse to be measured."""

LEAST_CONTRAST = 40
MOST_APART = 0.35
"""A digit whose height differs from its word's by a greater share was cut out wrongly: a stroke of a pen or a line
adheres to it. Nobody who forges an amount is that clumsy."""

MOST_WORDS = 36
"""Words that are taken apart, of one page."""

SHAPE = (24, 16)
"""Rows and columns of a character's normalised picture."""


@dataclass(frozen=True)
class Glyph:
    """One character. Lengths are in pixels of the page; `ink` and `paper` 0–255; `sharpness` is the steepest slope of
    its edges in contrasts a pixel; `shape` is its picture, stretched to SHAPE, 0 paper to 1 ink."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    stroke: float
    ink: float
    paper: float
    sharpness: float
    grain: float
    """Mean difference of neighbouring pixels of the paper around it, 0–255."""
    shape: npt.NDArray[np.float32] = field(repr=False, compare=False)

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Row:
    """The characters of one word that stand for digits, from left to right, and what each stands apart from its
    fellows: `deviations[feature][index]`, in heights (lengths) or shares of the word's median."""

    page: int
    word: Word
    glyphs: tuple[Glyph, ...]
    places: tuple[int, ...]
    """Where in the word's text each stands."""
    deviations: dict[str, npt.NDArray[np.float64]] = field(repr=False, compare=False)

    @property
    def height(self) -> float:
        return float(np.median([glyph.height for glyph in self.glyphs]))


def rows(specimen: Specimen) -> list[Row]:
    """The digits of every word on the receipt that has three or more and could be taken apart; worked out once."""
    if "rows" not in specimen.memory:
        specimen.memory["rows"] = [
            row
            for sheet in specimen.sheets
            for word in _chosen(sheet, specimen)
            if (row := _row(sheet, word)) is not None
        ]
    found: list[Row] = specimen.memory["rows"]
    return found


def _chosen(sheet: Sheet, specimen: Specimen) -> list[Word]:
    """The words of three digits and more; where they are too many, the amounts that were read and an even choice of
    others."""
    found = [word for word in sheet.words if sum(letter.isdigit() for letter in word.text) >= 3]
    own = {id(word) for amount in specimen.amounts() for word in words_of(sheet, amount)}
    first = [word for word in found if id(word) in own][:MOST_WORDS]
    rest = [word for word in found if id(word) not in own]
    room = min(MOST_WORDS - len(first), len(rest))
    return first + [rest[index * len(rest) // room] for index in range(room)]


def glyph_box(sheet: Sheet, glyph: Glyph) -> Box:
    return sheet.box(glyph.left - 1, glyph.top - 1, glyph.right + 1, glyph.bottom + 1)


def _row(sheet: Sheet, word: Word) -> Row | None:
    left, top, right, bottom = sheet.pixels(word.box, pad=0.12)
    if bottom - top < LEAST_HEIGHT or right - left < LEAST_HEIGHT:
        return None
    crop = sheet.grey[top:bottom, left:right]
    if _quantile(crop, 0.95) - _quantile(crop, 0.03) < LEAST_CONTRAST:
        return None
    letters = [place for place, letter in enumerate(word.text) if _tall(letter)]
    pieces = _pieces(crop, len(letters))
    if len(pieces.boxes) != len(letters):
        return None
    digits = [(place, index) for index, place in enumerate(letters) if word.text[place].isdigit()]
    glyphs = tuple(pieces.glyph(index, word.text[place], left, top) for place, index in digits)
    if len(glyphs) < 3 or np.median([glyph.height for glyph in glyphs]) < LEAST_HEIGHT:
        return None
    deviations = _deviations(glyphs)
    if np.abs(deviations["height"]).max() > MOST_APART:
        return None
    return Row(sheet.index, word, glyphs, tuple(place for place, _ in digits), deviations)


def _tall(letter: str) -> bool:
    """Whether a character is taller than half a digit, so that it leaves a piece of its own."""
    return letter.isalnum() or letter in "$€£¥%#&@/()[]"


@dataclass(frozen=True)
class _Pieces:
    """The tall connected pieces of an enlarged crop, from left to right."""

    crop: Grey
    labels: npt.NDArray[np.int32]
    boxes: list[tuple[int, int, int, int, int]]
    """Label, left, top, right, bottom, enlarged."""
    distance: npt.NDArray[np.float32]
    native: Grey
    """The crop as it was before it was enlarged."""

    def glyph(self, index: int, text: str, left: int, top: int) -> Glyph:
        import cv2

        label, x0, y0, x1, y1 = self.boxes[index]
        own = self.labels[y0:y1, x0:x1] == label
        grey = self.crop[y0:y1, x0:x1]
        around = self.crop[max(0, y0 - 8) : y1 + 8, max(0, x0 - 8) : x1 + 8]
        paper, ink = _quantile(around, 0.85), _quantile(grey[own], 0.25)
        contrast = max(paper - ink, 1.0)
        slope_x, slope_y = np.gradient(grey)
        steep = _quantile(np.hypot(slope_x, slope_y), 0.95) * ENLARGED / contrast
        rough = self._grain((x0, y0, x1, y1), paper - 0.3 * contrast)
        shape = cv2.resize((paper - grey) / contrast, SHAPE[::-1], interpolation=cv2.INTER_AREA)
        return Glyph(
            text,
            left + x0 / ENLARGED,
            top + y0 / ENLARGED,
            left + x1 / ENLARGED,
            top + y1 / ENLARGED,
            4 * float(self.distance[y0:y1, x0:x1][own].mean()) / ENLARGED,
            ink,
            paper,
            steep,
            rough,
            np.clip(shape, 0, 1).astype(np.float32),
        )

    def _grain(self, enlarged: tuple[int, int, int, int], paper: float) -> float:
        left, top, right, bottom = (value // ENLARGED for value in enlarged)
        around = self.native[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2]
        steps, light = np.abs(np.diff(around, axis=1)), around >= paper
        clear = steps[light[:, 1:] & light[:, :-1]]
        return float(clear.mean()) if clear.size >= 8 else 0.0


def _quantile(values: npt.NDArray[np.float32], share: float) -> float:
    """As numpy's, without interpolation, which takes most of its time on small arrays."""
    at = int(share * (values.size - 1))
    return float(np.partition(values, at, axis=None)[at])


_Piece = tuple[int, int, int, int, int]


def _pieces(crop: Grey, letters: int) -> _Pieces:
    """The pieces as tall as characters; where they are fewer than `letters`, wide ones are cut in two where they are
    thin."""
    import cv2

    large = cv2.resize(crop, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    eight = np.clip(large, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(eight, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    _, marked, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = np.asarray(marked, np.int32)
    found = _tall_pieces(np.asarray(stats[1:], np.int32), large.shape[0])
    while 0 < len(found) < letters and (cut := _cut_widest(found, labels)) is not None:
        found = cut
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return _Pieces(np.asarray(large, np.float32), labels, found, np.asarray(distance, np.float32), crop)


def _tall_pieces(stats: npt.NDArray[np.int32], height: int) -> list[_Piece]:
    """The pieces at least 0.6 as high as the high ones, those left out that reach in from the lines above and below."""
    inside = []
    for label, (left, top, wide, high, area) in enumerate(stats.tolist(), start=1):
        reaches_in = (top == 0 and top + high < 0.6 * height) or (top + high == height and top > 0.4 * height)
        if not reaches_in and high >= 0.25 * height and area >= 0.05 * high * max(wide, high // 4):
            inside.append((label, left, top, left + wide, top + high))
    if not inside:
        return []
    usual = float(np.percentile([bottom - top for _, _, top, _, bottom in inside], 70))
    return sorted((piece for piece in inside if piece[4] - piece[2] >= 0.6 * usual), key=lambda piece: piece[1])


def _cut_widest(pieces: list[_Piece], labels: npt.NDArray[np.int32]) -> list[_Piece] | None:
    """The pieces with the widest cut in two at its thinnest column; None where it is no wider than a character."""
    at = max(range(len(pieces)), key=lambda index: pieces[index][3] - pieces[index][1])
    label, left, top, right, bottom = pieces[at]
    wide, high = right - left, bottom - top
    if wide < 0.95 * high:
        return None
    ink = (labels[top:bottom, left:right] == label).sum(axis=0)
    margin = max(2, int(0.25 * min(high, wide)))
    seam = margin + int(np.argmin(ink[margin : wide - margin]))
    if ink[seam] > 0.45 * high:
        return None
    halves = [
        _trimmed(labels, (label, left, top, left + seam, bottom)),
        _trimmed(labels, (label, left + seam, top, right, bottom)),
    ]
    return [*pieces[:at], *halves, *pieces[at + 1 :]]


def _trimmed(labels: npt.NDArray[np.int32], piece: _Piece) -> _Piece:
    label, left, top, right, bottom = piece
    own = labels[top:bottom, left:right] == label
    down, across = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if not len(down):
        return piece
    return label, left + int(across[0]), top + int(down[0]), left + int(across[-1]) + 1, top + int(down[-1]) + 1


def _deviations(glyphs: tuple[Glyph, ...]) -> dict[str, npt.NDArray[np.float64]]:
    """How far each character stands from the others of its word. The 1 is as tall as its fellows but of other
    weight."""
    height = max(float(np.median([glyph.height for glyph in glyphs])), 1.0)
    bottoms = np.array([glyph.bottom for glyph in glyphs])
    middles = np.array([glyph.middle for glyph in glyphs])
    deviations = {
        "height": (np.array([glyph.height for glyph in glyphs]) - height) / height,
        "baseline": _from_line(middles, bottoms) / height,
    }
    for name in ("stroke", "ink", "sharpness", "paper"):
        values = np.array([getattr(glyph, name) for glyph in glyphs])
        usual = float(np.median(values))
        scale = 255.0 if name in ("ink", "paper") else max(usual, 1e-3)
        deviations[name] = (values - usual) / scale
    grain = np.log(np.array([glyph.grain for glyph in glyphs]) + 0.5)
    deviations["grain"] = grain - np.median(grain)
    return deviations


def _from_line(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Residuals from the line of median slope (Theil 1950, Sen 1968): one that is out of line does not bend it."""
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    slopes = (y[second] - y[first])[run > 0] / run[run > 0]
    slope = float(np.median(slopes)) if len(slopes) else 0.0
    rest = y - slope * x
    return np.asarray(rest - np.median(rest), np.float64)
