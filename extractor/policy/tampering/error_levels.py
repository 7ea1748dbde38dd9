"""Parts of a picture that went through another compression than the rest.

The picture is compressed anew at several qualities, and what that changes is mapped ("error level analysis", Krawetz
2007; "JPEG ghosts", Farid 2009: a picture that was once saved at a quality changes least at that quality). What changes
depends on how much there is to change, so that words are compared with words: the change of an amount's surroundings,
divided by their detail, against the same of all other words of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.specimen import Grey, Sheet, Specimen, words_of
from extractor.types import Box

QUALITIES = (60, 75, 90)
LEAST_WORDS = 12
_BLOCK = 8


class ErrorLevels:
    name = "error_levels"
    measured = True

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        for sheet in specimen.sheets:
            own = {id(word): amount for amount in specimen.amounts() for word in words_of(sheet, amount)}
            words = [word for word in sheet.words if _measurable(sheet, word.box)]
            if not own or len(words) < LEAST_WORDS:
                continue
            maps = changes(sheet.grey)
            table = np.array([_levels(sheet, word.box, maps) for word in words])
            middle = np.median(table, axis=0)
            spread = np.maximum(1.4826 * np.median(np.abs(table - middle), axis=0), 0.05)
            for word, levels in zip(words, table, strict=True):
                if id(word) in own:
                    amount = own[id(word)]
                    apart = np.abs(levels - middle) / spread
                    sentence = (
                        f"The surroundings of {word.text} ({amount.said}) were compressed otherwise than the other "
                        "words of the page."
                    )
                    place = specimen.place(amount.name, sheet.index, word.box)
                    yield (
                        "total" if amount.name == "total" else "other amounts",
                        Trace(float(apart.max()), sentence, (place,), (amount.name,)),
                    )


def changes(grey: Grey) -> list[Grey]:
    """For each quality, the squared change of each pixel, and last the picture's own detail (squared gradient)."""
    import cv2

    eight = np.clip(np.round(grey), 0, 255).astype(np.uint8)
    found = []
    for quality in QUALITIES:
        _, packed = cv2.imencode(".jpg", eight, (cv2.IMWRITE_JPEG_QUALITY, quality))
        again = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.float32)
        found.append(np.square(again - eight))
    across, down = (cv2.Sobel(eight, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1)))
    found.append(np.asarray(down * down + across * across, np.float32))
    return found


def _levels(sheet: Sheet, box: Box, maps: Sequence[Grey]) -> npt.NDArray[np.float64]:
    left, top, right, bottom = sheet.pixels(box)
    detail = float(maps[-1][top:bottom, left:right].mean()) + 1.0
    return np.array([np.log((float(each[top:bottom, left:right].mean()) + 0.05) / detail) for each in maps[:-1]])


def _measurable(sheet: Sheet, box: Box) -> bool:
    left, top, right, bottom = sheet.pixels(box)
    return right - left >= 2 * _BLOCK and bottom - top >= _BLOCK
