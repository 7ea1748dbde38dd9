"""Printed words laid beside the words that an engine read of them.

Read words are given to printed rows by geometry; within a row, the two texts (spaces left out) are aligned by edit
distance, so that every read character stands for a printed one, or for none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import Levenshtein

from extractor.types import Box, Word
from training.synthetic.alphabet import BACKWARDS, kind_of
from training.synthetic.misreading import gap_class
from training.synthetic.sheet import Printed


@dataclass
class Matched:
    """A printed word with what was read for each of its characters, and the read words that hold them."""

    word: Printed
    read: list[str]
    readers: set[int] = field(default_factory=set)

    @property
    def lost(self) -> bool:
        return not any(self.read)

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(sign, got) for sign, got in zip(self.word.text, self.read, strict=True) if sign != got]


@dataclass
class Seen:
    """Everything counted of one page."""

    words: list[Matched] = field(default_factory=list)
    rows: list[list[Matched]] = field(default_factory=list)
    spurious: list[Word] = field(default_factory=list)
    splits: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    joints: list[tuple[str, int, str]] = field(default_factory=list)
    """Neighbours on a row: kind of the character before, class of the gap, "apart", "joined" or "spaced"."""
    edges: list[tuple[float, float, float, float]] = field(default_factory=list)
    sure: list[tuple[bool, float]] = field(default_factory=list)


def compare(printed: Sequence[Printed], read: Sequence[Word], aspect: float) -> Seen:
    rows: dict[int, list[Printed]] = defaultdict(list)
    for word in printed:
        if word.text:
            rows[word.row].append(word)
    given, spurious = _given_rows(rows, read)
    seen = Seen(spurious=[read[at] for at in spurious])
    for number, words in rows.items():
        _row(seen, words, [read[at] for at in given[number]], aspect)
    return seen


def _given_rows(rows: dict[int, list[Printed]], read: Sequence[Word]) -> tuple[dict[int, list[int]], list[int]]:
    """Each read word's printed row: that of the printed words it covers most; and those that cover none."""
    printed = [word for words in rows.values() for word in words]
    boxes = np.array([word.box.as_list() for word in printed]).reshape(-1, 4)
    given: dict[int, list[int]] = defaultdict(list)
    spurious: list[int] = []
    for at, word in enumerate(read):
        box = word.box
        wide = np.minimum(boxes[:, 2], box.x1) - np.maximum(boxes[:, 0], box.x0)
        high = np.minimum(boxes[:, 3], box.y1) - np.maximum(boxes[:, 1], box.y0)
        shared = np.clip(wide, 0, None) * np.clip(high, 0, None)
        shared[high < 0.3 * np.minimum(boxes[:, 3] - boxes[:, 1], box.height)] = 0.0
        if not len(shared) or shared.max() <= 0.0:
            spurious.append(at)
            continue
        owner: dict[int, float] = defaultdict(float)
        for number in np.flatnonzero(shared):
            owner[printed[number].row] += float(shared[number])
        given[max(owner, key=lambda row: owner[row])].append(at)
    return given, spurious


def _row(seen: Seen, printed: Sequence[Printed], read: list[Word], aspect: float) -> None:
    """Aligns one row and counts what happened on it."""
    backwards = any(kind_of(sign) in BACKWARDS for word in printed for sign in word.text)
    read.sort(key=(lambda word: -word.box.x1) if backwards else (lambda word: word.box.x0))
    printed = sorted(printed, key=(lambda word: -word.box.x1) if backwards else (lambda word: word.box.x0))
    matched = [Matched(word, [""] * len(word.text)) for word in printed]
    owners = [(one, at) for one in matched for at in range(len(one.word.text))]
    sources = _sources("".join(word.text for word in printed), "".join(word.text for word in read))
    place = 0
    held: list[list[tuple[Matched, int]]] = []
    for number, word in enumerate(read):
        mine = sources[place : place + len(word.text)]
        place += len(word.text)
        known = [source for source in mine if source >= 0]
        if not known:
            seen.spurious.append(word)
            held.append([])
            continue
        before = known[0]
        for sign, source in zip(word.text, mine, strict=True):
            before = source if source >= 0 else before
            one, at = owners[before]
            # What is read before the first known character of a word stands before it.
            one.read[at] += sign
            one.readers.add(number)
        held.append([owners[source] for source in known])
    seen.words += matched
    seen.rows.append(matched)
    _count_places(seen, matched, read, held, aspect)
    _count_joints(seen, matched, read, aspect)


def _sources(printed: str, read: str) -> list[int]:
    """For each read character the printed one that it stands for, −1 for none."""
    sources: list[int] = []
    for code in Levenshtein.opcodes(printed, read):
        count = code.dest_end - code.dest_start
        if code.tag in ("equal", "replace"):
            sources += list(range(code.src_start, code.src_start + count))
        elif code.tag == "insert":
            sources += [-1] * count
    return sources


def _count_places(
    seen: Seen,
    matched: Sequence[Matched],
    read: Sequence[Word],
    held: Sequence[list[tuple[Matched, int]]],
    aspect: float,
) -> None:
    """Edges and confidences of words read one for one; spaces read inside printed words."""
    for one in matched:
        if one.lost:
            continue
        firsts = {at for number in one.readers for owner, at in held[number][:1] if owner is one and at > 0}
        for at, sign in enumerate(one.word.text[:-1], 1):
            seen.inner[kind_of(sign)] += 1
            seen.splits[kind_of(sign)] += at in firsts
        alone = [number for number in one.readers if all(owner is one for owner, _ in held[number])]
        if len(one.readers) != 1 or not alone:
            continue
        word, box = read[alone[0]], one.word.box
        wrong = bool(one.errors)
        seen.sure.append((wrong, word.confidence))
        high = max(box.height, 1e-6)
        wide = high * aspect
        edge = (
            (box.x0 - word.box.x0) / wide,
            (box.y0 - word.box.y0) / high,
            (word.box.x1 - box.x1) / wide,
            (word.box.y1 - box.y1) / high,
        )
        if not wrong and max(map(abs, edge)) < 2.5:
            seen.edges.append(edge)


def _count_joints(seen: Seen, matched: Sequence[Matched], read: Sequence[Word], aspect: float) -> None:
    kept = [one for one in matched if not one.lost]
    for one, other in pairwise(kept):
        a, b = one.word.box, other.word.box
        gap = max(b.x0 - a.x1, a.x0 - b.x1) / max(1e-6, b.height * aspect)
        shared = one.readers & other.readers
        if shared:
            # A letter of one word taken for a letter of its neighbour joins nothing: the word read must cover both.
            if not any(_covers(read[number].box, a) and _covers(read[number].box, b) for number in shared):
                continue
            what = "joined"
        else:
            ends = {read[number].line for number in one.readers}, {read[number].line for number in other.readers}
            what = "spaced" if ends[0] & ends[1] else "apart"
        seen.joints.append((kind_of(one.word.text[-1]), gap_class(gap), what))


def _covers(box: Box, word: Box) -> bool:
    return min(box.x1, word.x1) - max(box.x0, word.x0) >= 0.5 * word.width
