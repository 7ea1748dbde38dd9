"""A document as the arrays that the student reads."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.student import features
from extractor.student.encoder import (
    CELLS,
    ENCODER_VERSION,
    MAP_HEIGHT,
    MAP_WIDTH,
    MAX_TOKENS,
    PICTURE_HEIGHT,
    PICTURE_WIDTH,
    collate,
    encode,
    picture,
    tokenize,
)
from extractor.types import Box, ImageArray, Page, Word
from tests.extractor.student.documents import ROWS, page, texts, tokens

GOLDEN = {1: "57863c796fb23e90"}
"""Version of the encoder → digest of what it makes of one document."""

corners = st.floats(0.0, 1.0)
boxes = st.builds(Box.clipped, corners, corners, corners, corners)
words = st.builds(
    Word, st.text(min_size=1, max_size=20), boxes, confidence=st.floats(0.0, 1.0), line=st.integers(0, 30)
)


def striped(height: int = 200, width: int = 100) -> ImageArray:
    """Dark rows on white paper."""
    image = np.full((height, width, 3), 250, np.uint8)
    image[::10] = 20
    return image


def test_what_a_trained_student_sees_has_not_changed_since_this_version() -> None:
    pages = [page(*ROWS, image=striped()), page("Page 2", "Grand total: RM1,234.50", index=1)]
    made = encode(tokenize(pages), [picture(each) for each in pages])
    digest = hashlib.sha256()
    for name in ("pieces", "numbers", "boxes", "places", "cells", "pictures"):
        # Rounded: the last bit of a logarithm differs between machines.
        digest.update(np.ascontiguousarray(np.round(getattr(made, name), 4) + 0).tobytes())
    found = digest.hexdigest()[:16]
    assert found == GOLDEN.get(ENCODER_VERSION), (
        "The encoder makes something else of the same document, so every trained student would be shown what it never "
        f"learnt. If that is meant, raise ENCODER_VERSION, train anew, and put {found!r} beside the new version here."
    )


@given(st.lists(st.lists(words, max_size=8), min_size=1, max_size=3))
def test_any_words_give_finite_arrays_of_the_stated_shapes(pages: list[list[Word]]) -> None:
    read = [Page(number, 100, 200, tuple(words), striped()) for number, words in enumerate(pages)]
    found = tokenize(read)
    made = encode(found, [picture(each) for each in read])
    count = len(found)
    assert len(made) == count
    assert made.pieces.shape == (count, features.PIECES)
    assert made.numbers.shape == (count, features.NUMBERS)
    assert made.boxes.shape == (count, 4)
    assert made.places.shape == (count, 3)
    assert made.cells.shape == (count, CELLS)
    assert made.pictures.shape == (len(read), PICTURE_HEIGHT, PICTURE_WIDTH)
    kinds = [array.dtype for array in (made.pieces, made.numbers, made.boxes, made.places, made.cells, made.pictures)]
    assert kinds == [np.int64, np.float32, np.float32, np.float32, np.int64, np.uint8]
    assert all(np.isfinite(array).all() for array in (made.numbers, made.boxes, made.places))
    assert ((made.boxes >= 0) & (made.boxes <= 1)).all()
    assert ((made.cells >= 0) & (made.cells < len(read) * MAP_HEIGHT * MAP_WIDTH)).all()


def test_a_label_glued_to_its_value_is_split_and_the_box_shared_by_length() -> None:
    whole = Word("Date:25/12/2018", Box(0.1, 0.2, 0.4, 0.25), 0.9, 3)
    label, value = tokenize([Page(0, 100, 100, (whole,))])
    assert (label.text, value.text) == ("Date:", "25/12/2018")
    assert (label.glued, value.glued) == (False, True)
    assert label.box.x1 == value.box.x0 == pytest.approx(0.1 + 0.3 * 5 / 15)
    assert Box.around([label.box, value.box]) == whole.box
    assert label.row == value.row == 3


@pytest.mark.parametrize("text", ["18:30", "Total:", "9.54", "10:30AM", "A:b", "Tel: 5"])
def test_a_word_that_is_no_label_with_a_value_stays_whole(text: str) -> None:
    assert texts(tokenize([Page(0, 100, 100, (Word(text, Box(0, 0, 1, 1)),))])) == [text]


def test_of_a_document_too_long_the_head_and_the_tail_are_kept() -> None:
    found = tokens(*(f"w{number}" for number in range(MAX_TOKENS + 100)))
    assert len(found) == MAX_TOKENS
    head = MAX_TOKENS * 3 // 5
    assert found[0].text == "w0"
    assert found[head - 1].text == f"w{head - 1}"
    assert found[head].text == f"w{head + 100}"
    assert found[-1].text == f"w{MAX_TOKENS + 99}"
    assert len(tokens(*(f"w{number}" for number in range(MAX_TOKENS)))) == MAX_TOKENS


def test_rows_count_on_from_page_to_page_with_a_gap() -> None:
    found = tokenize([page("one", "two"), page(), page("three", index=2)])
    assert [(token.page, token.row) for token in found] == [(0, 0), (0, 1), (2, 5)]


def test_each_page_has_its_own_cells_and_its_own_extent() -> None:
    pages = [page("left          right"), page("left          right", index=1)]
    made = encode(tokenize(pages), [picture(each) for each in pages])
    assert np.array_equal(made.boxes[:2], made.boxes[2:])
    assert np.array_equal(made.cells[2:], made.cells[:2] + MAP_HEIGHT * MAP_WIDTH)
    assert made.boxes[0, 0] == 0.0
    assert made.boxes[1, 2] == 1.0


def test_a_receipt_on_a_table_looks_like_one_that_fills_the_picture() -> None:
    near = page(*ROWS)
    far = Page(0, 480, 960, tuple(
        Word(w.text, Box(*(0.4 + 0.2 * edge for edge in w.box.as_list())), w.confidence, w.line) for w in near.words
    ))  # fmt: skip
    one, other = encode(tokenize([near])), encode(tokenize([far]))
    assert np.allclose(one.boxes, other.boxes, atol=1e-5)
    assert np.allclose(one.numbers, other.numbers, atol=1e-4)


def test_the_picture_shows_the_part_with_text_alone() -> None:
    image = np.full((200, 100, 3), 255, np.uint8)
    image[50:101, 20:61] = 0
    shown = picture(Page(0, 100, 200, (Word("x", Box(0.2, 0.25, 0.6, 0.5)),), image))
    assert shown.shape == (PICTURE_HEIGHT, PICTURE_WIDTH)
    assert shown.max() == 0


@pytest.mark.parametrize("box", [Box(1.0, 1.0, 1.0, 1.0), Box(0.0, 0.0, 0.0, 0.0), Box(0.0, 1.0, 1.0, 1.0)])
def test_a_word_without_size_at_the_edge_still_gives_a_picture(box: Box) -> None:
    shown = picture(Page(0, 100, 200, (Word("x", box),), striped()))
    assert shown.shape == (PICTURE_HEIGHT, PICTURE_WIDTH)


@pytest.mark.parametrize("shown", [page("words"), Page(0, 100, 200, (), striped())], ids=["no picture", "no words"])
def test_a_page_without_picture_or_words_is_even_grey(shown: Page) -> None:
    assert (picture(shown) == 128).all()


def test_documents_without_pictures_share_no_cells_in_a_batch() -> None:
    batch = collate([encode(tokens("one")), encode(tokens("one"))])
    assert batch["pictures"].shape == (2, 1, PICTURE_HEIGHT, PICTURE_WIDTH)
    assert np.array_equal(batch["cells"][1], batch["cells"][0] + MAP_HEIGHT * MAP_WIDTH)


def test_a_batch_is_padded_to_its_longest_document_and_cells_point_at_their_own_pages() -> None:
    two_pages = [page("a", image=striped()), page("b", index=1, image=striped())]
    first = encode(tokenize(two_pages), [picture(each) for each in two_pages])
    second = encode(tokens("x y z"), [picture(page("x y z", image=striped()))])
    batch = collate([first, second])
    assert batch["pieces"].shape == (2, 3, features.PIECES)
    assert batch["mask"].tolist() == [[True, True, False], [True, True, True]]
    assert batch["pictures"].shape == (3, 1, PICTURE_HEIGHT, PICTURE_WIDTH)
    assert not batch["pieces"][0, 2].any()
    assert np.array_equal(batch["cells"][1], second.cells + 2 * MAP_HEIGHT * MAP_WIDTH)
    for name in ("pieces", "numbers", "boxes", "places"):
        assert np.array_equal(batch[name][0, :2], getattr(first, name))
