"""Characters of an amount that are not like their fellows: typeface, spacing, ink, and one picture used twice.

Each digit is compared with the others of its amount, and the difference is counted in the spread that the digits of the
whole page show: on a coarse or crumpled page a digit must stand out further than on a sharp one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.glyphs import Glyph, Row, glyph_box, rows
from extractor.policy.tampering.specimen import Amount, Sheet, Specimen, words_of
from extractor.types import Word

LEAST_DIGITS = 12
"""Digits that a page must show before its spread is known."""

FLOORS = {
    "height": 0.02,
    "baseline": 0.02,
    "stroke": 0.04,
    "ink": 0.015,
    "sharpness": 0.05,
    "paper": 0.006,
    "grain": 0.1,
}
"""The least spread of a feature: nothing is measured more finely than this."""

SAID = {
    "height": "is {more:taller|lower} than its fellows",
    "baseline": "stands {more:below|above} their line",
    "stroke": "has {more:thicker|thinner} strokes",
    "ink": "is printed {more:paler|darker}",
    "sharpness": "is {more:sharper|more blurred}",
    "paper": "stands on {more:brighter|darker} paper",
    "grain": "stands on {more:rougher|smoother} paper",
}


@dataclass(frozen=True)
class AmountRow:
    """An amount whose digits could be taken apart."""

    amount: Amount
    sheet: Sheet
    row: Row


def amount_rows(specimen: Specimen) -> list[AmountRow]:
    by_word: dict[int, Row] = {id(row.word): row for row in rows(specimen)}
    found = []
    for amount in specimen.amounts():
        for sheet in specimen.sheets:
            found += [
                AmountRow(amount, sheet, by_word[id(word)])
                for word in words_of(sheet, amount)
                if id(word) in by_word and _mostly_digits(word)
            ]
    return found


def group(feature: str, found: AmountRow) -> str:
    """The kind of trace: the total, which pays to be changed, has thresholds of its own; of the many others of a
    receipt one stands out by chance more often."""
    return feature if found.amount.name == "total" else f"{feature}, other amounts"


def _mostly_digits(word: Word) -> bool:
    return not any(letter.isalpha() for letter in word.text[-4:])


def told(specimen: Specimen, found: AmountRow, index: int, value: float, said: str) -> Trace:
    """The trace of one digit of an amount, with its place."""
    glyph = found.row.glyphs[index]
    sentence = f"The {glyph.text} of {found.row.word.text} ({found.amount.said}) {said}."
    place = specimen.place(found.amount.name, found.sheet.index, glyph_box(found.sheet, glyph))
    return Trace(value, sentence, (place,), (found.amount.name,))


class _Compared:
    """Digits against the others of their amount, by some of their features."""

    measured = True
    features: Sequence[str] = ()

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        every = rows(specimen)
        if sum(len(row.glyphs) for row in every) < LEAST_DIGITS:
            return
        for feature in self.features:
            pooled = np.concatenate([row.deviations[feature] for row in every])
            spread = max(float(np.median(np.abs(pooled))) * 1.4826, FLOORS[feature])
            for found in amount_rows(specimen):
                deviations = found.row.deviations[feature] / spread
                index = int(np.argmax(np.abs(deviations)))
                value = float(abs(deviations[index]))
                said = _worded(SAID[feature], deviations[index] > 0)
                yield (
                    group(feature, found),
                    told(specimen, found, index, value, f"{said}, {value:.0f} times the page's usual spread"),
                )


class Typeface(_Compared):
    """Digits of another size, off the line, of other weight, or of a shape that this page's same digits don't have."""

    name = "typeface"
    features = ("height", "baseline", "stroke")

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        yield from super()._all(specimen)
        near = nearest(specimen)
        if near.usual is None:
            return
        for found in amount_rows(specimen):
            for index, glyph in enumerate(found.row.glyphs):
                distance = near.distance(found.row, index)
                if distance is not None:
                    value = distance / near.usual
                    said = f"is shaped unlike every other {glyph.text} of this size on the page"
                    yield group("shape", found), told(specimen, found, index, value, said)


class Ink(_Compared):
    """Digits of other ink, other sharpness, or on a patch of other paper than their fellows."""

    name = "ink"
    features = ("ink", "sharpness", "paper", "grain")


class Copied:
    """A digit whose picture is the same as that of another on the page, closer than ink on paper ever repeats
    itself."""

    name = "copied"
    measured = True

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        near = nearest(specimen)
        if near.usual is None:
            return
        for found in amount_rows(specimen):
            for index, glyph in enumerate(found.row.glyphs):
                distance = near.distance(found.row, index)
                if distance is not None:
                    said = f"is the very picture of another {glyph.text} on the page"
                    yield group("twin", found), told(specimen, found, index, near.usual / max(distance, 1e-4), said)


class Nearest:
    """How like the same digit elsewhere a digit is: 1 − correlation with the likest of about the same height."""

    def __init__(self, every: Sequence[Row]) -> None:
        self._found: dict[tuple[int, int], float] = {}
        for digit in sorted({glyph.text for row in every for glyph in row.glyphs}):
            same = [
                (id(row), index, glyph)
                for row in every
                for index, glyph in enumerate(row.glyphs)
                if glyph.text == digit
            ]
            self._compare(same)
        distances = list(self._found.values())
        self.median = float(np.median(distances)) if len(distances) >= LEAST_DIGITS else None
        """The distance that half of the page's digits have; None where too few could be compared."""
        self.usual = None if self.median is None else max(self.median, 0.004)

    def _compare(self, same: Sequence[tuple[int, int, Glyph]]) -> None:
        shapes = np.stack([glyph.shape.ravel() for _, _, glyph in same])
        shapes = shapes - shapes.mean(axis=1, keepdims=True)
        shapes /= np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-6)
        alike = shapes @ shapes.T
        heights = np.array([glyph.height for _, _, glyph in same])
        owners = np.array([owner for owner, _, _ in same])
        barred = (owners[:, None] == owners) | (np.abs(heights[:, None] - heights) > 0.12 * heights[:, None])
        alike[barred] = -2
        for (owner, index, _), best in zip(same, alike.max(axis=1), strict=True):
            if best > -2:
                self._found[owner, index] = float(1 - best)

    def distance(self, row: Row, index: int) -> float | None:
        """None where no other word has this digit at about this height."""
        return self._found.get((id(row), index))


