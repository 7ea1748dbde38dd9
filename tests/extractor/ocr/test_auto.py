"""The engine `auto`: RapidOCR's reading stands unless the page is in a script it can't read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from extractor.errors import MissingExtra, OcrError
from extractor.ocr import Reading
from extractor.ocr.auto import AutoOcr
from extractor.ocr.base import OcrEngine
from extractor.ocr.fake import FakeOcr
from extractor.ocr.scripts import badly_read, by_name, pack_for
from extractor.ocr.tesseract import Osd
from extractor.types import ImageArray, Word
from tests.extractor.ocr.drawing import page_of, piece, text

IMAGE = np.zeros((20, 30, 3), np.uint8)
GOOD = Reading(tuple(page_of(*((f"bread and butter {n}.20", 0.1, 0.05 * n) for n in range(8)))))
FIGURES = Reading(tuple(page_of(*((f"{n}.20", 0.8, 0.05 * n) for n in range(6)))), unread=6)
THAI = Reading(tuple(page_of(("ขนมปัง 25.00", 0.1, 0.1), ("รวมทั้งสิ้น 122.00", 0.1, 0.2))), turned=180)
POOR = Reading(tuple(piece(0, "a b", 0.1, 0.1, confidence=0.4)))


def auto(first: Reading, *, sees: Osd | None = None, packs: Sequence[str] = (), reads: Reading = THAI) -> AutoOcr:
    """An engine whose Tesseract has these packs, detects this, and reads this with any pack but English."""

    def open_tesseract(chosen: Sequence[str]) -> OcrEngine:
        return FakeOcr(POOR if tuple(chosen) == ("eng",) else reads, name=f"tesseract {'+'.join(chosen)}")

    return AutoOcr(FakeOcr(first, name="rapid"), None, open_tesseract, lambda image: sees, lambda: tuple(packs))


def seen(script: str, sure: float = 3.0) -> Osd:
    return Osd(turned=0, sure=5.0, script=script, script_sure=sure)


def test_a_page_that_was_read_well_costs_nothing_more() -> None:
    def never(*args: object) -> None:
        raise AssertionError("asked without need")

    engine = AutoOcr(FakeOcr(GOOD, name="rapid"), None, never, never, never)  # type: ignore[arg-type]
    reading = engine.read(IMAGE)
    assert (reading.words, reading.notices, reading.engine) == (GOOD.words, (), "rapid")


def test_a_page_in_thai_is_read_with_the_thai_pack() -> None:
    reading = auto(FIGURES, sees=seen("Thai"), packs=("eng", "osd", "tha")).read(IMAGE)
    assert (text(reading.words), reading.turned) == (text(THAI.words), 180)
    assert (reading.engine, reading.notices) == ("tesseract tha+eng", ())


def test_a_missing_pack_is_warned_of_by_name() -> None:
    reading = auto(FIGURES, sees=seen("Thai"), packs=("eng", "osd")).read(IMAGE)
    assert reading.words == FIGURES.words
    (notice,) = reading.notices
    assert notice.code == "script_unread"
    assert "Thai" in notice.message
    assert "tesseract-ocr-tha" in notice.message


def test_without_tesseract_the_warning_says_what_to_install() -> None:
    def missing() -> tuple[str, ...]:
        raise MissingExtra("no tesseract")

    (notice,) = AutoOcr(FakeOcr(FIGURES), packs=missing).read(IMAGE).notices
    assert notice.code == "script_unread"
    assert "apt-get install tesseract-ocr" in notice.message


def test_greek_is_noticed_by_its_letters_though_read_with_confidence() -> None:
    greek = Reading(tuple(page_of(*((f"ΣYNOΛO {n},20", 0.1, 0.05 * n) for n in range(8)))))
    assert badly_read(greek) == 0
    (notice,) = auto(greek, packs=("eng", "osd")).read(IMAGE).notices
    assert "tesseract-ocr-ell" in notice.message


@pytest.mark.parametrize("sees", [None, seen("Latin"), seen("Han")])
def test_a_blurred_page_in_a_known_script_keeps_its_reading(sees: Osd | None) -> None:
    reading = auto(FIGURES, sees=sees, packs=("eng", "osd", "tha")).read(IMAGE)
    assert (reading.words, reading.notices) == (FIGURES.words, ())


@pytest.mark.parametrize(
    "nonsense",
    [
        Reading(()),
        Reading(tuple(page_of(("bread and butter", 0.1, 0.1)))),
        Reading(tuple(piece(0, "ขนมปัง รวมทั้งสิ้น", 0.1, 0.1, confidence=0.55))),
    ],
)
def test_a_second_reading_that_does_not_convince_is_dropped(nonsense: Reading) -> None:
    reading = auto(FIGURES, sees=seen("Thai"), packs=("eng", "osd", "tha"), reads=nonsense).read(IMAGE)
    assert (reading.words, reading.engine) == (FIGURES.words, "rapid")


def test_a_second_reading_no_better_than_english_is_dropped() -> None:
    engine = AutoOcr(
        FakeOcr(FIGURES, name="rapid"),
        None,
        lambda chosen: FakeOcr(GOOD if tuple(chosen) == ("eng",) else THAI),
        lambda image: seen("Thai"),
        lambda: ("eng", "osd", "tha"),
    )
    assert engine.read(IMAGE).words == FIGURES.words


def test_a_tesseract_that_fails_does_not_lose_the_first_reading() -> None:
    def hang(image: ImageArray) -> Osd | None:
        raise OcrError("timeout")

    engine = AutoOcr(FakeOcr(FIGURES), look=hang, packs=lambda: ("eng", "osd"))
    assert engine.read(IMAGE).words == FIGURES.words


def test_a_failure_of_the_first_engine_is_reported() -> None:
    with pytest.raises(OcrError):
        AutoOcr(FakeOcr(error=OcrError("broken"))).read(IMAGE)


def test_the_user_s_language_is_preferred_among_the_packs_of_a_script() -> None:
    cyrillic = by_name("Cyrillic")
    assert cyrillic is not None
    assert pack_for(cyrillic, ("bul", "rus", "ukr")) == "rus"
    assert pack_for(cyrillic, ("bul", "rus", "ukr"), wanted=("eng", "ukr")) == "ukr"
    assert pack_for(cyrillic, ("eng", "tha")) is None


def test_two_or_three_words_say_nothing_about_a_script() -> None:
    assert badly_read(Reading((Word("x", GOOD.words[0].box, 0.1),), unread=2)) == 0
