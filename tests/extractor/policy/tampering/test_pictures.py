"""Signs of the whole picture: compression, screens, flatness."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from extractor.policy.tampering.error_levels import ErrorLevels
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.spectrum import Screen, Synthetic
from tests.extractor.policy.tampering.making import LINES, Drawn, evidence, jpeg, page

TOTAL = "306.00"


def decoded(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))


def specimen(drawn: Drawn) -> Specimen:
    return Specimen(evidence(drawn, total=TOTAL))


def test_an_amount_compressed_otherwise_than_the_page_stands_out_by_error_levels():
    drawn = page()
    left, top, right, bottom = drawn.box(TOTAL)
    honest = Drawn(decoded(jpeg(drawn.image, 92)), drawn.words)
    pasted = honest.image.copy()
    pasted[top:bottom, left:right] = decoded(jpeg(pasted[top:bottom, left:right], 30))
    before = ErrorLevels().traces(specimen(honest))["total"].value
    after = ErrorLevels().traces(specimen(Drawn(pasted, drawn.words)))["total"]
    assert after.value > 3 * before
    assert after.sentence.startswith(f"The surroundings of {TOTAL} (total) were compressed otherwise")
    assert after.places[0].field == "total"


def test_stripes_of_a_screen_make_a_peak():
    drawn = page(LINES * 2)
    y, x = np.mgrid[0 : drawn.image.shape[0], 0 : drawn.image.shape[1]]
    stripes = 1 + 0.08 * np.cos(2 * np.pi * (0.21 * x + 0.13 * y))
    shot = Drawn(np.clip(drawn.image * stripes[:, :, None], 0, 255).astype(np.uint8), drawn.words)
    before = Screen().traces(specimen(drawn))["luminance"].value
    after = Screen().traces(specimen(shot))["luminance"]
    assert after.value > before + 1
    assert "photograph of a screen" in after.sentence


def test_a_drawn_page_is_flatter_than_a_photographed_one():
    flat, grainy = page(noise=0.0), page(noise=3.0)
    assert Synthetic().traces(specimen(flat))["grain"].value > 0.95
    assert Synthetic().traces(specimen(grainy))["grain"].value < 0.7


def test_digits_that_repeat_themselves_exactly_are_told_from_ink_on_paper():
    drawn, shot = (Synthetic().traces(specimen(page(noise=noise)))["repetition"] for noise in (0.0, 6.0))
    assert drawn.value > shot.value + 0.5
    assert "look exactly alike all over the page" in drawn.sentence


def test_a_tiny_picture_has_no_spectrum():
    assert Screen().traces(specimen(page(LINES[:1]))) == {}
