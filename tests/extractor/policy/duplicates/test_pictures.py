"""Hashes of pictures that stay when a picture is saved again, and of the text that stay when it is turned or cut."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from extractor.policy.duplicates import pictures
from extractor.types import Box, Word
from tests.extractor.policy.duplicates.receipts import CAFE, drawn, evidence

PAGE = evidence().document.pages[0]


def saved_again(image, quality):
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "JPEG", quality=quality)
    return np.asarray(Image.open(packed))


@pytest.mark.parametrize("quality", [20, 60])
def test_a_picture_saved_again_keeps_its_hash(quality):
    assert pictures.distance(pictures.whole(drawn()), pictures.whole(saved_again(drawn(), quality))) < 0.03


def test_so_does_a_recoloured_and_a_smaller_one():
    small = np.asarray(Image.fromarray(drawn()).resize((220, 440)))
    tinted = np.clip(drawn() * np.array([0.9, 0.7, 0.6]) + 20, 0, 255).astype(np.uint8)
    for other in (small, tinted):
        assert pictures.distance(pictures.whole(drawn()), pictures.whole(other)) < 0.05


def test_another_receipt_has_another_hash():
    other = drawn(tuple(reversed(CAFE)))
    assert pictures.distance(pictures.whole(drawn()), pictures.whole(other)) > 0.15


def turned(degrees):
    """The drawn receipt turned counter-clockwise on a larger sheet, with the words where they are then."""
    sheet = Image.new("RGB", (900, 1100), (250, 250, 246))
    sheet.paste(Image.fromarray(drawn()), (250, 150))
    image = sheet.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 250, 246))
    angle, words = math.radians(-degrees), []
    for word in PAGE.words:
        x, y = word.box.center[0] * 400 + 250 - 450, word.box.center[1] * 800 + 150 - 550
        u = (x * math.cos(angle) - y * math.sin(angle) + 450) / 900
        v = (x * math.sin(angle) + y * math.cos(angle) + 550) / 1100
        words.append(Word(word.text, Box.clipped(u - 0.02, v - 0.01, u + 0.02, v + 0.01), 1.0, word.line))
    return np.asarray(image), words


@pytest.mark.parametrize("degrees", [-15, -6, 6, 15])
def test_the_text_keeps_its_hash_when_the_paper_is_turned_and_laid_elsewhere(degrees):
    upright = pictures.text_area(*turned(0))
    found = pictures.text_area(*turned(degrees))
    assert upright is not None
    assert found is not None
    assert pictures.distance(upright, found) < 0.12
    assert pictures.distance(pictures.whole(turned(0)[0]), pictures.whole(turned(degrees)[0])) > 0.12


def test_a_blank_page_has_no_hash_and_no_text():
    blank = np.full((300, 200, 3), 255, np.uint8)
    assert pictures.whole(blank) == 0
    assert pictures.text_area(blank, ()) is None


def test_a_hash_is_found_again_with_a_few_bits_wrong():
    code = pictures.whole(drawn())
    wrong = code ^ (1 << 7) ^ (1 << 100)
    assert set(pictures.bands(code, "picture")) & set(pictures.bands(wrong, "picture"))
    assert not set(pictures.bands(code, "picture")) & set(pictures.bands(code, "text"))
