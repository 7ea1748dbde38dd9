"""Words stand in rows on the page, cut as an OCR engine cuts them, in the order in which extraction reads them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.synthetic.samples import ARABIC, LOCALES, many_lines, sample
from training.synthetic.labels import label, printed_texts
from training.synthetic.layouts import TEMPLATES
from training.synthetic.purchase import Locale
from training.synthetic.sheet import Cell, Printed, Row, Run, Sheet
from training.synthetic.words import place


def one_row(*cells: Cell, columns: int = 40) -> tuple[Printed, ...]:
    return place((Sheet((Row(cells),), columns),))[0]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_words_of_a_row_do_not_overlap(name: str, locale: Locale) -> None:
    purchase = sample(TEMPLATES[name].kinds[0], locale)
    for seed in range(3):
        words, aspects = place(TEMPLATES[name].lay(purchase, random.Random(seed)))
        assert words
        assert all(aspect > 0.3 for aspect in aspects)
        for one, other in pairwise(words):
            if (one.page, one.row) == (other.page, other.row):
                left, right = sorted((one.box, other.box), key=lambda box: box.x0)
                assert right.x0 >= left.x1 - 1e-6


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_words_of_a_role_spell_the_label(name: str) -> None:
    purchase = sample(TEMPLATES[name].kinds[0])
    for seed in range(5):
        sheets = TEMPLATES[name].lay(purchase, random.Random(seed))
        spelt: dict[str, list[str]] = {}
        for word in place(sheets)[0]:
            if word.role:
                spelt.setdefault(word.role, []).append(word.text)
        texts = printed_texts(sheets)
        assert set(spelt) == set(texts)
        for role, text in texts.items():
            # A label, a currency's sign or a tax letter may be glued to the value.
            assert text in " ".join(spelt[role])
        address = " ".join(spelt.get("merchant_address", ())) or None
        assert label(purchase, sheets)["merchant_address"] == address


def test_words_are_cut_at_spaces_and_keep_the_role_of_their_run() -> None:
    words = one_row(Cell((Run("Total due: "), Run("1 234,50", "total"), Run(" EUR"))))
    assert [(word.text, word.role) for word in words] == [
        ("Total", None),
        ("due:", None),
        ("1", "total"),
        ("234,50", "total"),
        ("EUR", None),
    ]


def test_runs_that_touch_are_one_word_with_the_role_of_the_value() -> None:
    (word,) = one_row(Cell((Run("Date:"), Run("25/12/2018", "date"))))
    assert (word.text, word.role) == ("Date:25/12/2018", "date")


def test_text_without_spaces_stays_one_word() -> None:
    assert [word.text for word in one_row(Cell((Run("東京都千代田区丸の内1-2-3"),)))] == ["東京都千代田区丸の内1-2-3"]


def test_alignment_says_which_end_stands_at_the_anchor() -> None:
    left, centre, right = one_row(
        Cell((Run("aa"),)), Cell((Run("bb"),), 0.5, "centre"), Cell((Run("cc"),), 1.0, "right")
    )
    assert left.box.x0 == pytest.approx(0.04)
    assert centre.box.center[0] == pytest.approx(0.5)
    assert right.box.x1 == pytest.approx(0.96)


def test_arabic_runs_from_right_to_left_and_is_read_so() -> None:
    words = one_row(Cell((Run("شارع الملك فهد"),), 1.0, "right"))
    assert [word.text for word in words] == ["شارع", "الملك", "فهد"]
    assert words[0].box.x0 > words[1].box.x1 > words[2].box.x1


def test_figures_within_arabic_keep_their_order_on_the_page() -> None:
    words = {word.text: word.box for word in one_row(Cell((Run("هاتف 011 555"),), 1.0, "right"))}
    assert words["011"].x1 < words["555"].x0 < words["555"].x1 < words["هاتف"].x0


def test_an_address_beside_the_facts_of_an_arabic_or_english_invoice_is_read_as_one() -> None:
    for locale in (LOCALES[0], ARABIC):
        purchase = sample("invoice", locale)
        words, _ = place(TEMPLATES["invoice two heads"].lay(purchase, random.Random(4)))
        held = [at for at, word in enumerate(words) if word.role == "merchant_address"]
        rows = {words[at].row for at in held}
        assert len(rows) == len(purchase.merchant.address)


def test_a_page_that_is_too_full_is_set_closer() -> None:
    sheets = TEMPLATES["invoice customer right"].lay(many_lines(sample("invoice"), 90), random.Random(1))
    words, aspects = place(sheets)
    assert all(aspect == pytest.approx(1.414) for aspect in aspects)
    assert all(word.box.y1 <= 1.0 for word in words)


@given(st.lists(st.text("abc 12,.", min_size=1, max_size=60), min_size=1, max_size=4), st.integers(10, 60))
def test_words_lie_ordered_in_the_unit_square_whatever_is_printed(texts: list[str], columns: int) -> None:
    cells = tuple(Cell((Run(text),), at / len(texts)) for at, text in enumerate(texts))
    words = one_row(*cells, columns=columns)
    assert sorted(word.text for word in words) == sorted(part for text in texts for part in text.split())
    assert [word.box.x0 for word in words] == sorted(word.box.x0 for word in words)
