"""Tesseract 5 through pytesseract, with the language packs of the user's machine."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from extractor.errors import MissingExtra, OcrError, UsageError
from extractor.ocr.base import Reading
from extractor.ocr.languages import pack, require_packs
from extractor.types import Box, ImageArray, Word

CERTAIN = 4.0
"""Detection of orientation this far from its runner-up is believed without reading the page both ways."""

DOUBTFUL = 0.75
"""Where the words of a page have less confidence than this on average, it is read all four ways round."""

UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "CJK", "HIRAGANA", "KATAKANA")
"""Scripts written without spaces, whose words Tesseract gives in single letters (beginnings of Unicode names)."""


@dataclass(frozen=True)
class TesseractSettings:
    """What may be chosen. Grey and not binarised, which costs accuracy on receipts."""

    threads: int = 1
    """More than one hardly speeds up a page and halves what two processes read together."""
    psm: int = 6
    """Page segmentation: 6 takes the page for one block of rows, and finds most totals on narrow receipts."""
    longest_side: int = 2000
    """Larger pictures are reduced to this first."""
    min_confidence: float = 0.3
    """Words read with less than this are dropped."""
    upright: bool = True
    """Find out whether the page lies on its side or upside down, and turn it."""
    timeout: float = 60.0
    """Seconds after which one call of Tesseract is given up."""


@dataclass(frozen=True, slots=True)
class Osd:
    """What Tesseract's orientation and script detection says of a page.

    `turned` is how far to turn the page counter-clockwise; `sure` and `script_sure` are the distances to the runner-up
    on Tesseract's own open-ended scale.
    """

    turned: int
    sure: float
    script: str
    script_sure: float


class TesseractOcr:
    """An engine for one choice of languages (ISO 639-1 codes or names of packs), `eng` unless told otherwise.

    Raises MissingExtra without pytesseract or the program, UsageError (missing_language) without a pack.
    """

    def __init__(self, languages: Sequence[str] | None = None, settings: TesseractSettings | None = None) -> None:
        self.settings = settings or TesseractSettings()
        installed = installed_packs()
        self.packs = tuple(pack(language) for language in languages or ()) or _default_packs(installed)
        require_packs(self.packs, installed)
        self._can_turn = "osd" in installed
        self._version = str(_pytesseract().get_tesseract_version())

    @property
    def name(self) -> str:
        chosen = asdict(self.settings)
        for speed_only in ("threads", "timeout"):
            del chosen[speed_only]
        settings = ",".join(f"{key}={value}" for key, value in chosen.items())
        return f"tesseract-{self._version}:languages={'+'.join(self.packs)},{settings}"

    def read(self, image: ImageArray) -> Reading:
        grey = _grey(image, self.settings.longest_side)
        if not self.settings.upright:
            return self._read(grey, 0)
        osd = detect(grey, self.settings) if self._can_turn else None
        guess = osd.turned if osd is not None else 0
        best = self._read(grey, guess)
        tried = {guess}
        if guess and osd is not None and osd.sure < CERTAIN:
            # Detection errs on pages with little text; reading both ways costs time on turned pages alone.
            best = max(self._read(grey, 0), best, key=weight)
            tried.add(0)
        if _mean(best) < DOUBTFUL:
            others = sorted({0, 90, 180, 270} - tried)
            best = max([best, *(self._read(grey, turned) for turned in others)], key=weight)
        return best

    def _read(self, grey: ImageArray, turned: int) -> Reading:
        grey = np.ascontiguousarray(np.rot90(grey, turned // 90))
        with _failures(self.settings):
            found = _pytesseract().image_to_data(
                _picture(grey),
                lang="+".join(self.packs),
                config=f"--psm {self.settings.psm}",
                output_type="dict",
                timeout=self.settings.timeout,
            )
        words, unread = _words(found, grey.shape[1], grey.shape[0], self.settings.min_confidence)
        return Reading(words, turned, unread)


def installed_packs() -> tuple[str, ...]:
    """The language packs that Tesseract finds on this machine, `osd` (orientation and script detection) among them.

    Raises MissingExtra without pytesseract or the program itself.
    """
    pytesseract = _pytesseract()
    try:
        pytesseract.get_tesseract_version()
        return tuple(sorted(pytesseract.get_languages()))
    except (pytesseract.TesseractNotFoundError, SystemExit) as missing:
        raise MissingExtra(
            "The program tesseract is not installed or not on the PATH.",
            code="missing_tesseract",
            hint="On Debian and Ubuntu: apt-get install tesseract-ocr; on macOS: brew install tesseract.",
        ) from missing


def detect(image: ImageArray, settings: TesseractSettings | None = None) -> Osd | None:
    """Which way up a page is and in which script; None where Tesseract finds too little text to tell."""
    settings = settings or TesseractSettings()
    pytesseract = _pytesseract()
    grey = image if image.ndim == 2 else _grey(image, settings.longest_side)
    with _failures(settings):
        try:
            found = pytesseract.image_to_osd(_picture(grey), output_type="dict", timeout=settings.timeout)
        except pytesseract.TesseractError as defect:
            if "Too few characters" in str(defect):
                return None
            raise
    return Osd(
        turned=int(found["orientation"]) % 360,
        sure=float(found["orientation_conf"]),
        script=str(found["script"]),
        script_sure=float(found["script_conf"]),
    )


def _words(found: dict[str, list[Any]], width: int, height: int, least: float) -> tuple[tuple[Word, ...], int]:
    """The words of Tesseract's table, numbered by its lines, and how many were too uncertain to keep."""
    words: list[Word] = []
    lines: dict[tuple[int, int, int], int] = {}
    unread = 0
    for at, text in enumerate(found["text"]):
        confidence = float(found["conf"][at]) / 100
        text = str(text).strip()
        if confidence < 0 or not text:
            continue
        if confidence < least:
            unread += 1
            continue
        place = (int(found["block_num"][at]), int(found["par_num"][at]), int(found["line_num"][at]))
        left, top = int(found["left"][at]), int(found["top"][at])
        box = Box.clipped(
            left / width,
            top / height,
            (left + int(found["width"][at])) / width,
            (top + int(found["height"][at])) / height,
        )
        words.append(Word(text, box, min(confidence, 1.0), lines.setdefault(place, len(lines))))
    return tuple(_glued(words, width / height)), unread


