"""Fonts of this machine for each script and face, found by their files' names; no font travels with Tailor."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.errors import UsageError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FOLDERS: tuple[Path, ...] = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
)

_LATIN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "mono": (
        ("DejaVuSansMono", "DejaVuSansMono-Bold"),
        ("NimbusMonoPS-Regular", "NimbusMonoPS-Bold"),
        ("NotoSansMono-Regular", "NotoSansMono-Bold"),
        ("LiberationMono-Regular", "LiberationMono-Bold"),
        ("FreeMono", "FreeMonoBold"),
    ),
    "sans": (
        ("NimbusSans-Regular", "NimbusSans-Bold"),
        ("NotoSans-Regular", "NotoSans-Bold"),
        ("DejaVuSansCondensed", "DejaVuSansCondensed-Bold"),
        ("LiberationSans-Regular", "LiberationSans-Bold"),
        ("URWGothic-Book", "URWGothic-Demi"),
        ("DejaVuSans", "DejaVuSans-Bold"),
    ),
    "serif": (
        ("NimbusRoman-Regular", "NimbusRoman-Bold"),
        ("NotoSerif-Regular", "NotoSerif-Bold"),
        ("C059-Roman", "C059-Bold"),
        ("P052-Roman", "P052-Bold"),
        ("DejaVuSerifCondensed", "DejaVuSerifCondensed-Bold"),
    ),
}
_THAI_SANS = (("Garuda", "Garuda-Bold"), ("Loma", "Loma-Bold"), ("NotoSansThai-Regular", "NotoSansThai-Bold"))
_ARABIC = (
    ("DejaVuSans", "DejaVuSans-Bold"),
    ("NotoSansArabic-Regular", "NotoSansArabic-Bold"),
    ("NotoKufiArabic-Regular", "NotoKufiArabic-Bold"),
)
_CJK = (("NotoSansCJK-Regular", "NotoSansCJK-Bold"),)
_DEVANAGARI = (("NotoSansDevanagari-Regular", "NotoSansDevanagari-Bold"), ("gargi", "gargi"))
_FONTS: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]] = {
    "latin": _LATIN,
    "thai": {
        "mono": (
            ("TlwgTypist", "TlwgTypist-Bold"),
            ("TlwgTypewriter", "TlwgTypewriter-Bold"),
            ("TlwgTypo", "TlwgTypo-Bold"),
        ),
        "sans": _THAI_SANS,
        "serif": (("Kinnari", "Kinnari-Bold"), ("NotoSerifThai-Regular", "NotoSerifThai-Bold")),
    },
    "arabic": {
        "mono": (("DejaVuSansMono", "DejaVuSansMono-Bold"),),
        "sans": _ARABIC,
        "serif": (("NotoNaskhArabic-Regular", "NotoNaskhArabic-Bold"),),
    },
    "cjk": {"mono": _CJK, "sans": _CJK, "serif": (("NotoSerifCJK-Regular", "NotoSerifCJK-Bold"),)},
    "devanagari": {
        "mono": _DEVANAGARI,
        "sans": _DEVANAGARI,
        "serif": (("NotoSerifDevanagari-Regular", "NotoSerifDevanagari-Bold"),),
    },
}
"""By script and face: pairs of files, ordinary and bold, without their endings. TlwgMono is left out: Pillow sets its
vowel marks over the wrong letters."""

PACKAGES: Mapping[str, str] = {
    "latin": "fonts-dejavu-core fonts-noto-core",
    "thai": "fonts-thai-tlwg",
    "arabic": "fonts-dejavu-core fonts-noto-core",
    "cjk": "fonts-noto-cjk",
    "devanagari": "fonts-noto-core",
}
"""The Debian packages that bring fonts of a script."""

_FALLBACK = ("DejaVuSans", "DejaVuSans-Bold")
_CJK_FACES = {"ja": 0, "ko": 1, "zh": 2, "zh_TW": 3, "zh_HK": 4}
"""Where a language's shapes are in the collections of Noto CJK; five later, those with Latin letters half as wide."""
_SAME_WIDTH = 5


@dataclass(frozen=True)
class FontFile:
    path: Path
    index: int = 0

    def covers(self, signs: Iterable[str]) -> bool:
        return coverage(self.path, self.index).issuperset(map(ord, signs))

    def at(self, pixels: int) -> FreeTypeFont:
        return _loaded(self.path, self.index, pixels)


