"""How wide text is, in ordinary characters of a sheet (one column): estimated from classes of characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol


class Metrics(Protocol):
    """The measures of one face on one sheet. Lengths are in columns: shares 1/columns of the printable width."""

    @property
    def em(self) -> float:
        """The height of ordinary type in columns."""

    def width(self, text: str, size: float, bold: bool) -> float:
        """The width of a text without spaces at its ends, in columns."""


EMS: Mapping[str, float] = {"mono": 1.66, "dot": 1.66, "sans": 1.85, "serif": 1.95}
"""How many columns high the type of a face is: of faces with letters of different widths, columns are counted by an
average with room to spare, because documents print many capitals and figures."""

_NARROW, _SLIM, _WIDE = set("iljI.,:;'|!()[] "), set('frt-/\\"*'), set("mwMW@%&")
_FULL = 1.0
_SANS = (0.28, 0.36, 0.86, 0.67, 0.556, 0.53)
"""Shares of an em: narrow, slim and wide signs, capitals, figures, small letters (near those of Helvetica)."""


@lru_cache(maxsize=8192)
def _share(sign: str) -> float:
    """The width of a sign in a proportional face, in ems."""
    if sign in _NARROW:
        return _SANS[0]
    if sign in _SLIM:
        return _SANS[1]
    if sign in _WIDE:
        return _SANS[2]
    if unicodedata.category(sign) in ("Mn", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return _FULL
    return _SANS[3] if sign.isupper() else _SANS[4] if sign.isdigit() else _SANS[5]


@lru_cache(maxsize=8192)
def _cells(sign: str) -> float:
    if unicodedata.category(sign) in ("Mn", "Cf"):
        return 0.0
    return 1.66 if unicodedata.east_asian_width(sign) in ("W", "F") else 1.0


class EstimatedMetrics:
    """Near the real fonts, without any font: constant advance for "mono" and "dot", classes of widths for others."""

    def __init__(self, face: str) -> None:
        self.em = EMS.get(face, 1.85)
        self._even = face in ("mono", "dot")
        self._bold = 1.0 if self._even else 1.07

    def width(self, text: str, size: float, bold: bool) -> float:
        if self._even:
            return size * (len(text) if text.isascii() else sum(map(_cells, text)))
        wide = sum(map(_share, text)) * self.em * size
        return wide * self._bold if bold else wide


@lru_cache(maxsize=8)
def estimated(face: str) -> EstimatedMetrics:
    return EstimatedMetrics(face)
