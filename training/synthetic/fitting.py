"""Counting an OCR-noise model: printed words laid beside the words that an engine read of them.

matching.py says which read character stands for which printed one; everything here is counting.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.types import Word
from training.synthetic.alphabet import KINDS, kind_of, without_accent
from training.synthetic.matching import Matched, Seen, compare
from training.synthetic.misreading import GAPS, LEVELS, is_foreign, is_rule
from training.synthetic.noise import WORST_LEVEL, Errors, OcrNoise
from training.synthetic.sheet import Printed

OFTEN_ENOUGH = 60
"""A character seen this often has a table of its own."""

STRENGTH = 10.0
"""The rate of a character's kind counts as much as this many sightings of the character itself."""

GARBLED = 0.4
"""Words that share fewer of their characters than this with what was read are garbled, not misread."""

Pair = tuple[Sequence[Printed], Sequence[Word], float]
"""One page: what was printed, what was read (`line` numbers the pieces of text found), and its height ÷ width."""

Floats = npt.NDArray[np.float64]


def fit(pairs: Iterable[Pair], fitted_on: str = "") -> OcrNoise:
    """The noise model of these pages; one without noise where nothing is printed on any.

    Pages in scripts foreign to the default engine are read by another engine: they have a model of their own in it.
    """
    pages = [compare(printed, read, aspect) for printed, read, aspect in pairs]
    parts: dict[bool, list[Seen]] = {False: [], True: []}
    for page in pages:
        if page.words:
            parts[is_foreign([one.word for one in page.words])].append(page)
    noise = _fitted(parts[False]) if parts[False] else OcrNoise()
    foreign = _fitted(parts[True]) if parts[True] else None
    return noise.model_copy(update={"foreign": foreign, "fitted_on": fitted_on})


def _fitted(pages: Sequence[Seen]) -> OcrNoise:
    characters, kinds = _confusions(pages)
    levels = _levels(pages, characters, kinds)
    mean = sum(levels) / len(levels)
    if mean > 0:
        # A page has only so many words to go wrong, so that the mean rate is less than the rate of the mean page.
        characters, kinds = ({key: _scaled(errors, mean) for key, errors in of.items()} for of in (characters, kinds))
        levels = [level / mean for level in levels]
    counted: dict[str, Any] = {
        **_clumps(pages),
        **_losses(pages, levels),
        **_spaces(pages),
        **_edges(pages),
        **_junk(pages, levels),
        **_confidences(pages, levels),
    }
    return OcrNoise(characters=characters, kinds=kinds, levels=tuple(_quantiles(levels, 33)), **counted)


def _scaled(errors: Errors, factor: float) -> Errors:
    return errors.model_copy(update={"rate": _round(errors.rate * factor)})


def _garbled(one: Matched) -> bool:
    return len(one.word.text) > 2 and len(one.errors) > (1 - GARBLED) * len(one.word.text)


def _misread(pages: Sequence[Seen]) -> Iterable[Matched]:
    return (one for page in pages for one in page.words if not one.lost and not _garbled(one))


def _confusions(pages: Sequence[Seen]) -> tuple[dict[str, Errors], dict[str, Errors]]:
    """Tables by character and by kind."""
    shown: Counter[str] = Counter()
    wrong: list[list[str]] = []
    instead: dict[str, Counter[str]] = defaultdict(Counter)
    for one in _misread(pages):
        shown.update(one.word.text)
        errors = one.errors
        if errors:
            wrong.append([sign for sign, _ in errors])
        for sign, got in errors:
            instead[sign][_clean(got)] += 1
    damage = _blamed(wrong, shown)
    kinds: dict[str, Errors] = {}
    for kind in KINDS:
        signs = [sign for sign in shown if kind_of(sign) == kind]
        if not signs:
            continue
        count = sum(shown[sign] for sign in signs)
        read: dict[str, float] = defaultdict(float)
        for sign in signs:
            # Each character has one voice: what a frequent one is taken for is not what its kind is taken for.
            for got, times in instead[sign].items():
                read[got] += times / instead[sign].total()
        kinds[kind] = Errors(rate=_round(sum(damage[sign] for sign in signs) / count), read=_shares(read, 30))
    characters = {}
    for sign, count in sorted(shown.items()):
        if count >= OFTEN_ENOUGH:
            rate = (damage[sign] + STRENGTH * kinds[kind_of(sign)].rate) / (count + STRENGTH)
            characters[sign] = Errors(rate=_round(rate), read=_shares(instead[sign], 12))
    return characters, kinds


def _blamed(wrong: Sequence[Sequence[str]], shown: Mapping[str, int]) -> dict[str, float]:
    """How many wrong words each character is to blame for. Errors come in clumps, and one of its wrong characters
    damaged the word: which one is told from their rates, and these from that, in a few rounds (EM)."""
    rates: dict[str, float] = dict.fromkeys(shown, 1.0)
    damage: dict[str, float] = defaultdict(float)
    for _ in range(8):
        damage = defaultdict(float)
        for signs in wrong:
            whole = sum(rates[sign] for sign in signs)
            for sign in signs:
                damage[sign] += rates[sign] / whole
        rates = {sign: max(damage[sign] / count, 1e-9) for sign, count in shown.items()}
    return damage