@dataclass(frozen=True)
class FaceFonts:
    """The fonts of one face: the first that has the signs of a word sets it. Ordinary, bold, and a display face for
    large names."""

    ordinary: tuple[FontFile, ...]
    bold: tuple[FontFile, ...]
    display: tuple[FontFile, ...]

    def segments(self, text: str, fonts: Sequence[FontFile]) -> list[tuple[str, FontFile]]:
        """The text in pieces that one font has all signs of. Raises UsageError for a sign that none has."""
        for font in fonts:
            if font.covers(text):
                return [(text, font)]
        found: list[tuple[str, FontFile]] = []
        for sign in text:
            able = [one for one in fonts if one.covers(sign)]
            if not able:
                raise UsageError(
                    f"No font of this machine draws {sign!r} (U+{ord(sign):04X}).",
                    code="missing_fonts",
                    hint=f"Install {PACKAGES[script_of(sign)]}.",
                )
            if found and found[-1][1] == able[0]:
                found[-1] = (found[-1][0] + sign, able[0])
            else:
                found.append((sign, able[0]))
        return found


def script_of(text: str) -> str:
    """The script of a document by its signs: the first that is not Latin, else "latin"."""
    if text.isascii():
        return "latin"
    for sign in text:
        code = ord(sign)
        if 0x0E00 <= code < 0x0E80:
            return "thai"
        if 0x0600 <= code < 0x0700:
            return "arabic"
        if 0x0900 <= code < 0x0980:
            return "devanagari"
        if 0x3040 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0 or 0x1100 <= code < 0x1200:
            return "cjk"
    return "latin"


def language_of(text: str, locale: str) -> str:
    """Which of the East Asian languages a text is in, as the collections of fonts tell them apart."""
    if any(0x3040 <= ord(sign) < 0x3100 for sign in text):
        return "ja"
    if any(0xAC00 <= ord(sign) < 0xD7B0 for sign in text):
        return "ko"
    if locale in _CJK_FACES:
        return locale
    language = locale.partition("_")[0]
    return language if language in _CJK_FACES else "zh"


def choose(face: str, text: str, draw: random.Random, locale: str = "") -> FaceFonts:
    """Fonts for a document of this text. Raises UsageError (missing_fonts), naming the packages to install, where its
    script has none."""
    script = script_of(text)
    drawn_as = "mono" if face == "dot" else face
    index = _CJK_FACES[language_of(text, locale)] if script == "cjk" else 0
    even = script == "cjk" and drawn_as == "mono"
    pairs = _there(_FONTS[script].get(drawn_as, ()))
    if not pairs:
        pairs = _there(_FONTS[script]["sans"])
    if not pairs:
        raise UsageError(
            f"No font for {script} writing was found on this machine.",
            code="missing_fonts",
            hint=f"Install {PACKAGES[script]} (Debian, Ubuntu).",
        )
    signs = set(text) - {" "}
    whole = [pair for pair in pairs if FontFile(pair[0], index).covers(signs)]
    first = draw.choice(whole or pairs)
    latin = _there(_LATIN[drawn_as]) + _there((_FALLBACK,)) + _there(_DEVANAGARI) + _there(_CJK)
    display_pairs = _there(_FONTS[script]["sans"]) + _there(_FONTS[script].get("serif", ()))
    shown = draw.choice([pair for pair in display_pairs if FontFile(pair[0], index).covers(signs)] or [first])

    def chain(pair: tuple[Path, Path], bold: bool) -> tuple[FontFile, ...]:
        offset = index + (_SAME_WIDTH if even and "Sans" in pair[0].name else 0)
        others = tuple(FontFile(other[bold]) for other in latin if other != pair)
        return (FontFile(pair[bold], offset if script == "cjk" else 0), *others)

    return FaceFonts(chain(first, False), chain(first, True), chain(shown, True))


def _there(pairs: Iterable[tuple[str, str]]) -> list[tuple[Path, Path]]:
    files = _files()
    return [(files[one], files.get(bold, files[one])) for one, bold in pairs if one in files]


@cache
def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for ending in ("ttf", "otf", "ttc"):
            for path in sorted(folder.rglob(f"*.{ending}")) if folder.is_dir() else ():
                found.setdefault(path.stem, path)
    return found


@lru_cache(maxsize=64)
def coverage(path: Path, index: int) -> frozenset[int]:
    """The code points that a font has glyphs for."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=index if path.suffix == ".ttc" else -1, lazy=True) as font:
        return frozenset(font.getBestCmap() or {})


@lru_cache(maxsize=256)
def _loaded(path: Path, index: int, pixels: int) -> FreeTypeFont:
    from PIL import ImageFont, features

    if not features.check("raqm") and sys.platform != "win32":
        return ImageFont.truetype(str(path), pixels, index=index)
    return ImageFont.truetype(str(path), pixels, index=index, layout_engine=ImageFont.Layout.RAQM)