def nearest(specimen: Specimen) -> Nearest:
    """Worked out once."""
    if "nearest" not in specimen.memory:
        specimen.memory["nearest"] = Nearest(rows(specimen))
    found: Nearest = specimen.memory["nearest"]
    return found


class Spacing:
    """Digits nearer to or farther from their neighbours than the digits of this page stand.

    Tills print at one pitch, other fonts with one gap; a digit is out of place only where neither holds.
    """

    name = "spacing"
    measured = True

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        every = [(row, step) for row in rows(specimen) for step in _steps(row)]
        for found in amount_rows(specimen):
            for step in _steps(found.row):
                usual = [
                    other
                    for row, other in every
                    if row is not found.row
                    and other.over == step.over
                    and abs(row.height - found.row.height) <= 0.1 * row.height
                ]
                if len(usual) < 8:
                    continue
                value = min(
                    _apart(step.pitch, [each.pitch for each in usual]), _apart(step.gap, [each.gap for each in usual])
                )
                said = "stands at another distance from its neighbour than digits do on this page"
                yield group("distance", found), told(specimen, found, step.index, value, said)


@dataclass(frozen=True)
class _Step:
    """From one digit to the next: `over` a sign between them or not; pitch and gap in heights of the word."""

    index: int
    over: bool
    pitch: float
    gap: float


def _steps(row: Row) -> list[_Step]:
    found = []
    for index, (here, there) in enumerate(pairwise(range(len(row.glyphs)))):
        apart = row.places[there] - row.places[here]
        between = row.word.text[row.places[here] + 1 : row.places[there]]
        if apart == 1 or between in (".", ","):
            left, right = row.glyphs[here], row.glyphs[there]
            pitch, gap = (right.middle - left.middle) / row.height, (right.left - left.right) / row.height
            found.append(_Step(index, apart > 1, pitch, gap))
    return found


def _apart(value: float, usual: Sequence[float]) -> float:
    middle = float(np.median(usual))
    spread = max(1.4826 * float(np.median(np.abs(np.array(usual) - middle))), 0.03)
    return abs(value - middle) / spread


def _worded(pattern: str, more: bool) -> str:
    head, _, rest = pattern.partition("{more:")
    choice, _, tail = rest.partition("}")
    return head + choice.split("|")[0 if more else 1] + tail
