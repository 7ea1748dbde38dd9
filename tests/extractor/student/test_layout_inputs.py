"""What a layout encoder is given: each word's sub-words with its box, in windows of one page that overlap."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import BadModel, MissingExtra
from extractor.student.encoder import Encoded, encode, picture, tokenize
from extractor.student.layout_inputs import (
    MOST_SUBWORDS,
    LayoutReader,
    LayoutSettings,
    load_tokenizer,
    windows_of,
)
from tests.extractor.student.documents import page

SETTINGS = LayoutSettings(begin=1, end=2, pad=0, unknown=3, window=12, overlap=3)


class Letters:
    """One sub-word a letter, by its code; nothing for an asterisk."""

    def encode(self, text: str, add_special_tokens: bool) -> Any:
        assert not add_special_tokens
        return SimpleNamespace(ids=[ord(letter) for letter in text if letter != "*"])


def reader(**changes: Any) -> LayoutReader:
    return LayoutReader(SETTINGS.model_copy(update=changes), Letters())


def document(*pages: tuple[str, ...]) -> Encoded:
    made = [page(*rows, index=index) for index, rows in enumerate(pages)]
    return encode(tokenize(made), [picture(each) for each in made])


def test_words_become_subwords_between_begin_and_end_each_with_the_box_of_its_word() -> None:
    given = document(("ab c", "***"))
    arrays = reader(window=20).collate([given])
    assert arrays["input_ids"].tolist() == [[1, ord("a"), ord("b"), ord("c"), 3, 2]], "*** has no sub-word: unknown"
    boxes = arrays["bbox"][0].tolist()
    assert boxes[0] == boxes[-1] == [0, 0, 0, 0]
    assert boxes[1] == boxes[2] == np.rint(given.boxes[0] * 1000).astype(int).tolist()
    assert arrays["bbox"].min() >= 0
    assert arrays["bbox"].max() <= 1000
    assert arrays["pieces"].tolist() == [[[1], [3], [4]]]
    assert arrays["attention_mask"].tolist() == [[1] * 6]


def test_the_mean_takes_all_subwords_of_a_word_up_to_a_dozen() -> None:
    arrays = reader(window=40, pooling="mean").collate([document(("abc " + "x" * 30,))])
    assert arrays["pieces"].shape == (1, 2, MOST_SUBWORDS)
    assert arrays["pieces"][0, 0, :4].tolist() == [1, 2, 3, -1]
    assert arrays["pieces"][0, 1].tolist() == list(range(4, 4 + MOST_SUBWORDS))


def test_a_word_whose_spelling_training_hides_is_unknown() -> None:
    given = document(("ab cd",))
    given.pieces[0] = 0
    assert reader().collate([given])["input_ids"].tolist() == [[1, 3, ord("c"), ord("d"), 2]]


def test_documents_of_a_batch_are_padded_and_their_places_counted_on() -> None:
    arrays = reader().collate([document(("ab",)), document(("c d e",))])
    assert arrays["mask"].tolist() == [[True, False, False], [True, True, True]]
    assert arrays["pieces"][..., 0].tolist() == [[1, -1, -1], [6, 7, 8]]
    assert arrays["input_ids"][0].tolist() == [1, ord("a"), ord("b"), 2, 0]


def test_each_page_is_a_window_of_its_own_with_its_own_picture() -> None:
    given = document(("ab",), ("cd", "e"))
    given.pictures[0][:], given.pictures[1][:] = 10, 200
    arrays = reader(picture=8).collate([given])
    assert len(arrays["input_ids"]) == 2
    assert arrays["page_pictures"].shape == (2, 1, 8, 8)
    assert [int(shown.mean()) for shown in arrays["page_pictures"]] == [10, 200]


def test_boxes_stay_ordered_where_training_has_crossed_them_and_may_be_fractions() -> None:
    given = document(("ab cd",))
    given.boxes[0] = (0.9, 0.8, 0.2, 0.1)
    assert reader().collate([given])["bbox"][0, 1].tolist() == [200, 100, 900, 800]
    fractions = reader(boxes="unit").collate([given])["bbox"]
    assert fractions.dtype == np.float32
    assert fractions[0, 1].tolist() == pytest.approx([0.2, 0.1, 0.9, 0.8])


@given(
    lengths=st.lists(st.integers(1, 10), min_size=1, max_size=60),
    turns=st.sets(st.integers(0, 59)),
    overlap=st.integers(0, 6),
)
def test_windows_hold_every_word_of_every_page_and_never_too_much(
    lengths: list[int], turns: set[int], overlap: int
) -> None:
    pages = np.cumsum([at in turns for at in range(len(lengths))]).tolist()
    settings = SETTINGS.model_copy(update={"overlap": overlap})
    windows = windows_of(lengths, pages, settings)
    assert {at for each in windows for at in range(each.first, each.last)} == set(range(len(lengths)))
    for window in windows:
        assert sum(lengths[window.first : window.last]) <= SETTINGS.window - 2
        assert {pages[at] for at in range(window.first, window.last)} == {window.page}
    for one, other in pairwise(windows):
        assert one.first < other.first
        if one.page == other.page and other.first > one.first + 1:
            assert sum(lengths[other.first : one.last]) >= overlap


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=9), min_size=1, max_size=40))
def test_the_place_of_every_word_holds_its_first_letter(words: list[str]) -> None:
    given = document(tuple(words))
    arrays = reader().collate([given])
    flat = arrays["input_ids"].reshape(-1)
    assert [chr(flat[at]) for at in arrays["pieces"][0, :, 0]] == [text[0] for text in given.texts]


def test_a_word_in_two_windows_is_read_where_most_stands_around_it() -> None:
    arrays = reader(window=12, overlap=6).collate([document(tuple("abcdefghijklmn"))])
    assert arrays["input_ids"].shape == (2, 12)
    rows = (arrays["pieces"][0, :, 0] // 12).tolist()
    # Ten words fit; e to j stand in both windows: e, f and g have more of the first around them.
    assert rows == [0] * 7 + [1] * 7


def test_without_the_tokenizers_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"tailor\[layout\]"):
        load_tokenizer(tmp_path / "tokenizer.json")


def test_a_broken_tokenizer_is_a_bad_model(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadModel, match="not the tokenizer"):
        load_tokenizer(tmp_path / "tokenizer.json")
