"""Digits that are not like their fellows, on drawn pages."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor.policy.tampering.glyphs import rows
from extractor.policy.tampering.lettering import Copied, Ink, Spacing, Typeface
from extractor.policy.tampering.specimen import Specimen
from tests.extractor.policy.tampering.making import SIZE, Drawn, evidence, page

TOTAL = "306.00"


def specimen(drawn: Drawn) -> Specimen:
    return Specimen(evidence(drawn, total=TOTAL))


def changed(paint) -> Drawn:
    """The page after `paint` drew over the middle digit of the total; given the draw tool and the digit's box."""
    drawn = page()
    row = next(each for each in rows(specimen(drawn)) if each.word.text == TOTAL)
    glyph = row.glyphs[1]
    box = tuple(round(side) for side in (glyph.left - 1, glyph.top - 1, glyph.right + 1, glyph.bottom + 1))
    picture = Image.fromarray(drawn.image)
    draw = ImageDraw.Draw(picture)
    draw.rectangle(box, fill=(235, 235, 235))
    paint(draw, box)
    return Drawn(np.asarray(picture), drawn.words)


def zero(draw, box, *, size=SIZE, lift=0, shift=0, fill=(40, 40, 40), stroke=0):
    middle = (box[0] + box[2]) / 2 + shift
    font = ImageFont.load_default(size)
    draw.text(
        (middle, box[3] - 2 - lift), "0", font=font, fill=fill, anchor="ms", stroke_width=stroke, stroke_fill=fill
    )


def test_every_digit_of_the_page_is_cut_out_where_it_stands():
    found = rows(specimen(page()))
    assert [row.word.text for row in found if row.word.text == TOTAL] == [TOTAL]
    total = next(row for row in found if row.word.text == TOTAL)
    assert "".join(glyph.text for glyph in total.glyphs) == "30600"
    assert total.places == (0, 1, 2, 4, 5)
    heights = [glyph.height for glyph in total.glyphs]
    assert max(heights) - min(heights) < 1.5


def test_a_word_that_falls_into_another_number_of_pieces_is_left_out():
    drawn = page()
    drawn.words = [("30600.00" if text == TOTAL else text, box) for text, box in drawn.words]
    assert all(row.word.text != "30600.00" for row in rows(specimen(drawn)))


def test_an_untouched_total_shows_nothing_much():
    for detector in (Typeface(), Spacing(), Ink(), Copied()):
        for kind, trace in detector.traces(specimen(page())).items():
            assert trace.value < 6, (detector.name, kind)


@pytest.mark.parametrize(
    ("paint", "detector", "kind", "said"),
    [
        (lambda draw, box: zero(draw, box, size=SIZE + 5), Typeface(), "height", "is taller than its fellows"),
        (lambda draw, box: zero(draw, box, lift=4), Typeface(), "baseline", "stands above their line"),
        (lambda draw, box: zero(draw, box, stroke=1), Typeface(), "stroke", "has thicker strokes"),
        (lambda draw, box: zero(draw, box, fill=(110, 110, 110)), Ink(), "ink", "is printed paler"),
        (lambda draw, box: zero(draw, box), Ink(), "grain", "stands on smoother paper"),
    ],
)
def test_a_digit_set_anew_stands_out_and_is_named(paint, detector, kind, said):
    honest = detector.traces(specimen(page()))[kind].value
    trace = detector.traces(specimen(changed(paint)))[kind]
    assert trace.value > 1.5 * honest
    assert trace.sentence.startswith(f"The 0 of {TOTAL} (total) {said}")
    assert trace.fields == ("total",)


def test_its_place_is_the_digit_itself():
    trace = Typeface().traces(specimen(changed(lambda draw, box: zero(draw, box, lift=4))))["baseline"]
    place = trace.places[0]
    whole = next(word.box for word in evidence(page(), total=TOTAL).document.pages[0].words if word.text == TOTAL)
    assert place.page == 0
    assert whole.x0 < place.box[0] < place.box[2] < whole.x1
    assert place.box[2] - place.box[0] < whole.width / 3


def test_a_digit_pasted_from_elsewhere_on_the_page_is_recognised_as_its_twin():
    drawn = page()
    found = {row.word.text: row for row in rows(specimen(drawn))}
    source, target = found["23.40"].glyphs[3], found[TOTAL].glyphs[1]
    image = drawn.image.copy()
    left, top = round(source.left) - 1, round(source.top) - 1
    patch = image[top : round(source.bottom) + 2, left : round(source.right) + 2].copy()
    x, y = round(target.left) - 1, round(target.top) - 1
    image[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
    honest = Copied().traces(specimen(drawn))["twin"].value
    trace = Copied().traces(specimen(Drawn(image, drawn.words)))["twin"]
    assert trace.value > 3 * honest
    assert "very picture of another 0" in trace.sentence


def test_a_page_with_few_digits_or_without_its_picture_says_nothing():
    few = page((("TOTAL", TOTAL),))
    assert Typeface().traces(specimen(few)) == {}
    assert Typeface().traces(Specimen(evidence(None, total=TOTAL))) == {}
