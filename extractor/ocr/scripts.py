"""Scripts that RapidOCR's model can't read: how a page in one is noticed, and which Tesseract pack reads it.

PP-OCRv6 small knows Latin with accents, Chinese and Japanese. The `character` list in its metadata has no Cyrillic,
Arabic, Hebrew, Thai or Devanagari; Greek capitals and plain small letters, but none with an accent. On a page in such a
script it still reads the figures, finds the other pieces of text and reads nothing in them, or nonsense with little
confidence. The share of such pieces tells these pages from normal ones without any further work.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from extractor.ocr.base import Reading
from extractor.types import Word


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its everyday name, by the word its letters' Unicode names begin with, and the Tesseract packs that
    read it, the commonest language first.

    `with_english`: the pack reads figures and Latin words better together with English. Not where letters look like
    Latin ones (МЕТРО) and English would take them over.
    """

    name: str
    letters: str
    packs: tuple[str, ...]
    with_english: bool = False


FOREIGN: tuple[Script, ...] = (
    Script("Cyrillic", "CYRILLIC", ("rus", "ukr", "bul", "srp", "bel", "mkd", "kaz", "kir", "mon", "script/Cyrillic")),
    Script("Greek", "GREEK", ("ell", "script/Greek")),
    Script("Arabic", "ARABIC", ("ara", "fas", "urd", "script/Arabic"), with_english=True),
    Script("Hebrew", "HEBREW", ("heb", "yid", "script/Hebrew"), with_english=True),
    Script("Thai", "THAI", ("tha", "script/Thai"), with_english=True),
    Script("Devanagari", "DEVANAGARI", ("hin", "mar", "nep", "san", "script/Devanagari")),
)
"""What `auto` hands to Tesseract."""

SUSPICIOUS = 0.25
"""A page is looked at again where this share of its pieces of text was not read or read badly. Pages rendered in the
scripts above lie at 0.32–0.73, but for Greek; of 335 receipts of the train split 2 lie above 0.25."""

WEAK = 0.8
"""A piece of text whose words have less confidence than this on average counts as read badly."""

GREEK = 0.15
"""Greek is read, but badly. This share of Greek letters on a page gives it away; a stray sign in Latin text doesn't."""

FEWEST = 4
"""Pages with fewer pieces of text than this say nothing about their script."""


def by_name(name: str) -> Script | None:
    """The script of this name (as Tesseract's detection names it), where it is one of FOREIGN."""
    return next((script for script in FOREIGN if script.name == name), None)


def badly_read(reading: Reading) -> float:
    """The share of the pieces of text on a page that were not read, or with little confidence: 0–1."""
    pieces: dict[int, list[float]] = {}
    for word in reading.words:
        pieces.setdefault(word.line, []).append(word.confidence)
    found = len(pieces) + reading.unread
    if found < FEWEST:
        return 0.0
    weak = sum(float(np.mean(confidences)) < WEAK for confidences in pieces.values())
    return (weak + reading.unread) / found


def letters_in(words: Iterable[Word], script: Script) -> float:
    """The share of the letters of these words that belong to a script; 0 where there are no letters."""
    letters = [character for word in words for character in word.text if character.isalpha()]
    own = sum(unicodedata.name(letter, "").startswith(script.letters) for letter in letters)
    return own / len(letters) if letters else 0.0


def pack_for(script: Script, installed: Sequence[str], wanted: Sequence[str] = ()) -> str | None:
    """The Tesseract pack to read a script with: one the user asked for before the commonest; None if none is there."""
    fitting = [pack for pack in wanted if pack in script.packs] + list(script.packs)
    return next((pack for pack in fitting if pack in installed), None)
