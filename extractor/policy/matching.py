"""Words that are looked for in what was read: whole words in many languages, found through the slips of OCR.

A word list is data (words/NAME.yaml): `terms` by language, `except` phrases in which a term is meant otherwise, and
`unless` phrases that clear a whole text. How a term is found:

- text and terms lose case and accents; the signs that OCR mixes up (0 and o; 1, l and i; 5 and s; 8 and b) are made
  alike, in words of at least four letters ("WlNE", "8EER" and "Brandy" as "8randy");
- digits and measures stuck to a word come off ("BEER330ML", "2xMerlot");
- a plural s is allowed, and a space too many or too few ("GIFTCARD", "HEINE KEN");
- words of at least eight letters may differ by one letter behind the first ("CHAMPAQNE");
- words of up to four letters count only in receipts of their language ("vin", "bier"), unless listed under `any`
  or `en`;
- scripts without spaces between words are searched as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz.distance import DamerauLevenshtein

from extractor.normalize.characters import folded_letters

EVERYWHERE = ("any", "en")
"""Languages whose words are printed on receipts everywhere."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_EDGES = re.compile(r"^\d+x?(?=[^\W\d_]{2})|(?<=[^\W\d_]{3})\d+(?:[.,]\d+)?(?:ml|cl|l|g|gm|kg|pk|pcs|s|x)?$")
_LOOK_ALIKE = str.maketrans({"1": "i", "l": "i", "|": "i", "!": "i", "0": "o", "5": "s", "8": "b"})
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EXACT, _SHORT, _LONG, _MOST_WORDS = 3, 4, 8, 4


@dataclass(frozen=True)
class Hit:
    """A term that was found: how it is listed, in which list, and how surely it is meant."""

    term: str
    list_name: str
    confidence: float

    @property
    def told(self) -> str:
        return f"“{self.term}” of the list {self.list_name.replace('_', ' ')}" if self.list_name else f"“{self.term}”"


@dataclass(frozen=True)
class _Term:
    term: str
    list_name: str
    languages: frozenset[str]


class Matcher:
    """Looks for the terms of several lists at once."""

    def __init__(self, lists: Sequence[str], words: Sequence[str], except_words: Sequence[str]) -> None:
        self._terms: dict[str, _Term] = {}
        self._unspaced: dict[str, _Term] = {}
        self._long: list[str] = []
        self._except = {_joined(_tokens(phrase)) for phrase in except_words}
        self._unless: set[str] = set()
        for name in lists:
            self._take(name, _list(name))
        for word in words:
            self._add(_Term(word, "", frozenset({"any"})))
        self._long = [key for key in self._terms if len(key) >= _LONG]

    def find(self, text: str, language: str | None = None) -> Hit | None:
        """The surest term in a text, or None. `language` is the ISO code of what the text is written in."""
        tokens = _tokens(text)
        windows = list(_windows(tokens))
        if any(key in self._unless for _, _, key in windows) or any(
            term in text for term in self._unless if _UNSPACED.search(term)
        ):
            return None
        cleared = {at for start, stop, key in windows if key in self._except for at in range(start, stop)}
        found = list(self._unspaced_in(text))
        found += self._as_it_stands(text, cleared, language)
        for start, stop, key in windows:
            if not cleared.intersection(range(start, stop)):
                found += self._at(key, stop - start, language)
        return max(found, key=lambda hit: (hit.confidence, len(hit.term)), default=None)

    def _as_it_stands(self, text: str, cleared: set[int], language: str | None) -> Iterator[Hit]:
        """Words with the digits at their edges left on: "8EER" is no eight of something."""
        for at, word in enumerate(_WORD.findall(_folded(text))):
            if word[0].isdigit() and at not in cleared:
                yield from self._at(_alike(word), 1, language)

    def _at(self, key: str, count: int, language: str | None) -> Iterator[Hit]:
        for form in _singular(key):
            term = self._terms.get(form)
            if term is not None:
                words = len(term.term.split())
                # A word broken in two must be long, or any two short words would make one.
                if (count <= words or len(form) >= _LONG) and _counts(term, form, language):
                    yield Hit(term.term, term.list_name, 1.0)
                return
        for known in self._long if len(key) >= _LONG else ():
            term = self._terms[known]
            # Word for word: "Coco Tall" is no cocktail.
            if known[0] == key[0] and count == len(term.term.split()) and _nearly(known, key):
                yield Hit(term.term, term.list_name, 0.8)

    def _unspaced_in(self, text: str) -> Iterator[Hit]:
        bare = "".join(text.split())
        for excepted in self._except:
            if _UNSPACED.search(excepted):
                bare = bare.replace(excepted, " ")
        for form, term in self._unspaced.items():
            if form in bare:
                yield Hit(term.term, term.list_name, 0.95)

    def _take(self, name: str, data: dict[str, Any]) -> None:
        for language, terms in data["terms"].items():
            for term in terms:
                self._add(_Term(str(term), name, frozenset({str(language)})))
        self._except |= {_joined(_tokens(phrase)) for phrase in data.get("except", ())}
        self._unless |= {_joined(_tokens(phrase)) for phrase in data.get("unless", ())}

    def _add(self, term: _Term) -> None:
        if _UNSPACED.search(term.term):
            self._unspaced["".join(term.term.split())] = term
            return
        key = _joined(_tokens(term.term))
        known = self._terms.get(key)
        languages = term.languages | (known.languages if known else frozenset())
        self._terms[key] = _Term(known.term if known else term.term, (known or term).list_name, languages)


