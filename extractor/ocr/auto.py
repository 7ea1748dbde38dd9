"""The engine `auto`: RapidOCR, and Tesseract for the scripts that RapidOCR's model can't read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from extractor.errors import MissingExtra, OcrError, UsageError
from extractor.ocr import scripts
from extractor.ocr.base import OcrEngine, Reading
from extractor.ocr.languages import debian_package, pack
from extractor.ocr.scripts import Script
from extractor.ocr.tesseract import Osd, TesseractOcr, detect, installed_packs, weight
from extractor.types import ImageArray, Notice

SURE = 0.5
"""Without a pack to try, a script is only named where detection is this far from its runner-up …"""

LOST = 0.5
"""… or where this share of the pieces of text was read badly."""

WORTH_A_WARNING = 0.35
"""Without Tesseract nobody can tell the script; a page is only warned of from this share on."""

MOSTLY = 0.5
"""Tesseract's reading is taken where this share of its letters belongs to the script that was looked for …"""

READ = 0.7
"""… its words have this much confidence on average …"""

BETTER = 1.3
"""… and it weighs this many times what Tesseract reads with English. Pages rendered in a foreign script: twice and
more; a badly read page in Latin script that was taken for a foreign one: less than half."""


class AutoOcr:
    """Reads with `first`; a page that it read badly is looked at again for a script that it doesn't know.

    Costs nothing on a page that was read well. `languages` (ISO 639-1 or Tesseract packs) say which pack of a script to
    prefer. `open_tesseract` makes the engine for some packs; `look` detects orientation and script; `packs` lists what
    is installed (MissingExtra where Tesseract isn't): they are given for tests and to put a cache between.
    """

    def __init__(
        self,
        first: OcrEngine,
        languages: Sequence[str] | None = None,
        open_tesseract: Callable[[Sequence[str]], OcrEngine] = TesseractOcr,
        look: Callable[[ImageArray], Osd | None] = detect,
        packs: Callable[[], tuple[str, ...]] = installed_packs,
    ) -> None:
        self.first = first
        self.wanted = tuple(pack(language) for language in languages or ())
        self._open = open_tesseract
        self._look = look
        self._packs = packs
        self._installed: tuple[str, ...] | None = None
        self._opened: dict[tuple[str, ...], OcrEngine] = {}

    @property
    def name(self) -> str:
        wanted = f",languages={'+'.join(self.wanted)}" if self.wanted else ""
        return f"auto{wanted}/{self.first.name}"

    def read(self, image: ImageArray) -> Reading:
        reading = replace(self.first.read(image), engine=self.first.name)
        greek = scripts.letters_in(reading.words, GREEK) >= scripts.GREEK
        if not greek and scripts.badly_read(reading) < scripts.SUSPICIOUS:
            return reading
        try:
            return self._again(image, reading, greek)
        except (OcrError, UsageError):
            # The first reading stands: a second opinion that fails must not lose it.
            return reading

    def _again(self, image: ImageArray, reading: Reading, greek: bool) -> Reading:
        if self._installed is None:
            try:
                self._installed = self._packs()
            except MissingExtra:
                self._installed = ()
        if not self._installed:
            if greek or scripts.badly_read(reading) >= WORTH_A_WARNING:
                return _warned(reading, _no_tesseract(GREEK if greek else None))
            return reading
        script, sure = (GREEK, True) if greek else self._script(image, reading.turned)
        if script is None:
            return reading
        found = scripts.pack_for(script, self._installed, self.wanted)
        if found is None:
            sure = sure or scripts.badly_read(reading) >= LOST
            return _warned(reading, _no_pack(script, self.wanted)) if sure else reading
        packs = (found, "eng") if script.with_english and "eng" in self._installed else (found,)
        second = self._tesseract(packs)
        again = second.read(image)
        if not _convincing(again, script):
            return reading
        if "eng" in self._installed and weight(again) < BETTER * weight(self._tesseract(("eng",)).read(image)):
            return reading
        return replace(again, engine=second.name)

    def _script(self, image: ImageArray, turned: int) -> tuple[Script | None, bool]:
        """The foreign script of a page, if it is in one, and whether that is certain enough to tell the user."""
        if "osd" not in (self._installed or ()):
            return None, False
        osd = self._look(np.ascontiguousarray(np.rot90(image, turned // 90)))
        script = scripts.by_name(osd.script) if osd else None
        return script, osd is not None and osd.script_sure >= SURE

    def _tesseract(self, packs: tuple[str, ...]) -> OcrEngine:
        if packs not in self._opened:
            self._opened[packs] = self._open(packs)
        return self._opened[packs]


GREEK = next(script for script in scripts.FOREIGN if script.name == "Greek")


def _convincing(reading: Reading, script: Script) -> bool:
    if not reading.words or scripts.letters_in(reading.words, script) < MOSTLY:
        return False
    return float(np.mean([word.confidence for word in reading.words])) >= READ


def _warned(reading: Reading, notice: Notice) -> Reading:
    return replace(reading, notices=(*reading.notices, notice))


def _no_pack(script: Script, wanted: Sequence[str]) -> Notice:
    pack = next((pack for pack in wanted if pack in script.packs), script.packs[0])
    return Notice(
        code="script_unread",
        message=f"seems to be in {script.name}, which RapidOCR can't read; install {debian_package(pack)} "
        f"(Tesseract's language pack {pack}) to have it read.",
    )


def _no_tesseract(script: Script | None) -> Notice:
    what = f"seems to be in {script.name}" if script else "was read badly, perhaps because of its script"
    packs = " ".join(debian_package(pack) for pack in (script.packs[:1] if script else ()))
    return Notice(
        code="script_unread",
        message=f"{what}; install Tesseract (apt-get install tesseract-ocr{' ' + packs if packs else ''}, "
        'pip install "tailor[tesseract]") to have scripts read that RapidOCR can\'t read.',
    )
