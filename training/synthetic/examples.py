"""Training examples of synthetic documents: words misread as an engine would, targets known from their roles."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.student.encoder import PICTURE_HEIGHT, PICTURE_WIDTH, Token, extent
from extractor.types import ITEM_PARTS, SPAN_FIELDS, Box
from training.alignment import Span, SpanTarget, squeeze
from training.corpus import Example
from training.items import ItemTarget
from training.synthetic.misreading import in_order, value_start
from training.synthetic.noise import OcrNoise, Read, Share
from training.synthetic.sheet import Printed, Synthetic
from training.synthetic.tokens import Carried, to_tokens

Picture = npt.NDArray[np.uint8]

ENOUGH = 0.8
"""A run of tokens stands for a role where it carries this share of the role's printed characters."""

SOURCE = "synthetic"


def example(
    document: Synthetic,
    noise: OcrNoise | None,
    draw: random.Random,
    pictures: Sequence[Picture] = (),
    *,
    fields: Sequence[str] = SPAN_FIELDS,
) -> Example | None:
    """A document as the student would meet it; None where not a word of it was read.

    Without `noise` every word is read as printed. Without `pictures` (one a page) sketches are drawn of where the words
    stand. Of a field whose every word was lost the label says nothing.
    """
    read = exactly(document.words) if noise is None else noise.apply(document.words, draw, document.aspects)
    return of_words(document, read, pictures, fields=fields)


def of_words(
    document: Synthetic,
    read: Sequence[Read],
    pictures: Sequence[Picture] = (),
    *,
    fields: Sequence[str] = SPAN_FIELDS,
) -> Example | None:
    """The example of a document of which these words were read."""
    tokens, carried = to_tokens(read, document.aspects)
    if not tokens:
        return None
    places: dict[str, list[int]] = defaultdict(list)
    for number, word in enumerate(document.words):
        if word.role is not None and word.text:
            places[word.role].append(number)
    spans = {field: span_target(document.words, places[field], carried.get(field, ()), field) for field in fields}
    return Example(
        document.id,
        SOURCE,
        tokens,
        tuple(pictures) or sketch(read, document.aspects),
        spans,
        item_target(document.words, len(tokens), carried),
        _what_is_left(document, carried),
    )


def exactly(words: Sequence[Printed]) -> list[Read]:
    """Every word read as it is printed. Words of a row that stand close are one piece of text."""
    read: list[Read] = []
    for number, word in in_order(words):
        roles: tuple[Share, ...] = ()
        if word.role is not None:
            start = value_start(word.text, word.role)
            roles = (Share(word.role, number, start, len(word.text), float(len(word.text) - start)),)
        piece = read[-1].piece if read else 0
        if read and ((read[-1].page, read[-1].row) != (word.page, word.row) or _gap(read[-1].box, word.box) > 0.03):
            piece += 1
        if word.text:
            read.append(Read(word.text, word.box, word.page, word.row, piece, 1.0, roles))
    return read


def _gap(one: Box, other: Box) -> float:
    return max(other.x0 - one.x1, one.x0 - other.x1)


def span_target(words: Sequence[Printed], places: Sequence[int], carried: Sequence[Carried], field: str) -> SpanTarget:
    """Where a field may be pointed at: for each place where it is printed, the run of tokens that carries it.

    `places` are the numbers of the words that carry it in print.
    """
    mentions = _mentions(words, places)
    found: list[Span] = []
    for mention in mentions:
        sources = set(mention)
        printed = sum(len(words[number].text) - value_start(words[number].text, field) for number in mention)
        run, characters = _longest([one for one in carried if one.source in sources])
        if run is not None and characters >= ENOUGH * printed:
            found.append((run[1], run[1]) if field == "card_last4" else run)
    # Read in part it is neither there nor absent.
    return SpanTarget(tuple(sorted(set(found))), known=bool(found) or not carried)


def _mentions(words: Sequence[Printed], places: Sequence[int]) -> list[list[int]]:
    """The numbers of the words of each place where a field is printed: runs of its words that say the same are places
    of their own, otherwise they are parts of one (an address with something else beside it)."""
    runs: list[list[int]] = []
    for number in places:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spelt = {squeeze("".join(words[number].text for number in run)) for run in runs}
    return runs if len(spelt) <= 1 else [[number for run in runs for number in run]]


