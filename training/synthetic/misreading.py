"""One reading of a document by a noise model: what is lost, misread, joined, split and misplaced, word by word."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from extractor.types import Box
from training.synthetic.alphabet import BACKWARDS, FOREIGN, kind_of, without_accent
from training.synthetic.sheet import Printed

if TYPE_CHECKING:
    from training.synthetic.noise import OcrNoise

GAPS = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 5.0)
"""Edges of the classes of gaps between neighbouring words, in heights of the word."""


_LABELLED = re.compile(r"(?=.*[^\W\d_].*:)[^:]{1,24}:(?=[^\s:]{2})")
_PROSE = ("merchant_name", "merchant_address", "description")


def value_start(text: str, role: str) -> int:
    """Where in a printed word its role's value begins: behind a label glued to it ("Date:25/12/2018"), which becomes a
    token of its own (`extractor.student.encoder.tokenize`). Names and descriptions hold no labels."""
    found = _LABELLED.match(text) if ":" in text and not role.endswith(_PROSE) else None
    return found.end() if found else 0


def is_foreign(words: Sequence[Printed]) -> bool:
    """Whether a document is in a script that the default engine does not know (a tenth of its characters will do)."""
    signs = "".join(word.text for word in words)
    if signs.isascii():
        return False
    return sum(kind_of(sign) in FOREIGN for sign in signs) > 0.1 * len(signs)


def is_rule(row: Sequence[Printed]) -> bool:
    """Whether a row is decoration ("-----"), which engines skip more readily than text."""
    return not any(sign.isalnum() for word in row for sign in word.text)


def in_order(words: Sequence[Printed]) -> list[tuple[int, Printed]]:
    """Words with their numbers, page by page, row by row, from left to right."""
    return sorted(enumerate(words), key=lambda pair: (pair[1].page, pair[1].row, pair[1].box.x0))


def gap_class(gap: float) -> int:
    """The class of a gap given in word heights: 0 to len(GAPS)."""
    return next((number for number, edge in enumerate(GAPS) if gap < edge), len(GAPS))


LEVELS = (0.5, 1.5)
"""Edges between well, fairly and badly read documents, for confidences."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a read word that carries a role: characters `start` to `end` of its text, read of printed word
    number `source`, `characters` of whose characters they stand for."""

    role: str
    source: int
    start: int
    end: int
    characters: float


@dataclass(frozen=True, slots=True)
class Read:
    """One word as the engine read it. `row` is the printed row it comes from (−1: nothing printed), `piece` numbers
    the run of words that the engine found as one piece of text. `roles` say which of its characters carry what."""

    text: str
    box: Box
    page: int
    row: int
    piece: int
    confidence: float
    roles: tuple[Share, ...] = ()


def quantile(quantiles: Sequence[float], draw: random.Random, nothing: float = 0.0) -> float:
    """A value drawn from a distribution given by its quantiles, evenly spaced from least to greatest."""
    if len(quantiles) < 2:
        return quantiles[0] if quantiles else nothing
    place = draw.random() * (len(quantiles) - 1)
    below = int(place)
    return quantiles[below] + (place - below) * (quantiles[below + 1] - quantiles[below])


@dataclass(slots=True)
class _Draft:
    """A word on its way: text, corners, what its characters carry, and whether it was misread."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    wrong: bool
    roles: list[Share]
    row: int
    page: int


