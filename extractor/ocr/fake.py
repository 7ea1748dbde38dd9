"""A fake engine for tests: gives the readings it was given, or fails when told to."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.errors import OcrError
from extractor.ocr.base import Reading
from extractor.types import ImageArray, Word


class FakeOcr:
    """Gives `readings` one after the other, the last one for ever after; words alone make an upright reading.

    With `error`, every page fails with it. `seen` holds the shapes of the pictures it was asked to read.
    """

    def __init__(self, *readings: Reading | Sequence[Word], name: str = "fake", error: OcrError | None = None) -> None:
        self.readings = [one if isinstance(one, Reading) else Reading(tuple(one)) for one in readings] or [Reading(())]
        self.error = error
        self.seen: list[tuple[int, ...]] = []
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def read(self, image: ImageArray) -> Reading:
        self.seen.append(image.shape)
        if self.error is not None:
            raise self.error
        return self.readings[min(len(self.seen), len(self.readings)) - 1]
