"""Examples of synthetic documents: tokens as of real pages, targets that point at the words of a role."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.student.encoder import MAX_TOKENS, PICTURE_HEIGHT, PICTURE_WIDTH, encode
from extractor.student.values import join
from extractor.types import ITEM_PARTS
from tests.training.synthetic.pages import KINDS, KNOWN, ROWS, Cell, document, scrawl
from training.alignment import SpanTarget
from training.augment import plain
from training.corpus import Example
from training.synthetic.examples import exactly, example, of_words, sketch
from training.synthetic.noise import OcrNoise, Read, Share
from training.synthetic.sheet import Synthetic
from training.synthetic.tokens import to_tokens


def made(rows: list[list[Cell]] | None = None, noise: OcrNoise | None = None, seed: int = 1) -> Example:
    found = example(document(rows or ROWS), noise, random.Random(seed))
    assert found is not None
    return found


def pointed(one: Example, field: str) -> list[str]:
    return [join(one.tokens[first : last + 1]) for first, last in one.spans[field].candidates]


def without(document: Synthetic, *texts: str) -> list[Read]:
    return [read for read in exactly(document.words) if read.text not in texts]


def test_targets_point_at_the_words_of_their_role() -> None:
    one = made()
    assert pointed(one, "merchant_name") == ["Corner Bakery"]
    assert pointed(one, "merchant_address") == ["12 Mill Lane, Springfield"]
    assert pointed(one, "date") == ["25/12/2018"]
    assert pointed(one, "total") == ["9.54"]
    assert one.spans["tax"] == SpanTarget()
    assert one.name == "made-up"
    assert one.source == "synthetic"


def test_item_tags_name_the_parts_and_items_begin_once() -> None:
    one = made()
    parts = {token.text: tag for token, tag in zip(one.tokens, one.items.tags, strict=True) if tag}
    named = {text: ITEM_PARTS[tag - 1] for text, tag in parts.items()}
    assert named == {
        "2": "quantity",
        "Rye": "description",
        "loaf": "description",
        "6.80": "amount",
        "Oat": "description",
        "biscuits": "description",
        "2.74": "amount",
    }
    assert [one.tokens[at].text for at in np.flatnonzero(one.items.begins)] == ["2", "Oat"]
    assert one.items.known


def test_a_label_glued_to_its_value_is_split_and_only_the_value_is_pointed_at() -> None:
    joined = OcrNoise(joined={"sign": (1.0,) * 12})
    one = made([[(0.1, "Date:", None), (0.2, "25/12/2018 18:30", "date")]], joined)
    assert [token.text for token in one.tokens] == ["Date:", "25/12/2018", "18:30"]
    assert pointed(one, "date") == ["25/12/2018 18:30"]
    assert one.tokens[1].glued


def test_a_label_printed_as_one_word_with_its_value_is_not_pointed_at() -> None:
    one = made([[(0.1, "Date:25/12/2018", "date"), (0.6, "Tel:+60-3-1234567", "merchant_phone")]])
    assert pointed(one, "date") == ["25/12/2018"]
    assert pointed(one, "merchant_phone") == ["+60-3-1234567"]


def test_words_joined_without_a_colon_are_pointed_at_as_a_whole() -> None:
    one = made([[(0.1, "TOTAL", None), (0.2, "9.54", "total")]], OcrNoise(joined=dict.fromkeys(KINDS, (1.0,) * 12)))
    assert pointed(one, "total") == ["TOTAL9.54"]


def test_another_column_in_between_leaves_the_longest_run_if_it_is_most_of_it() -> None:
    address = "merchant_address"
    rows: list[list[Cell]] = [
        [(0.02, "1234 Long Mill Lane Road", address), (0.7, "No.5", None)],
        [(0.02, "Ay", address)],
    ]
    assert pointed(made(rows), address) == ["1234 Long Mill Lane Road"]
    rows[1] = [(0.02, "Springfield Heights", address)]
    target = made(rows).spans[address]
    assert target == SpanTarget((), known=False)


def test_the_same_value_printed_twice_may_be_pointed_at_twice() -> None:
    one = made([[(0.1, "TOTAL", None), (0.8, "9.54", "total")], [(0.1, "Paid", None), (0.8, "9.54", "total")]])
    assert pointed(one, "total") == ["9.54", "9.54"]


def test_card_digits_are_one_token() -> None:
    one = made([[(0.1, "VISA", None), (0.3, "XXXX XXXX 1234", "card_last4")]])
    assert pointed(one, "card_last4") == ["1234"]


def test_what_is_lost_is_absent_and_gone_from_the_label() -> None:
    printed = document()
    one = of_words(printed, without(printed, "9.54", "25/12/2018", "Oat", "biscuits"))
    assert one is not None
    assert one.spans["total"] == SpanTarget()
    assert one.label["total"] is None
    assert one.label["date"] is None
    assert one.label["date_text"] is None
    assert one.label["merchant_name"] == "Corner Bakery"
    assert one.label["line_items"] == [["Rye loaf", "2", None, "6.80"], [None, None, None, "2.74"]]
    assert printed.label["total"] == "9.54"


def test_what_is_half_lost_is_neither_there_nor_absent() -> None:
    printed = document()
    one = of_words(printed, without(printed, "Corner"))
    assert one is not None
    assert one.spans["merchant_name"] == SpanTarget((), known=False)
    assert one.label["merchant_name"] == "Corner Bakery"


def test_a_field_that_is_garbled_is_unknown() -> None:
    printed = document([[(0.1, "TOTAL", None), (0.8, "9.54", "total")]])
    read = exactly(printed.words)
    role = Share("total", 1, 0, 3, 0.0)
    one = of_words(printed, [read[0], Read("~#~", read[1].box, 0, 0, 1, 0.4, (role,))])
    assert one is not None
    assert one.spans["total"] == SpanTarget((), known=False)


def test_items_lost_for_the_most_part_are_unknown() -> None:
    printed = document()
    one = of_words(printed, without(printed, "Oat", "biscuits", "2.74"))
    assert one is not None
    assert not one.items.known
    assert one.label["line_items"] == [["Rye loaf", "2", None, "6.80"]]


def test_an_unread_document_is_no_example() -> None:
    assert of_words(document(), []) is None
    assert example(document(), OcrNoise(lost=(2.0, 2.0, 2.0)), random.Random(1)) is None


def test_pages_keep_their_numbers_and_their_pictures() -> None:
    printed = document(page_of={5: 1, 6: 1})
    one = example(printed, None, random.Random(1))
    assert one is not None
    assert len(one.pictures) == 2
    assert {token.text: token.page for token in one.tokens}["9.54"] == 1
    assert pointed(one, "total") == ["9.54"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_under_any_noise_spans_lie_on_tokens_that_carry_their_role(seed: int) -> None:
    printed = document()
    read = KNOWN.apply(printed.words, random.Random(seed), printed.aspects, level=2.0)
    one = of_words(printed, read)
    if one is None:
        return
    carried = to_tokens(read, printed.aspects)[1]
    for field, target in one.spans.items():
        holders = {share.token for share in carried.get(field, ())}
        for first, last in target.candidates:
            assert set(range(first, last + 1)) <= holders
    assert len(one.items.tags) == len(one.items.begins) == len(one.tokens)
    assert len(plain(one).encoded) == len(one.tokens)


def test_a_document_too_long_keeps_track_of_its_tail() -> None:
    rows: list[list[Cell]] = [[(0.02, f"Tax:{n} w{n} x{n} y{n}", None)] for n in range(200)]
    rows[100] = [(0.02, "9.99", "subtotal")]
    rows[199] = [(0.02, "Total:5.00", "total")]
    one = made(rows)
    assert len(one.tokens) == MAX_TOKENS
    assert pointed(one, "total") == ["5.00"]
    assert one.spans["subtotal"] == SpanTarget()


def test_sketches_are_dark_where_words_stand_and_light_elsewhere() -> None:
    printed = document()
    read = exactly(printed.words)
    (drawn,) = sketch(read, printed.aspects)
    assert drawn.shape == (PICTURE_HEIGHT, PICTURE_WIDTH)
    assert drawn.dtype == np.uint8
    paper = np.median(drawn)
    tokens, _ = to_tokens(read, printed.aspects)
    for left, top, right, bottom in encode(tokens).boxes:
        middle = drawn[int((top + bottom) / 2 * PICTURE_HEIGHT), int(left * PICTURE_WIDTH) : int(right * PICTURE_WIDTH)]
        assert middle.min() < paper - 50
    np.testing.assert_array_equal(drawn, sketch(read, printed.aspects)[0])


def test_pictures_given_are_taken_as_they_are() -> None:
    picture = np.zeros((PICTURE_HEIGHT, PICTURE_WIDTH), np.uint8)
    one = example(document(), None, random.Random(1), [picture])
    assert one is not None
    assert one.pictures[0] is picture


def test_examples_are_made_quickly() -> None:
    pages = [Synthetic("s", tuple(scrawl(seed)), {"line_items": []}, (), (2.0,)) for seed in range(30)]
    noise = OcrNoise.load()
    start = time.process_time()
    for seed, page in enumerate(pages):
        example(page, noise, random.Random(seed))
    # 400 a second on a quiet core.
    assert len(pages) / (time.process_time() - start) > 40


@pytest.mark.parametrize("seed", range(3))
def test_examples_are_the_same_for_the_same_chance(seed: int) -> None:
    one, again = made(noise=KNOWN, seed=seed), made(noise=KNOWN, seed=seed)
    assert one.tokens == again.tokens
    assert one.spans == again.spans
    np.testing.assert_array_equal(one.items.tags, again.items.tags)
