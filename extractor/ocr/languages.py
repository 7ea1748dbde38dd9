"""Languages as a user writes them (`de`, `deu`) and as Tesseract names its packs."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.errors import UsageError

PACKS: dict[str, str] = {
    "af": "afr", "ar": "ara", "az": "aze", "be": "bel", "bg": "bul", "bn": "ben", "bs": "bos", "ca": "cat",
    "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "gu": "guj", "he": "heb",
    "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "is": "isl", "it": "ita", "ja": "jpn",
    "ka": "kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "ky": "kir", "lo": "lao", "lt": "lit",
    "lv": "lav", "mk": "mkd", "ml": "mal", "mn": "mon", "mr": "mar", "ms": "msa", "mt": "mlt", "my": "mya",
    "nb": "nor", "ne": "nep", "nl": "nld", "no": "nor", "pa": "pan", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sa": "san", "si": "sin", "sk": "slk", "sl": "slv", "sq": "sqi", "sr": "srp", "sv": "swe",
    "sw": "swa", "ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "uk": "ukr", "ur": "urd",
    "uz": "uzb", "vi": "vie", "yi": "yid", "zh": "chi_sim", "zh-cn": "chi_sim", "zh-tw": "chi_tra",
}  # fmt: skip
"""ISO 639-1 codes and the Tesseract packs for them."""

_SCRIPT_PACKAGES = {
    "Arabic": "arab", "Cyrillic": "cyrl", "Devanagari": "deva", "Greek": "grek", "Hebrew": "hebr", "Latin": "latn",
    "Thai": "thai",
}  # fmt: skip


def pack(language: str) -> str:
    """The Tesseract pack of a language given as ISO 639-1 (`de`) or already as a pack (`deu`, `script/Cyrillic`)."""
    return PACKS.get(language.lower(), language)


def debian_package(pack: str) -> str:
    """The Debian and Ubuntu package that holds a pack."""
    folder, _, name = pack.rpartition("/")
    if folder == "script":
        return f"tesseract-ocr-script-{_SCRIPT_PACKAGES.get(name, name[:4].lower())}"
    return f"tesseract-ocr-{pack.lower().replace('_', '-')}"


def require_packs(packs: Sequence[str], installed: Sequence[str]) -> None:
    """Raises UsageError (missing_language), which names each pack that is not installed and what to install for it."""
    missing = [name for name in packs if name not in installed]
    if missing:
        raise UsageError(
            f"Tesseract has no language pack {', '.join(missing)} (it has: {', '.join(installed) or 'none'}).",
            code="missing_language",
            hint=f"On Debian and Ubuntu: apt-get install {' '.join(map(debian_package, missing))}.",
        )
