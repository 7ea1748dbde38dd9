"""Variations of a training document that leave its answers true.

The places of the answers are token numbers, so what tokens say and where they stand may vary freely; where tokens are
lost, the targets are numbered anew, and a field whose every place is lost becomes absent: what is not on the page is
not to be read.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from extractor.student.encoder import Encoded, Token, encode
from training.alignment import Span, SpanTarget
from training.config import Augmentation
from training.corpus import Example
from training.items import ItemTarget

_LOOKALIKES = {
    "0": "OoD8", "1": "lI7i", "2": "Z7", "3": "8", "4": "A", "5": "S6", "6": "8G5", "7": "1T", "8": "B36", "9": "g4",
    "O": "0DQ", "I": "1l", "l": "1I", "S": "5", "B": "8", "E": "F", "a": "o", "e": "c", "c": "e", "o": "0a", "n": "h",
    "m": "n", "i": "l", "t": "f", "u": "v", "A": "4", "R": "P", "G": "6C", "T": "7", ".": ",", ",": ".", ":": ".",
}  # fmt: skip
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Sample:
    """A varied document as arrays, with its targets. `tokens` are its words as varied."""

    encoded: Encoded
    tokens: tuple[Token, ...]
    spans: dict[str, SpanTarget]
    items: ItemTarget
    example: Example


def plain(example: Example) -> Sample:
    return Sample(encode(example.tokens, example.pictures), example.tokens, example.spans, example.items, example)


def vary(example: Example, how: Augmentation, draw: random.Random) -> Sample:
    """One random variation, the same for the same state of `draw`."""
    keep = _kept(example.tokens, how, draw)
    tokens = [example.tokens[at] for at in keep]
    spans, items = _renumber(example, keep)
    tokens = _respell(tokens, how, draw)
    noise = np.random.default_rng(draw.getrandbits(32))
    encoded = encode(tokens, [_shown(page, how, draw, noise) for page in example.pictures])
    encoded.boxes[:] = _stretched(encoded.boxes, how.stretch, noise)
    forgotten = noise.random(len(tokens)) < how.forget
    encoded.pieces[forgotten] = 0
    return Sample(encoded, tuple(tokens), spans, items, example)


def _kept(tokens: tuple[Token, ...], how: Augmentation, draw: random.Random) -> list[int]:
    lost_rows: set[int] = set()
    if draw.random() < how.drop_rows:
        rows = sorted({token.row for token in tokens})
        # Whole stretches are lost, as at a fold or a cut; now and then single rows.
        for _ in range(draw.randint(1, 2)):
            start, length = draw.randrange(len(rows)), draw.randint(1, max(1, len(rows) // 8))
            lost_rows.update(rows[start : start + length])
    kept = [at for at, token in enumerate(tokens) if token.row not in lost_rows and draw.random() >= how.drop_words]
    return kept if len(kept) >= 3 else list(range(len(tokens)))


def _renumber(example: Example, keep: list[int]) -> tuple[dict[str, SpanTarget], ItemTarget]:
    place = {old: new for new, old in enumerate(keep)}
    spans = {field: _moved(target, place) for field, target in example.spans.items()}
    chosen = np.array(keep, np.int64)
    begins = example.items.begins.copy()
    # An item whose first token is lost begins at its next one.
    for at in np.flatnonzero(begins):
        later = int(at)
        while not (kept := later in place and example.items.tags[later] > 0):
            if later + 1 == len(begins) or begins[later + 1]:
                break
            later += 1
        if kept:
            begins[later] = 1.0
    return spans, ItemTarget(example.items.tags[chosen], begins[chosen], example.items.known)


def _moved(target: SpanTarget, place: dict[int, int]) -> SpanTarget:
    if not target.candidates:
        return target
    kept: list[Span] = []
    cut = False
    for first, last in target.candidates:
        if all(at in place for at in range(first, last + 1)):
            kept.append((place[first], place[last]))
        else:
            cut = cut or any(at in place for at in range(first, last + 1))
    # Partly lost values are neither there nor absent: nothing is learnt of them.
    return SpanTarget(tuple(kept), known=bool(kept) or not cut)


def _respell(tokens: list[Token], how: Augmentation, draw: random.Random) -> list[Token]:
    anew = draw.random() < how.digits
    written: dict[str, str] = {}
    respelt = []
    for token in tokens:
        text = token.text
        if anew and "%" not in text and _NUMBER.search(text):
            # The same number stays the same number everywhere, so that totals still repeat.
            if text not in written:
                written[text] = _renumbered(text, draw)
            text = written[text]
        if len(text) > 1 and draw.random() < how.misread:
            text = _misread(text, draw)
        respelt.append(token if text == token.text else replace(token, text=text))
    return respelt


def _renumbered(text: str, draw: random.Random) -> str:
    """Other digits in long numbers (ids, phones); amounts and dates keep theirs: their size and sums mean much."""
    if re.search(r"\d[.,/:-]\d", text) or len(_NUMBER.findall(text)) < 4:
        return text
    return _NUMBER.sub(lambda _: str(draw.randint(0, 9)), text)


def _misread(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    kind = draw.random()
    if kind < 0.6:
        return text[:at] + draw.choice(_LOOKALIKES.get(text[at], text[at])) + text[at + 1 :]
    if kind < 0.8:
        return text[:at] + text[at + 1 :]
    return text[:at] + draw.choice(".,:;'-*") + text[at:]


def _stretched(boxes: npt.NDArray[np.float32], far: float, noise: np.random.Generator) -> npt.NDArray[np.float32]:
    scale = 1.0 + noise.uniform(-far, far, 2)
    shift = noise.uniform(-far, far, 2) / 2
    slant = noise.uniform(-far, far) / 2
    moved = boxes.astype(np.float64).copy()
    moved[:, 0::2] = moved[:, 0::2] * scale[0] + shift[0]
    moved[:, 1::2] = moved[:, 1::2] * scale[1] + shift[1] + slant * (moved[:, 0::2].mean(axis=1, keepdims=True) - 0.5)
    moved += noise.normal(0.0, 0.003, moved.shape)
    return np.clip(moved, 0.0, 1.0).astype(np.float32)


def _shown(
    page: npt.NDArray[np.uint8], how: Augmentation, draw: random.Random, noise: np.random.Generator
) -> npt.NDArray[np.uint8]:
    if draw.random() < how.picture_off:
        return np.full_like(page, 128)
    far = how.picture_noise
    varied = (page.astype(np.float32) - 128.0) * (1.0 + noise.uniform(-far, far)) + 128.0
    varied += noise.uniform(-128, 128) * far + noise.normal(0.0, 12.0 * far, page.shape).astype(np.float32)
    return np.asarray(np.clip(varied, 0, 255), np.uint8)
