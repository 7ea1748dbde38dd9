"""Counting an OCR-noise model: printed words laid beside the words that an engine read of them.

Read words are given to printed rows by geometry; within a row, the two texts (spaces left out) are aligned by edit
distance, so that every read character stands for a printed one, or for none. Everything else is counting.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import Levenshtein

from extractor.types import Word
from training.synthetic.alphabet import KINDS, kind_of, without_accent
from training.synthetic.noise import GAPS, LEVELS, WORST_LEVEL, Errors, OcrNoise, gap_class
from training.synthetic.sheet import Printed

OFTEN_ENOUGH = 150
"""A character seen this often has a table of its own."""

STRENGTH = 100.0
"""The rate of a character's kind counts as much as this many sightings of the character itself."""

GARBLED = 0.4
"""Words that share fewer of their characters than this with what was read are garbled, not misread."""

Pair = tuple[Sequence[Printed], Sequence[Word], Sequence[float]]
"""What was printed on a document, what was read (in the order of pages), and height ÷ width of each page. A read word
says its page by nothing: documents of several pages are given page by page."""


@dataclass
class _Matched:
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
class _Seen:
    """Everything counted of one page."""

    words: list[_Matched] = field(default_factory=list)
    rows: list[list[_Matched]] = field(default_factory=list)
    spurious: list[Word] = field(default_factory=list)
    splits: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    joints: list[tuple[str, int, str]] = field(default_factory=list)
    """Neighbours on a row: kind of the character before, class of the gap, "apart", "joined" or "spaced"."""
    edges: list[tuple[float, float, float, float]] = field(default_factory=list)
    sure: list[tuple[bool, float]] = field(default_factory=list)


def fit(pairs: Iterable[Pair], fitted_on: str = "") -> OcrNoise:
    """The noise model of these pages. Each pair is one page: its printed words, the words read of it with `line`
    numbering the pieces of text that the engine found, and (one figure) its height ÷ width."""
    pages = [_compare(printed, read, aspects[0] if aspects else 1.0) for printed, read, aspects in pairs]
    pages = [page for page in pages if page.words]
    if not pages:
        return OcrNoise(fitted_on=fitted_on)
    characters, kinds = _confusions(pages)
    levels = _levels(pages, characters, kinds)
    return OcrNoise(
        characters=characters,
        kinds=kinds,
        **_clumps(pages),
        **_losses(pages, levels),
        **_spaces(pages),
        **_edges(pages),
        **_junk(pages, levels),
        **_confidences(pages, levels),
        levels=tuple(_quantiles(levels, 33)),
        fitted_on=fitted_on,
    )


def _compare(printed: Sequence[Printed], read: Sequence[Word], aspect: float) -> _Seen:
    rows: dict[int, list[Printed]] = defaultdict(list)
    for word in printed:
        if word.text:
            rows[word.row].append(word)
    given, spurious = _given_rows(rows, read)
    seen = _Seen(spurious=[read[at] for at in spurious])
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


def _row(seen: _Seen, printed: Sequence[Printed], read: list[Word], aspect: float) -> None:
    """Aligns one row and counts what happened on it."""
    backwards = kind_of(max("".join(w.text for w in printed), key=lambda s: kind_of(s) in ("arabic", "hebrew"))) in (
        "arabic",
        "hebrew",
    )
    read.sort(key=(lambda word: -word.box.x1) if backwards else (lambda word: word.box.x0))
    printed = sorted(printed, key=(lambda word: -word.box.x1) if backwards else (lambda word: word.box.x0))
    matched = [_Matched(word, [""] * len(word.text)) for word in printed]
    owners = [(one, at) for one in matched for at in range(len(one.word.text))]
    sources = _sources("".join(word.text for word in printed), "".join(word.text for word in read))
    place = 0
    held: list[list[tuple[_Matched, int]]] = []
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
    seen: _Seen,
    matched: Sequence[_Matched],
    read: Sequence[Word],
    held: Sequence[list[tuple[_Matched, int]]],
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