def _clean(got: str) -> str:
    """What was read for a character, without marks of direction and spaces, without a tail."""
    return "".join(sign for sign in got[:4] if sign.isprintable() and not sign.isspace())[:3]


def _clumps(pages: Sequence[Seen]) -> dict[str, float]:
    more = further = accents = accented = cases = cased = 0
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
        "accents": _round(accents / max(1, accented)),
        "cases": _round(cases / max(1, cased)),
    }


def _levels(pages: Sequence[Seen], characters: dict[str, Errors], kinds: dict[str, Errors]) -> list[float]:
    """By which factor on all rates each page's number of wrong words is explained."""
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


def _losses(pages: Sequence[Seen], levels: Sequence[float]) -> dict[str, object]:
    """Rates at level 1: what was at risk is weighed by the level of its page, as `OcrNoise.apply` scales them."""
    garbled: dict[str, float] = defaultdict(float)
    long: dict[str, float] = defaultdict(float)
    rows, rows_lost = [0.0, 0.0], [0.0, 0.0]
    shown, lost = [0.0] * 3, [0.0] * 3
    for page, level in zip(pages, levels, strict=True):
        ease = 0.5 * (1.0 + level)
        for one in page.words:
            if not one.lost and len(one.word.text) > 2:
                long[kind_of(one.word.text[0])] += level
                garbled[kind_of(one.word.text[0])] += _garbled(one)
        for row in page.rows:
            # A single colon or mark that is lost is a word lost, not a row.
            gone = all(one.lost for one in row) and sum(len(one.word.text) for one in row) > 2
            rule = is_rule([one.word for one in row])
            rows[rule] += ease
            rows_lost[rule] += gone
            for one in row if not gone else ():
                size = min(len(one.word.text), 3) - 1
                shown[size] += ease
                lost[size] += one.lost
    rates = tuple(_round(gone / max(1.0, all_)) for gone, all_ in zip(lost, shown, strict=True))
    return {
        "lost": rates,
        "rows_lost": _round(rows_lost[False] / max(1.0, rows[False])),
        "rules_lost": _round(rows_lost[True] / max(1.0, rows[True])),
        "garbled": {kind: _round(count / max(1.0, long[kind])) for kind, count in sorted(garbled.items()) if count},
    }


def _spaces(pages: Sequence[Seen]) -> dict[str, object]:
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


def _filled(hits: Floats, seen: Floats) -> Floats:
    """Shares by class of gap; where little was seen, pulled towards the nearest class below with a share."""
    shares = np.zeros(len(seen))
    before = float(hits.sum() / max(1.0, seen.sum()))
    for at in range(len(seen)):
        before = shares[at] = (hits[at] + 3 * before) / (seen[at] + 3)
    return shares


def _edges(pages: Sequence[Seen]) -> dict[str, object]:
    edges = np.array([edge for page in pages for edge in page.edges]).reshape(-1, 4)
    if not len(edges):
        return {}
    left, top, right, bottom = (tuple(_quantiles(column, 21)) for column in edges.T)
    return {"sides": (left, right), "tops": (top, bottom)}


def _junk(pages: Sequence[Seen], levels: Sequence[float]) -> dict[str, object]:
    words = [word for page in pages for word in page.spurious if word.text]
    signs = Counter(sign for word in words for sign in _clean(word.text))
    lengths = _quantiles([len(word.text) for word in words], 11) if words else [3.0]
    return {
        "spurious": _round(len(words) / sum(0.5 * (1.0 + level) for level in levels)),
        "spurious_lengths": tuple(max(1, round(length)) for length in lengths),
        "spurious_signs": _shares(signs, 60),
    }


def _confidences(pages: Sequence[Seen], levels: Sequence[float]) -> dict[str, object]:
    bands: dict[bool, list[list[float]]] = {wrong: [[] for _ in range(len(LEVELS) + 1)] for wrong in (False, True)}
    for page, level in zip(pages, levels, strict=True):
        for wrong, sure in page.sure:
            bands[wrong][sum(level >= edge for edge in LEVELS)].append(sure)
    tables = {}
    for wrong, name in ((False, "right"), (True, "wrong")):
        together = [sure for band in bands[wrong] for sure in band] or [1.0 - 0.3 * wrong]
        tables[name] = tuple(tuple(_quantiles(band if len(band) >= 20 else together, 21)) for band in bands[wrong])
    return dict(tables)


def _quantiles(values: Sequence[float] | Floats, count: int) -> list[float]:
    return [_round(float(value)) for value in np.quantile(values, np.linspace(0, 1, count))]


def _shares(counts: Mapping[str, float], most: int) -> dict[str, float]:
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    whole = sum(count for _, count in common)
    return {text: _round(count / whole) for text, count in common}


def _round(value: float) -> float:
    return value if value == 0 or not math.isfinite(value) else round(value, 4 - math.floor(math.log10(abs(value))) - 1)
