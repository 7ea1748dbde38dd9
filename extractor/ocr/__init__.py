"""Reading the words of a page: engines behind one Protocol, a cache, rows in reading order.

`build_engine` makes an engine, `read_page` turns a loaded page into a Page with words. Engines are imported when built.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from extractor.errors import UsageError
from extractor.ocr.base import OcrEngine, Reading
from extractor.ocr.cache import CachedOcr, default_cache_folder
from extractor.ocr.pages import PageToRead, read_page

if TYPE_CHECKING:
    from extractor.ocr.auto import AutoOcr
    from extractor.ocr.rapid import RapidOcr
    from extractor.ocr.tesseract import TesseractOcr

__all__ = [
    "CHOICES",
    "CachedOcr",
    "OcrChoice",
    "OcrEngine",
    "PageToRead",
    "Reading",
    "build_engine",
    "default_cache_folder",
    "read_page",
]

OcrChoice = Literal["auto", "rapidocr", "tesseract"]

CUDA = "CUDAExecutionProvider"

CHOICES: tuple[OcrChoice, ...] = ("auto", "rapidocr", "tesseract")


def build_engine(
    choice: str = "auto",
    *,
    languages: Sequence[str] | None = None,
    cache: str | Path | None = None,
    cuda: bool = False,
    threads: int = 1,
    rapid: OcrEngine | None = None,
) -> OcrEngine:
    """The engine of this name, one a process (engines are not safe to share between threads).

    `auto` reads with RapidOCR, and with Tesseract the pages in a script that RapidOCR's model doesn't know. `languages`
    (ISO 639-1 codes or names of Tesseract packs) choose Tesseract's packs; RapidOCR's one model needs no choice.
    `cache` is the folder that keeps readings (`default_cache_folder()` is the usual one), None keeps nothing. `cuda`
    asks for the GPU; a warning says where onnxruntime has none to offer. `threads` is per page. `rapid` is a RapidOCR
    that is built already, its cache included, for engines that differ in `languages` alone to share.

    Raises UsageError for an unknown choice or a missing language pack, MissingExtra for what isn't installed.
    """
    folder = Path(cache) if cache is not None else None
    match choice:
        case "rapidocr":
            return rapid or _kept(_rapid(cuda, threads), folder)
        case "tesseract":
            return _kept(_tesseract(languages, threads), folder)
        case "auto":
            return _auto(languages, folder, rapid or _kept(_rapid(cuda, threads), folder), threads)
    raise UsageError(f"There is no OCR engine {choice!r}.", hint=f"Choose one of {', '.join(CHOICES)}.")


def _kept(engine: OcrEngine, folder: Path | None) -> OcrEngine:
    return engine if folder is None else CachedOcr(engine, folder)


def _auto(languages: Sequence[str] | None, folder: Path | None, rapid: OcrEngine, threads: int) -> AutoOcr:
    from extractor.ocr.auto import AutoOcr

    # Each engine has its own cache, so that readings are shared with those who ask for one engine by name.
    return AutoOcr(
        rapid,
        languages,
        open_tesseract=lambda packs: _kept(_tesseract(packs, threads), folder),
    )


def _rapid(cuda: bool, threads: int) -> RapidOcr:
    from extractor.ocr.rapid import RapidOcr, RapidSettings

    if not cuda:
        return RapidOcr(RapidSettings(threads=threads))
    import onnxruntime

    if CUDA in onnxruntime.get_available_providers():
        engine = RapidOcr(RapidSettings(threads=threads, cuda=True))
        if engine.provider == CUDA:
            return engine
    warnings.warn("onnxruntime can't use CUDA here: OCR runs on the CPU (extra `gpu`).", stacklevel=3)
    return RapidOcr(RapidSettings(threads=threads))


def _tesseract(languages: Sequence[str] | None, threads: int) -> TesseractOcr:
    from extractor.ocr.tesseract import TesseractOcr, TesseractSettings

    return TesseractOcr(languages, TesseractSettings(threads=threads))