def _count_joints(seen: _Seen, matched: Sequence[_Matched], read: Sequence[Word], aspect: float) -> None:
    kept = [one for one in matched if not one.lost]
    for one, other in pairwise(kept):
        a, b = one.word.box, other.word.box
        gap = max(b.x0 - a.x1, a.x0 - b.x1) / max(1e-6, b.height * aspect)
        if one.readers & other.readers:
            what = "joined"
        else:
            ends = {read[number].line for number in one.readers}, {read[number].line for number in other.readers}
            what = "spaced" if ends[0] & ends[1] else "apart"
        seen.joints.append((kind_of(one.word.text[-1]), gap_class(gap), what))


def _garbled(one: _Matched) -> bool:
    return len(one.word.text) > 2 and len(one.errors) > (1 - GARBLED) * len(one.word.text)


def _misread(pages: Sequence[_Seen]) -> Iterable[_Matched]:
    return (one for page in pages for one in page.words if not one.lost and not _garbled(one))


def _confusions(pages: Sequence[_Seen]) -> tuple[dict[str, Errors], dict[str, Errors]]:
    """Tables by character and by kind. A wrong word is one error shared among its wrong characters: errors come in
    clumps, and the clump is what has a rate."""
    shown: Counter[str] = Counter()
    damage: Counter[str] = Counter()
    instead: dict[str, Counter[str]] = defaultdict(Counter)
    for one in _misread(pages):
        shown.update(one.word.text)
        errors = one.errors
        for sign, got in errors:
            damage[sign] += 1 / len(errors)  # type: ignore[assignment]
            instead[sign][got[:3]] += 1
    kinds: dict[str, Errors] = {}
    for kind in KINDS:
        signs = [sign for sign in shown if kind_of(sign) == kind]
        count = sum(shown[sign] for sign in signs)
        if not count:
            continue
        read: Counter[str] = Counter()
        for sign in signs:
            read.update(instead[sign])
        kinds[kind] = Errors(rate=_round(sum(damage[sign] for sign in signs) / count), read=_shares(read, 20))
    characters = {}
    for sign, count in sorted(shown.items()):
        if count >= OFTEN_ENOUGH:
            rate = (damage[sign] + STRENGTH * kinds[kind_of(sign)].rate) / (count + STRENGTH)
            characters[sign] = Errors(rate=_round(rate), read=_shares(instead[sign], 12))
    return characters, kinds


def _clumps(pages: Sequence[_Seen]) -> dict[str, float]:
    more = further = garbled = read = accents = accented = cases = cased = 0
    for page in pages:
        for one in page.words:
            read += not one.lost
            garbled += not one.lost and _garbled(one)
    for one in _misread(pages):
        errors = one.errors
        if not errors:
            continue
        more += len(errors) - 1
        further += len(one.word.text) - 1
        for sign, got in errors:
            accented += without_accent(sign) != sign
            accents += without_accent(sign) != sign and got == without_accent(sign)
            cased += sign.swapcase() != sign
            cases += sign.swapcase() != sign and got == sign.swapcase()
    return {
        "follow": _round(more / max(1, further)),
        "garbled": _round(garbled / max(1, read)),
        "accents": _round(accents / max(1, accented)),
        "cases": _round(cases / max(1, cased)),
    }


def _levels(pages: Sequence[_Seen], characters: dict[str, Errors], kinds: dict[str, Errors]) -> list[float]:
    """By which factor on all rates each page's number of wrong words is explained; the mean is then about 1."""
    levels = []
    for page in pages:
        words = [one for one in page.words if not one.lost]
        damages = np.array([sum(_rate(sign, characters, kinds) for sign in one.word.text) for one in words])
        wrong = sum(bool(one.errors) for one in words)
        low, high = 0.0, WORST_LEVEL
        for _ in range(30):
            middle = (low + high) / 2
            if np.sum(1 - np.exp(-middle * damages)) < wrong:
                low = middle
            else:
                high = middle
        levels.append(low if wrong else 0.0)
    return levels


def _rate(sign: str, characters: dict[str, Errors], kinds: dict[str, Errors]) -> float:
    errors = characters.get(sign) or kinds.get(kind_of(sign))
    return errors.rate if errors is not None else 0.0