class Reading:
    """One document's reading: the model at one level, with what its characters cost looked up once."""

    def __init__(self, noise: OcrNoise, draw: random.Random, aspects: Sequence[float], level: float | None) -> None:
        self.noise, self.draw, self.aspects = noise, draw, aspects
        self.level = noise.draw_level(draw) if level is None else level
        # Documents that are read without a wrong letter still lose a colon now and then.
        self.loss = 0.5 * (1.0 + self.level) if self.level > 0 else 0.0
        band = sum(self.level >= edge for edge in LEVELS)
        self.right = noise.right[band] if noise.right else ()
        self.wrong = noise.wrong[band] if noise.wrong else ()
        self.rates, self.splits = _rates(noise)
        self.pieces = 0

    def of(self, words: Sequence[Printed]) -> Iterator[Read]:
        for page, on_page in groupby(in_order(words), key=lambda pair: pair[1].page):
            aspect = self.aspects[page] if page < len(self.aspects) else 1.0
            kept = list(on_page)
            for _, group in groupby(kept, key=lambda pair: pair[1].row):
                row = list(group)
                lost = self.noise.rules_lost if is_rule([word for _, word in row]) else self.noise.rows_lost
                if lost and self.draw.random() < lost * self.loss:
                    continue
                yield from self._row(row, aspect)
            yield from self._spurious(page, [word for _, word in kept])

    def _row(self, row: Sequence[tuple[int, Printed]], aspect: float) -> Iterator[Read]:
        piece: list[_Draft] = []
        for number, word in row:
            drafted = self._word(number, word)
            if drafted is None:
                continue
            if piece:
                before = piece[-1]
                gap = max(drafted.x0 - before.x1, before.x0 - drafted.x1)
                size = gap_class(gap / max(1e-6, (drafted.y1 - drafted.y0) * aspect))
                if self.noise.apart and self.draw.random() < self.noise.apart[size]:
                    yield from self._placed(piece, aspect)
                    piece = self._split(drafted)
                    continue
                joined = self.noise.joined.get(kind_of(before.text[-1]))
                if joined and self.draw.random() < joined[size]:
                    backwards = kind_of(before.text[0]) in BACKWARDS
                    piece[-1] = _united(drafted, before) if backwards else _united(before, drafted)
                    continue
            piece += self._split(drafted)
        if piece:
            yield from self._placed(piece, aspect)

    def _word(self, number: int, word: Printed) -> _Draft | None:
        noise, draw = self.noise, self.draw
        text = word.text
        if not text or draw.random() < noise.lost[min(len(text), 3) - 1] * self.loss:
            return None
        read, legible = text, 1.0
        garbled = noise.garbled.get(kind_of(text[0]), 0.0) if len(text) > 2 else 0.0
        if garbled and draw.random() < garbled * self.level:
            # Something stands there, but nothing of what was printed.
            read, legible = self._junk(len(text)) or text, 0.0
        else:
            damage = sum(map(self.rates.__getitem__, text)) * self.level
            if damage and draw.random() < 1.0 - math.exp(-damage):
                read = self._misread(text)
        if not read:
            return None
        box = word.box
        roles: list[Share] = []
        if word.role is not None:
            start = value_start(text, word.role)
            carried = len(text) - start
            # Behind a label, what is left is counted from the end: there may be a letter more or less before it.
            first = max(0, len(read) - carried) if start else 0
            roles.append(Share(word.role, number, first, len(read), legible * carried))
        return _Draft(read, box.x0, box.y0, box.x1, box.y1, read != text, roles, word.row, word.page)

    def _misread(self, text: str) -> str:
        first = self.draw.choices(range(len(text)), [self.rates[sign] for sign in text])[0]
        follow = self.noise.follow
        return "".join(
            self._instead(sign) if at == first or self.draw.random() < follow else sign for at, sign in enumerate(text)
        )

    def _instead(self, sign: str) -> str:
        own = self.noise.characters.get(sign)
        if own is not None and own.read:
            return _pick(own.read, self.draw)
        if (bare := without_accent(sign)) != sign and self.draw.random() < self.noise.accents:
            return bare
        if (other := sign.swapcase()) != sign and len(other) == 1 and self.draw.random() < self.noise.cases:
            return other
        kind = self.noise.kinds.get(kind_of(sign))
        return _pick(kind.read, self.draw) if kind is not None and kind.read else sign

    def _split(self, word: _Draft) -> list[_Draft]:
        text = word.text
        if not self.noise.split or len(text) < 2:
            return [word]
        chance = sum(map(self.splits.__getitem__, text[:-1]))
        if not chance or self.draw.random() >= chance:
            return [word]
        cuts = range(1, len(text))
        return _halves(word, self.draw.choices(cuts, [self.splits[sign] for sign in text[:-1]])[0])

    def _placed(self, piece: Sequence[_Draft], aspect: float) -> Iterator[Read]:
        """The words of a piece with the edges that the engine gives them: tops and bottoms are the piece's."""
        noise, draw = self.noise, self.draw
        up, down = quantile(noise.tops[0], draw), quantile(noise.tops[1], draw)
        for word in piece:
            height = word.y1 - word.y0
            wide = height * aspect
            box = Box.clipped(
                word.x0 - quantile(noise.sides[0], draw) * wide,
                word.y0 - up * height,
                word.x1 + quantile(noise.sides[1], draw) * wide,
                word.y1 + down * height,
            )
            sure = quantile(self.wrong if word.wrong else self.right, draw, 1.0)
            yield Read(word.text, box, word.page, word.row, self.pieces, sure, tuple(word.roles))
        self.pieces += 1

    def _spurious(self, page: int, words: Sequence[Printed]) -> Iterator[Read]:
        if not self.noise.spurious or not words:
            return
        expected = self.noise.spurious * self.loss
        # A geometric number of them: logos and barcodes come with several.
        while self.draw.random() < expected / (1.0 + expected):
            like = words[self.draw.randrange(len(words))].box
            lengths = self.noise.spurious_lengths
            text = self._junk(lengths[self.draw.randrange(len(lengths))])
            if not text:
                return
            height = like.height * self.draw.uniform(0.6, 2.0)
            width = min(0.9, max(0.01, like.width * self.draw.uniform(0.3, 1.5)))
            x, y = self.draw.uniform(0.0, 1.0 - width), self.draw.random() * max(0.0, 1.0 - height)
            box = Box.clipped(x, y, x + width, y + height)
            yield Read(text, box, page, -1, self.pieces, quantile(self.wrong, self.draw, 0.5))
            self.pieces += 1

    def _junk(self, length: int) -> str:
        signs = self.noise.spurious_signs
        return "".join(self.draw.choices(list(signs), list(signs.values()), k=length)) if signs else ""


