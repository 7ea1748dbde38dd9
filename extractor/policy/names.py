"""Whether a seller's name is that of a private person: a given name and a surname, and nothing of a business."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from extractor.normalize.characters import folded_letters

_WORD = re.compile(r"[^\W\d_]+\.?")


def looks_personal(name: str) -> bool:
    """Two or three words, the first a given name, none that a business has in its name, no digits or other signs.

    Firms that are named after a person ("Tim Hortons") look the same: what rests on this is a hint, no more.
    """
    folded = folded_letters(name).strip()
    words = folded.split()
    if not 2 <= len(words) <= 3 or not all(_WORD.fullmatch(word) for word in words):
        return False
    bare = [word.rstrip(".") for word in words]
    given, business = _known()
    plural = len(bare[-1]) > 4 and bare[-1].endswith("s") and bare[-1][:-1] in given
    return bare[0] in given and not any(word in business for word in bare) and not plural


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Given names of many countries, and words of businesses, folded."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in files("extractor.policy").joinpath("names.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current += folded_letters(line).split()
    return frozenset(sections["given"]), frozenset(sections["business"])