def _losses(pages: Sequence[_Seen], levels: Sequence[float]) -> dict[str, object]:
    rows = rows_lost = 0.0
    shown, lost = [0.0] * 3, [0.0] * 3
    for page, level in zip(pages, levels, strict=True):
        ease = 0.5 * (1.0 + level)
        for row in page.rows:
            # A single colon or mark that is lost is a word lost, not a row.
            gone = all(one.lost for one in row) and sum(len(one.word.text) for one in row) > 2
            rows += ease
            rows_lost += gone
            for one in row if not gone else ():
                size = min(len(one.word.text), 3) - 1
                shown[size] += ease
                lost[size] += one.lost
    rates = tuple(_round(gone / max(1.0, all_)) for gone, all_ in zip(lost, shown, strict=True))
    return {"lost": rates, "rows_lost": _round(rows_lost / max(1.0, rows))}


def _spaces(pages: Sequence[_Seen]) -> dict[str, object]:
    apart, near = np.zeros(len(GAPS) + 1), np.zeros(len(GAPS) + 1)
    joined: dict[str, list[list[float]]] = defaultdict(lambda: [[0.0, 0.0] for _ in range(len(GAPS) + 1)])
    inner: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    for page in pages:
        inner.update(page.inner)
        splits.update(page.splits)
        for kind, size, what in page.joints:
            near[size] += 1
            apart[size] += what == "apart"
            if what != "apart":
                joined[kind][size][0] += what == "joined"
                joined[kind][size][1] += 1
    return {
        "apart": tuple(_round(share) for share in _filled(apart, near)),
        "joined": {
            kind: tuple(_round(share) for share in _filled(*np.array(counts).T)) for kind, counts in joined.items()
        },
        "split": {kind: _round(splits[kind] / count) for kind, count in sorted(inner.items()) if splits[kind]},
    }


def _filled(hits: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Shares by class of gap; where little was seen, pulled towards the nearest class below with a share."""
    shares = np.zeros(len(seen))
    before = float(hits.sum() / max(1.0, seen.sum()))
    for at in range(len(seen)):
        before = shares[at] = (hits[at] + 3 * before) / (seen[at] + 3)
    return shares


def _edges(pages: Sequence[_Seen]) -> dict[str, object]:
    edges = np.array([edge for page in pages for edge in page.edges]).reshape(-1, 4)
    if not len(edges):
        return {}
    left, top, right, bottom = (tuple(_quantiles(column, 21)) for column in edges.T)
    return {"sides": (left, right), "tops": (top, bottom)}


def _junk(pages: Sequence[_Seen], levels: Sequence[float]) -> dict[str, object]:
    words = [word for page in pages for word in page.spurious if word.text]
    signs = Counter(sign for word in words for sign in word.text)
    lengths = _quantiles([len(word.text) for word in words], 11) if words else [3.0]
    return {
        "spurious": _round(len(words) / sum(0.5 * (1.0 + level) for level in levels)),
        "spurious_lengths": tuple(max(1, round(length)) for length in lengths),
        "spurious_signs": _shares(signs, 60),
    }


def _confidences(pages: Sequence[_Seen], levels: Sequence[float]) -> dict[str, object]:
    bands: dict[bool, list[list[float]]] = {wrong: [[] for _ in range(len(LEVELS) + 1)] for wrong in (False, True)}
    for page, level in zip(pages, levels, strict=True):
        for wrong, sure in page.sure:
            bands[wrong][sum(level >= edge for edge in LEVELS)].append(sure)
    tables = {}
    for wrong, name in ((False, "right"), (True, "wrong")):
        together = [sure for band in bands[wrong] for sure in band] or [1.0 - 0.3 * wrong]
        tables[name] = tuple(tuple(_quantiles(band if len(band) >= 20 else together, 21)) for band in bands[wrong])
    return dict(tables)


def _quantiles(values: Sequence[float] | np.ndarray, count: int) -> list[float]:
    return [_round(float(value)) for value in np.quantile(values, np.linspace(0, 1, count))]


def _shares(counts: Counter[str], most: int) -> dict[str, float]:
    common = counts.most_common(most)
    whole = sum(count for _, count in common)
    return {text: _round(count / whole) for text, count in common}


def _round(value: float) -> float:
    return value if value == 0 or not math.isfinite(value) else round(value, 4 - math.floor(math.log10(abs(value))) - 1)
