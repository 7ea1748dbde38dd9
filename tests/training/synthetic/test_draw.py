"""Pictures of synthetic documents: ink where the words say, glyphs for every sign, the same picture for a seed."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL.Image import Image

from extractor.errors import UsageError
from tests.training.synthetic.samples import ENGLISH, LOCALES, sample
from training.synthetic import fonts
from training.synthetic.draw import draw
from training.synthetic.labels import label
from training.synthetic.layouts import TEMPLATES
from training.synthetic.purchase import Locale
from training.synthetic.sheet import Cell, Printed, Row, Run, Sheet, Synthetic
from training.synthetic.words import place


def document(name: str, locale: Locale = ENGLISH, seed: int = 1) -> Synthetic:
    purchase = sample(TEMPLATES[name].kinds[0], locale)
    sheets = TEMPLATES[name].lay(purchase, random.Random(seed))
    words, aspects = place(sheets)
    return Synthetic(f"{name}-{seed}", words, label(purchase, sheets), sheets, aspects, {"locale": locale.name})


def drawn(of: Synthetic, seed: int = 1) -> tuple[list[Image], tuple[Printed, ...]]:
    try:
        return draw(of, seed)
    except UsageError as missing:
        pytest.skip(str(missing))


def contrast(picture: Image, word: Printed) -> int:
    """The difference between the lightest and the darkest pixel of a word's box."""
    grey = np.asarray(picture.convert("L"), np.int16)
    height, width = grey.shape
    box = word.box
    inside = grey[
        int(box.y0 * height) : int(np.ceil(box.y1 * height)), int(box.x0 * width) : int(np.ceil(box.x1 * width))
    ]
    return int(inside.max() - inside.min())


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_has_ink_in_its_box(name: str) -> None:
    pictures, words = drawn(document(name))
    assert words
    for word in words:
        assert contrast(pictures[word.page], word) > 60, word


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_every_script_is_drawn_with_ink_in_its_boxes(locale: Locale) -> None:
    pictures, words = drawn(document("till centred", locale, 5))
    assert all(contrast(pictures[word.page], word) > 60 for word in words)


@pytest.mark.parametrize("name", ["till left", "invoice customer right"])
def test_the_words_are_those_placed_without_a_picture(name: str) -> None:
    made = document(name)
    _, words = drawn(made)
    assert sorted((word.text, word.role or "") for word in words) == sorted(
        (word.text, word.role or "") for word in made.words
    )


def test_outside_of_words_and_rules_the_paper_is_empty() -> None:
    sheet = Sheet((Row((Cell((Run("TOTAL"),)), Cell((Run("12.00", "total"),), 1.0, "right"))),), 30)
    words, aspects = place((sheet,))
    plain = Synthetic("s", words, {}, (sheet,), aspects)
    seed = next(seed for seed in range(50) if draw(plain, seed)[0][0].height < 120)  # without a mark or a code
    pictures, found = draw(plain, seed)
    grey = np.asarray(pictures[0].convert("L"), np.int16).copy()
    paper = grey.max()
    for word in found:
        box = word.box
        top, bottom = int(box.y0 * grey.shape[0]) - 1, int(np.ceil(box.y1 * grey.shape[0])) + 1
        left, right = int(box.x0 * grey.shape[1]) - 3, int(np.ceil(box.x1 * grey.shape[1])) + 3
        grey[max(top, 0) : bottom, max(left, 0) : right] = paper
    assert grey.min() == paper


def test_the_same_seed_draws_the_same_picture_another_seed_another() -> None:
    made = document("till centred")
    first, again, other = drawn(made, 1), drawn(made, 1), drawn(made, 2)
    assert first[0][0].tobytes() == again[0][0].tobytes()
    assert first[1] == again[1]
    assert first[0][0].size != other[0][0].size or first[0][0].tobytes() != other[0][0].tobytes()


def test_pictures_have_the_size_of_scans() -> None:
    roll, page = drawn(document("till centred"))[0][0], drawn(document("invoice customer left"))[0][0]
    assert 500 <= roll.width <= 1100
    assert page.width == 1240
    assert page.height / page.width == pytest.approx(1.414, abs=0.01)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_chosen_fonts_have_a_glyph_for_every_sign(locale: Locale) -> None:
    made = document("till centred", locale)
    text = "".join(word.text for word in made.words)
    try:
        chosen = fonts.choose("mono", text, random.Random(1), locale.name)
    except UsageError as missing:
        pytest.skip(str(missing))
    for word in made.words:
        for piece, font in chosen.segments(word.text, chosen.ordinary):
            assert font.covers(piece)


def test_a_script_without_fonts_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_files", dict)
    with pytest.raises(UsageError, match="fonts-thai-tlwg") as raised:
        fonts.choose("mono", "ใบเสร็จ", random.Random(1))
    assert raised.value.code == "missing_fonts"


def test_a_sign_that_no_font_has_is_an_error_not_an_empty_box() -> None:
    chosen = fonts.choose("mono", "abc", random.Random(1))
    with pytest.raises(UsageError, match="U\\+E123"):
        chosen.segments("a\ue123", chosen.ordinary)
