"""Pictures that no camera or scanner took of paper: photographed off a screen, or drawn by a program.

A screen's grid of red, green and blue, sampled by a camera, comes back as stripes: narrow peaks in the spectrum, away
from the axes where lines of print and edges of paper lie, and unlike in the three colours. A drawn picture has paper
without any grain. Both only hint: printed patterns make peaks, and a cleaned scan is as flat as a drawing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from extractor.policy.tampering.base import Trace
from extractor.policy.tampering.lettering import nearest
from extractor.policy.tampering.specimen import Grey, Sheet, Specimen

TILE = 128
MOST_TILES = 12


class Screen:
    """Stripes of a screen's grid. The value is the height of the strongest peak over its surroundings, in nepers."""

    name = "screen"
    measured = True

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        best: dict[str, Trace] = {}
        for sheet in specimen.sheets:
            for kind, value in stripes(sheet).items():
                if kind not in best or value > best[kind].value:
                    sentence = (
                        "A fine regular pattern runs over the page, as in a photograph of a screen; printed patterns "
                        "and some scanners make such, too."
                    )
                    best[kind] = Trace(value, sentence, (specimen.place(page=sheet.index),))
        return best


class Synthetic:
    """A picture drawn by a program: paper without grain, and characters that repeat themselves exactly.

    `grain` is the share of paper pixels that equal their neighbours, `repetition` the negative log of how far a digit
    is from the likest of its kind on the page, by the median of all: ink on paper never repeats itself.
    """

    name = "synthetic"
    measured = True

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        if specimen.is_pdf or not specimen.sheets:
            return {}  # pages of a PDF may be drawn, and honestly so
        sheet = specimen.sheets[0]
        place = (specimen.place(page=sheet.index),)
        caution = "honest receipts that come as pictures out of a program, and cleaned scans, look so, too."
        sentence = f"The paper shows no grain: the picture was drawn by a program; {caution}"
        found = {"grain": Trace(flatness(sheet.grey), sentence, place)}
        near = nearest(specimen)
        if near.median is not None:
            sentence = f"The same digits look exactly alike all over the page, as if drawn by a program; {caution}"
            found["repetition"] = Trace(float(-np.log(near.median + 1e-4)), sentence, place)
        return found


def flatness(grey: Grey) -> float:
    """1 for paper of one tone; less the more neighbouring pixels of the paper differ (0 at 8 steps of 255 and more)."""
    paper = grey >= np.percentile(grey, 40)
    steps = np.abs(np.diff(grey, axis=1))[paper[:, 1:] & paper[:, :-1]]
    return float(1 - min(1.0, np.mean(np.minimum(steps, 8.0)) / 8.0)) if steps.size else 0.0


def stripes(sheet: Sheet) -> dict[str, float]:
    """Peaks of the spectrum: of luminance, and of the difference of red and blue (where there is colour)."""
    found = {}
    grey = _peak(sheet.grey)
    if grey is not None:
        found["luminance"] = grey
    image = sheet.image.astype(np.float32)
    colour = image[:, :, 0] - image[:, :, 2]
    if float(colour.std()) > 0.5 and (peak := _peak(colour)) is not None:
        found["colour"] = peak
    return found


def _peak(plane: npt.NDArray[np.float32]) -> float | None:
    """How far the strongest peak of the mean log spectrum stands over the median of its surroundings."""
    tiles = _tiles(plane)
    if len(tiles) < 2:
        return None
    window = np.outer(np.hanning(TILE), np.hanning(TILE)).astype(np.float32)
    stacked = np.stack([(tile - tile.mean()) * window for tile in tiles]).astype(np.float32)
    # Half the plane is enough: the other half mirrors it. Rows come shifted, so that frequency 0 is in the middle.
    level = np.fft.fftshift(np.log(np.abs(np.fft.rfft2(stacked)) + 1.0).mean(axis=0), axes=0)
    import cv2

    around = cv2.medianBlur(level.astype(np.float32), 5)
    wide = cv2.blur(around, (15, 15))
    rise = level - wide
    centre = TILE // 2
    y, x = np.mgrid[-centre:centre, 0 : centre + 1]
    radius, axis = np.hypot(x, y), np.minimum(np.abs(x), np.abs(y))
    looked = (radius >= 8) & (axis >= 2) & (radius < centre)
    return float(rise[looked].max())


def _tiles(plane: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    height, width = plane.shape
    spots = [
        (top, left) for top in range(0, height - TILE + 1, TILE // 2) for left in range(0, width - TILE + 1, TILE // 2)
    ]
    step = max(1, len(spots) // MOST_TILES)
    return [plane[top : top + TILE, left : left + TILE] for top, left in spots[::step]]