def _glued(words: Sequence[Word], aspect: float) -> Iterator[Word]:
    """The words, letters of scripts without spaces joined where they touch. `aspect`: width over height of the page."""
    held: Word | None = None
    for word in words:
        if held is not None:
            near = abs(word.box.x0 - held.box.x1) * aspect < 0.5 * max(word.box.height, held.box.height)
            if near and held.line == word.line and _unspaced(held.text[-1]) and _unspaced(word.text[0]):
                box = Box.around((held.box, word.box))
                held = Word(held.text + word.text, box, min(held.confidence, word.confidence), held.line)
                continue
            yield held
        held = word
    if held is not None:
        yield held


def _unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(UNSPACED)


def weight(reading: Reading) -> float:
    """How much was read with how much confidence: text upside down gives few letters and little confidence."""
    return sum((word.confidence - 0.5) * len(word.text) for word in reading.words)


def _mean(reading: Reading) -> float:
    return float(np.mean([word.confidence for word in reading.words])) if reading.words else 0.0


def _default_packs(installed: Sequence[str]) -> tuple[str, ...]:
    others = [name for name in installed if name not in ("eng", "osd")]
    return ("eng",) if "eng" in installed or not others else (others[0],)


def _grey(image: ImageArray, longest_side: int) -> ImageArray:
    picture = _picture(image).convert("L")
    picture.thumbnail((longest_side, longest_side))
    return np.asarray(picture, np.uint8)


def _picture(image: ImageArray) -> Any:
    from PIL import Image

    picture = Image.fromarray(image)
    # Without a resolution Tesseract guesses one, warns, and refuses pages it guesses to be tiny.
    picture.info["dpi"] = (200, 200)
    return picture


@contextmanager
def _failures(settings: TesseractSettings) -> Iterator[None]:
    """Whatever Tesseract does becomes an OcrError or a UsageError. Its number of threads is an environment variable."""
    pytesseract = _pytesseract()
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = str(settings.threads)
    try:
        yield
    except (OcrError, UsageError):
        raise
    except pytesseract.TesseractNotFoundError as missing:
        raise MissingExtra("The program tesseract is gone.", code="missing_tesseract") from missing
    except Exception as defect:
        if "timeout" in str(defect):
            raise OcrError(
                f"Tesseract did not finish this page in {settings.timeout:g} seconds.", hint="Try --ocr rapidocr."
            ) from defect
        raise OcrError(
            f"Tesseract failed on this page ({type(defect).__name__}).", hint="Try --ocr rapidocr."
        ) from defect
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before


def _pytesseract() -> Any:
    try:
        with _hidden("pandas"):
            import pytesseract
    except ImportError as missing:
        raise MissingExtra(
            "Reading with Tesseract needs the package pytesseract.", hint='pip install "tailor[tesseract]".'
        ) from missing
    return pytesseract


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """As if a package were not installed. pytesseract imports pandas where it is, for a kind of output that nobody asks
    for here: 67 MB that a worker would keep from the first page on that Tesseract looks at."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