class _Rates(dict[str, float]):
    """How often each character damages its word: its own rate, else its kind's. Filled as characters come."""

    def __init__(self, noise: OcrNoise) -> None:
        super().__init__()
        self._noise = noise

    def __missing__(self, sign: str) -> float:
        errors = self._noise.characters.get(sign) or self._noise.kinds.get(kind_of(sign))
        self[sign] = rate = errors.rate if errors is not None else 0.0
        return rate


class _Splits(dict[str, float]):
    """How often a space is read behind each character. Filled as characters come."""

    def __init__(self, noise: OcrNoise) -> None:
        super().__init__()
        self._noise = noise

    def __missing__(self, sign: str) -> float:
        self[sign] = rate = self._noise.split.get(kind_of(sign), 0.0)
        return rate


_known: dict[int, tuple[OcrNoise, _Rates, _Splits]] = {}
"""The tables of the model used last: a model is used for thousands of documents."""


def _rates(noise: OcrNoise) -> tuple[_Rates, _Splits]:
    found = _known.get(id(noise))
    if found is None or found[0] is not noise:
        _known.clear()
        found = _known[id(noise)] = (noise, _Rates(noise), _Splits(noise))
    return found[1:]


def _pick(options: Mapping[str, float], draw: random.Random) -> str:
    return draw.choices(list(options), list(options.values()))[0]


def _moved(roles: Sequence[Share], by: int) -> list[Share]:
    return [replace(share, start=share.start + by, end=share.end + by) for share in roles]


def _united(one: _Draft, other: _Draft) -> _Draft:
    """Two neighbours read as one word."""
    return _Draft(
        one.text + other.text,
        min(one.x0, other.x0),
        min(one.y0, other.y0),
        max(one.x1, other.x1),
        max(one.y1, other.y1),
        one.wrong or other.wrong,
        one.roles + _moved(other.roles, len(one.text)),
        one.row,
        one.page,
    )


def _halves(word: _Draft, cut: int) -> list[_Draft]:
    """A word read as two, its roles shared out by characters."""
    middle = word.x0 + (word.x1 - word.x0) * cut / len(word.text)
    first: list[Share] = []
    second: list[Share] = []
    for share in word.roles:
        each = share.characters / max(1, share.end - share.start)
        if share.start < cut:
            end = min(share.end, cut)
            first.append(replace(share, end=end, characters=each * (end - share.start)))
        if share.end > cut:
            start = max(share.start, cut)
            carried = each * (share.end - start)
            second.append(replace(share, start=start - cut, end=share.end - cut, characters=carried))
    right_to_left = kind_of(word.text[0]) in BACKWARDS
    ends = ((middle, word.x1), (word.x0, middle)) if right_to_left else ((word.x0, middle), (middle, word.x1))
    return [
        _Draft(text, x0, word.y0, x1, word.y1, word.wrong, roles, word.row, word.page)
        for text, (x0, x1), roles in zip((word.text[:cut], word.text[cut:]), ends, (first, second), strict=True)
    ]
