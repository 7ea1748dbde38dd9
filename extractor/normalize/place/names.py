"""Clues by name: countries, regions, cities and the words of `words.py`, looked up as runs of up to four words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from extractor.normalize.characters import folded_letters
from extractor.normalize.place.clues import Clue, named, shares
from extractor.normalize.place.regions import ALSO_WORDS, REGIONS
from extractor.normalize.place.words import TABLES

LONGEST = 4
_LONG = 6
_WORD = re.compile(r"[^\W_]+")
_PRICED = re.compile(r"\d[.,]\d{2}\D{0,6}$")
_NAMES = frozenset({"country name", "city", "region"})
# OCR takes these for one another; names and words are compared after both were reduced to the same signs.
_LOOK_ALIKE = str.maketrans({"1": "i", "l": "i", "|": "i", "j": "i", "0": "o", "5": "s", "v": "u", "8": "b"})


def skeleton(words: str) -> str:
    """Folded words with the signs that OCR mixes up made alike: "langkaw1" and "langkawi" are one.

    Short words stay: too many of them differ by no more than such a sign ("mail", "mali").
    """
    return words.translate(_LOOK_ALIKE) if len(words) >= _LONG else words


@lru_cache(maxsize=1)
def lexicon() -> tuple[dict[str, tuple[tuple[str, str], ...]], frozenset[str]]:
    """Every known phrase with its kinds and countries, and the words that longer ones begin with. Read once, 30 ms."""
    known: dict[str, list[tuple[str, str]]] = {}
    for line in files("extractor.normalize.place").joinpath("gazetteer.tsv").read_text("utf-8").split("\n"):
        if line and not line.startswith("#"):
            kind, name, who = line.split("\t")
            known.setdefault(skeleton(name), []).append(("country name" if kind == "country" else kind, who))
    for country, names in REGIONS.items():
        for name in names.split("|"):
            found = known.setdefault(skeleton(name), [])
            found[:] = [entry for entry in found if entry[0] != "city"]
            found.append(("region", f"{country}:0.4" if name in ALSO_WORDS else country))
    for kind, table in TABLES.items():
        for line in table.strip().split("\n"):
            who, _, phrases = line.partition(" = ")
            for phrase in phrases.split("|"):
                known.setdefault(skeleton(phrase.strip()), []).append((kind, who.strip()))
    starts = frozenset(phrase.split(" ", 1)[0].translate(_LOOK_ALIKE) for phrase in known if " " in phrase)
    return {phrase: tuple(found) for phrase, found in known.items()}, starts


@lru_cache(maxsize=1024)
def _clue(kind: str, text: str, who: str) -> Clue:
    return named(kind, text, shares(who))


def name_clues(lines: list[str]) -> Iterator[Clue]:
    """The clues by name in the lines of a document; dishes and goods, on lines that end in a price, name no place."""
    known, starts = lexicon()
    for line in lines:
        priced = _PRICED.search(line) is not None
        spots = [(match.start(), match.group()) for match in _WORD.finditer(folded_letters(line))]
        at = 0
        while at < len(spots):
            taken = 1
            start, first = spots[at]
            for length in range(LONGEST if first.translate(_LOOK_ALIKE) in starts else 1, 0, -1):
                if at + length > len(spots):
                    continue
                phrase = skeleton(first if length == 1 else " ".join(word for _, word in spots[at : at + length]))
                if phrase not in known:
                    continue
                for kind, who in known[phrase]:
                    if kind in _NAMES and (priced or line[start].islower()):
                        continue
                    yield _clue(kind, phrase, who)
                taken = length
                break
            at += taken