@lru_cache(maxsize=32)
def matcher_of(lists: tuple[str, ...], words: tuple[str, ...], except_words: tuple[str, ...]) -> Matcher:
    """The matcher of these lists and words, built once."""
    return Matcher(lists, words, except_words)


@lru_cache(maxsize=1)
def list_names() -> tuple[str, ...]:
    """The word lists that ship."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml")))


def _folder() -> Any:
    return files("extractor.policy").joinpath("words")


@lru_cache(maxsize=32)
def _list(name: str) -> dict[str, Any]:
    # BaseLoader leaves every scalar a string: the language "no" is not False.
    loaded: dict[str, Any] = yaml.load(_folder().joinpath(f"{name}.yaml").read_text("utf-8"), yaml.BaseLoader)
    return loaded


def _tokens(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [_alike(_EDGES.sub("", word)) for word in _WORD.findall(_folded(text))]


def _folded(text: str) -> str:
    return folded_letters(text.replace("&", " and "))


def _alike(word: str) -> str:
    word = word.replace("'", "")
    letters = sum(sign.isalpha() for sign in word)
    return word.translate(_LOOK_ALIKE) if len(word) > _EXACT and letters >= len(word) / 2 else word


def _joined(tokens: Iterable[str]) -> str:
    # Made alike once more: in a short word that stands in a phrase nothing was.
    whole = "".join(tokens)
    return whole.translate(_LOOK_ALIKE) if len(whole) > _EXACT and not whole.isdigit() else whole


def _windows(tokens: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Every run of up to four words: where it starts and stops, and the words joined."""
    for start in range(len(tokens)):
        for stop in range(start + 1, min(start + _MOST_WORDS, len(tokens)) + 1):
            yield start, stop, _joined(tokens[start:stop])


def _singular(key: str) -> Iterator[str]:
    yield key
    if len(key) > _SHORT and key.endswith("s"):
        yield key[:-1]


def _nearly(known: str, key: str) -> bool:
    return DamerauLevenshtein.distance(known, key, score_cutoff=1) <= 1


def _counts(term: _Term, form: str, language: str | None) -> bool:
    return len(form) > _SHORT or bool(term.languages.intersection(EVERYWHERE)) or language in term.languages
