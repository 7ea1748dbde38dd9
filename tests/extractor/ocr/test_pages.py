"""From a loaded page to an upright page with rows: text layers, engines, and what is warned of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from extractor.errors import OcrError
from extractor.ocr import Reading, read_page
from extractor.ocr.fake import FakeOcr
from extractor.ocr.pages import TEXT_LAYER, text_direction
from extractor.types import Box, ImageArray, Notice, Word
from tests.extractor.ocr.drawing import page_of, rows

TEXT = page_of(
    ("Corner Bakery Limited", 0.2, 0.1),
    ("Rye bread large loaf", 0.2, 0.2),
    ("3.40", 0.8, 0.2),
    ("Total amount due", 0.2, 0.3),
    ("3.40", 0.8, 0.3),
)
ROWS = ["Corner Bakery Limited", "Rye bread large loaf 3.40", "Total amount due 3.40"]


@dataclass(frozen=True)
class Loaded:
    image: ImageArray
    words: tuple[Word, ...] | None = None
    index: int = 0


def picture() -> ImageArray:
    """30 wide and 20 high, with a red corner at the top left."""
    image = np.zeros((20, 30, 3), np.uint8)
    image[0, 0] = (255, 0, 0)
    return image


def test_a_text_layer_is_taken_and_no_engine_asked() -> None:
    engine = FakeOcr(error=OcrError("must not be asked"))
    page, notices = read_page(Loaded(picture(), tuple(TEXT), index=4), engine)
    assert (page.index, page.engine, page.turned, page.width, page.height) == (4, TEXT_LAYER, 0, 30, 20)
    assert rows(page.words) == ROWS
    assert notices == []
    assert engine.seen == []


@pytest.mark.parametrize("same_line", [True, False])
def test_rows_of_a_text_layer_rest_on_geometry_alone(same_line: bool) -> None:
    words = tuple(Word(w.text, w.box, 1.0, 0 if same_line else n) for n, w in enumerate(TEXT))
    page, _ = read_page(Loaded(picture(), words), FakeOcr())
    assert rows(page.words) == ROWS


@pytest.mark.parametrize("lies", [90, 180, 270])
def test_a_text_layer_on_its_side_is_turned_with_its_picture(lies: int) -> None:
    image = np.rot90(picture(), lies // 90)
    words = tuple(Word(word.text, word.box.turned(lies), 1.0, word.line) for word in TEXT)
    page, notices = read_page(Loaded(image, words), FakeOcr())
    assert page.turned == (360 - lies) % 360
    assert page.image is not None
    assert np.array_equal(page.image, picture())
    assert (page.width, page.height) == (30, 20)
    assert rows(page.words) == ROWS
    assert [notice.code for notice in notices] == ["page_turned"]


def test_a_text_layer_in_hebrew_is_not_taken_for_upside_down() -> None:
    words = [Word("שלום", Box.clipped(0.9 - 0.1 * n, 0.1, 0.98 - 0.1 * n, 0.12)) for n in range(8)]
    assert text_direction(words) == 0


def test_a_handful_of_words_says_nothing_about_direction() -> None:
    assert text_direction([word for word in TEXT if word.text in ("3.40", "due")]) == 0


def test_an_engine_reads_where_there_is_no_text_layer() -> None:
    page, notices = read_page(Loaded(picture()), FakeOcr(TEXT, name="someone"))
    assert (page.engine, rows(page.words), notices) == ("someone", ROWS, [])


def test_the_page_names_the_engine_that_really_read() -> None:
    page, _ = read_page(Loaded(picture()), FakeOcr(Reading(tuple(TEXT), engine="another")))
    assert page.engine == "another"


@pytest.mark.parametrize(
    ("turned", "words"), [(90, "90 degrees counter-clockwise"), (180, "180 degrees"), (270, "90 degrees clockwise")]
)
def test_a_turned_page_is_upright_and_says_so(turned: int, words: str) -> None:
    lying = np.ascontiguousarray(np.rot90(picture(), -turned // 90))
    page, notices = read_page(Loaded(lying, index=1), FakeOcr(Reading(tuple(TEXT), turned)))
    assert page.turned == turned
    assert page.image is not None
    assert np.array_equal(page.image, picture())
    assert page.image.flags.c_contiguous
    assert notices == [Notice(code="page_turned", message=f"Page 2 was turned by {words} to be upright.")]


def test_a_blank_page_is_warned_of() -> None:
    page, notices = read_page(Loaded(picture()), FakeOcr())
    assert page.words == ()
    assert [notice.code for notice in notices] == ["blank_page"]


def test_what_an_engine_warns_of_gets_the_number_of_the_page() -> None:
    warned = Reading(tuple(TEXT), notices=(Notice(code="script_unread", message="seems to be in Thai."),))
    _, notices = read_page(Loaded(picture(), index=2), FakeOcr(warned))
    assert notices == [Notice(code="script_unread", message="Page 3 seems to be in Thai.")]


def test_an_engine_that_fails_is_no_blank_page() -> None:
    with pytest.raises(OcrError):
        read_page(Loaded(picture()), FakeOcr(error=OcrError("broken")))