def _longest(carried: Sequence[Carried]) -> tuple[Span | None, float]:
    """The run of neighbouring tokens that carries most, and how many characters it carries."""
    by_token: dict[int, float] = defaultdict(float)
    for one in carried:
        by_token[one.token] += one.characters
    best: tuple[Span | None, float] = (None, 0.0)
    places = sorted(by_token)
    for _, group in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        run = [place for _, place in group]
        characters = sum(by_token[place] for place in run)
        if characters > best[1]:
            best = ((run[0], run[-1]), characters)
    return best


def item_target(words: Sequence[Printed], count: int, carried: Mapping[str, Sequence[Carried]]) -> ItemTarget:
    """Tags of `count` tokens from roles "item.N.PART"; each token says the part of which it carries most."""
    tags = np.zeros(count, np.int64)
    begins = np.zeros(count, np.float32)
    most = np.zeros(count)
    firsts: dict[str, int] = {}
    items = {role.split(".")[1] for word in words if (role := word.role) is not None and role.startswith("item.")}
    for role, found in carried.items():
        if not role.startswith("item."):
            continue
        _, number, part = role.split(".")
        for one in found:
            firsts[number] = min(firsts.get(number, one.token), one.token)
            if one.characters > most[one.token]:
                most[one.token] = one.characters
                tags[one.token] = ITEM_PARTS.index(part) + 1
    begins[list(firsts.values())] = 1.0
    return ItemTarget(tags, begins, known=len(firsts) >= 0.7 * len(items))


def _what_is_left(document: Synthetic, carried: Mapping[str, Sequence[Carried]]) -> dict[str, Any]:
    """The label without what nobody can read any more."""
    label = dict(document.label)
    printed = {word.role for word in document.words if word.role is not None and word.text}
    for role in printed - set(carried):
        if role.startswith("item."):
            continue
        for key in ("date", "date_text") if role == "date" else (role,):
            if key in label:
                label[key] = None
    listed = label.get("line_items")
    if isinstance(listed, list | tuple):
        label["line_items"] = _items_left(listed, printed, set(carried))
    return label


def _items_left(listed: Sequence[Any], printed: set[str], read: set[str]) -> list[list[Any]]:
    """The items of a label without the parts, and the items, of which every word was lost."""
    left = []
    for number, item in enumerate(listed):
        roles = [f"item.{number}.{part}" for part in ITEM_PARTS]
        parts = [None if r in printed and r not in read else v for r, v in zip(roles, item, strict=True)]
        if any(part is not None for part in parts):
            left.append(parts)
    return left


def sketch(words: Sequence[Read] | Sequence[Token], aspects: Sequence[float]) -> tuple[Picture, ...]:
    """A picture a page in place of a drawn one: grey paper, strokes where words stand, as small as the student sees it.

    Cut out around the words as real pictures are (`extractor.student.encoder.picture`). Each PICTURE_HEIGHT ×
    PICTURE_WIDTH.
    """
    count = max([len(aspects), *(word.page + 1 for word in words)])
    return tuple(_sketched([word for word in words if word.page == number], number) for number in range(count))


def _sketched(words: Sequence[Read | Token], number: int) -> Picture:
    if not words:
        return np.full((PICTURE_HEIGHT, PICTURE_WIDTH), 128, np.uint8)
    boxes = np.array([word.box.as_list() for word in words], np.float32)
    x0, y0, x1, y1 = extent(boxes)
    # The tone of paper and ink follows from the words, so that the same words give the same sketch.
    tone = (len(words) * 7919 + number * 104729 + sum(len(word.text) for word in words) * 31) % 64
    page = np.full((PICTURE_HEIGHT, PICTURE_WIDTH), 190 + tone, np.uint8)
    scale = np.array([PICTURE_WIDTH, PICTURE_HEIGHT] * 2, np.float32) / ((x1 - x0, y1 - y0) * 2)
    corners: Any = ((boxes - (x0, y0, x0, y0)) * scale).astype(np.int64).tolist()
    ink = 90 + tone // 2
    for word, (a, top, c, bottom) in zip(words, corners, strict=True):
        # Tall letters and digits fill the box, small ones its middle; strokes leave light between them.
        margin = (bottom - top) // 5
        block = page[top + margin : max(bottom - margin, top + margin + 1), a : max(c, a + 1)]
        block[:] = ink
        block[:, 1 + len(word.text) % 2 :: 3] = ink + 70
    return page
