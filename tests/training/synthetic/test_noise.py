"""The noise model: what it does to words, that its rates are found again, that it is quick enough."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.errors import UsageError
from extractor.types import Word
from tests.training.synthetic.pages import KNOWN, document, scrawl
from training.synthetic.alphabet import kind_of, without_accent
from training.synthetic.fitting import Pair, fit
from training.synthetic.noise import Errors, OcrNoise
from training.synthetic.sheet import Printed


def test_without_rates_everything_is_read_as_printed() -> None:
    words = document().words
    read = OcrNoise().apply(words, random.Random(1))
    assert [(one.text, one.box, one.row) for one in read] == [(word.text, word.box, word.row) for word in words]
    assert all(one.confidence == 1.0 for one in read)
    assert [one.roles[0].role if one.roles else None for one in read] == [word.role for word in words]


def test_the_same_chance_gives_the_same_reading_and_another_gives_another() -> None:
    words = scrawl(1)
    once, again, other = (KNOWN.apply(words, random.Random(seed), (2.0,)) for seed in (5, 5, 6))
    assert once == again
    assert once != other


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_roles_are_never_invented_and_point_into_their_word(seed: int) -> None:
    words = scrawl(seed % 50)
    for one in KNOWN.apply(words, random.Random(seed), (2.0,), level=3.0):
        assert one.text
        assert 0.0 <= one.confidence <= 1.0
        for share in one.roles:
            assert share.role == words[share.source].role
            assert 0 <= share.start < share.end <= len(one.text)
            assert share.characters <= len(words[share.source].text)


def test_a_role_is_never_carried_by_more_characters_than_were_printed() -> None:
    words = scrawl(3)
    carried = dict.fromkeys(range(len(words)), 0.0)
    for one in KNOWN.apply(words, random.Random(3), (2.0,)):
        for share in one.roles:
            carried[share.source] += share.characters
    assert all(characters <= len(words[source].text) + 1e-9 for source, characters in carried.items())


def test_joined_words_unite_their_roles_and_split_ones_share_them() -> None:
    words = document([[(0.1, "TOTAL", None), (0.2, "9.54", "total")]]).words
    (joined,) = OcrNoise(joined={"upper": (1.0,) * 12}).apply(words, random.Random(1), (1.6,))
    assert joined.text == "TOTAL9.54"
    assert [(share.role, joined.text[share.start : share.end]) for share in joined.roles] == [("total", "9.54")]
    one, other, third = OcrNoise(split={"sign": 1.0}).apply(words, random.Random(1), (1.6,))
    assert (one.text, other.text, third.text) == ("TOTAL", "9.", "54")
    assert [share.characters for part in (other, third) for share in part.roles] == [2.0, 2.0]
    assert other.box.x1 == third.box.x0


def test_gaps_part_words_into_pieces() -> None:
    words = document([[(0.1, "TOTAL", None), (0.8, "RM 9.54", "total")]]).words
    apart = (0.0,) * 8 + (1.0,) * 4
    assert [one.piece for one in OcrNoise(apart=apart).apply(words, random.Random(1), (1.6,))] == [0, 1, 1]


def test_letters_without_a_table_lose_their_accents_or_change_case() -> None:
    words = document([[(0.1, "éé", None)]]).words
    bare = OcrNoise(kinds={"accented": Errors(rate=99, read={"?": 1.0})}, follow=1.0, accents=1.0)
    assert bare.apply(words, random.Random(1))[0].text == "ee"
    cased = bare.model_copy(update={"accents": 0.0, "cases": 1.0})
    assert cased.apply(words, random.Random(1))[0].text == "ÉÉ"


def test_documents_in_other_scripts_have_noise_of_their_own() -> None:
    noise = OcrNoise(foreign=OcrNoise(lost=(1.0, 1.0, 1.0)))
    latin, thai = document([[(0.1, "Total 9.54", None)]]).words, document([[(0.1, "รวม 9.54", None)]]).words
    assert len(noise.apply(latin, random.Random(1))) == 2
    assert noise.apply(thai, random.Random(1)) == []


def test_rows_of_signs_are_lost_at_a_rate_of_their_own() -> None:
    words = document([[(0.1, "Total", None)], [(0.1, "----- ====", None)]]).words
    assert [one.text for one in OcrNoise(rules_lost=1.0).apply(words, random.Random(1), level=1.0)] == ["Total"]


def test_words_from_right_to_left_are_joined_in_the_order_of_the_text() -> None:
    words = document([[(0.1, "باقي", None), (0.2, "نقدا", None)]]).words
    (joined,) = OcrNoise(joined={"arabic": (1.0,) * 12}).apply(words, random.Random(1))
    assert joined.text == "نقدا" + "باقي"


def test_rows_that_are_lost_are_lost_as_a_whole() -> None:
    words = scrawl(2)
    read = OcrNoise(rows_lost=0.5).apply(words, random.Random(4), level=1.0)
    kept = {one.row for one in read}
    assert 0 < len(kept) < len({word.row for word in words})
    assert len(read) == sum(word.row in kept for word in words)


def test_a_garbled_word_keeps_its_place_but_carries_nothing() -> None:
    words = document([[(0.1, "Bakery", "merchant_name")]]).words
    noise = OcrNoise(garbled={"upper": 1.0}, spurious_signs={"#": 1.0})
    (read,) = noise.apply(words, random.Random(1), level=1.0)
    assert read.text == "######"
    assert [share.characters for share in read.roles] == [0.0]


def _pairs(noise: OcrNoise, count: int) -> list[Pair]:
    pairs = []
    for seed in range(count):
        words = scrawl(seed)
        read = noise.apply(words, random.Random(seed), (2.0,))
        pairs.append((words, [Word(one.text, one.box, one.confidence, one.piece) for one in read], 2.0))
    return pairs


@pytest.fixture(scope="module")
def found() -> OcrNoise:
    return fit(_pairs(KNOWN, 250))


def test_fitting_finds_the_rates_again(found: OcrNoise) -> None:
    assert found.characters["b"].rate == pytest.approx(0.02, rel=0.3)
    assert found.characters["a"].rate == pytest.approx(0.06, rel=0.3)
    assert found.characters["a"].read["o"] > 0.85
    assert found.characters["é"].read["e"] == pytest.approx(0.8, abs=0.15)
    assert found.follow == pytest.approx(0.1, rel=0.3)
    assert found.lost == pytest.approx((0.10, 0.05, 0.02), rel=0.25)
    assert found.rows_lost == pytest.approx(0.03, rel=0.4)
    assert found.split["sign"] == pytest.approx(0.08, rel=0.3)
    assert found.spurious == pytest.approx(1.0, rel=0.35)
    assert set(found.spurious_signs) == {"#"}


def test_fitting_finds_gaps_edges_and_confidences_again(found: OcrNoise) -> None:
    # Gaps of 0.02 of the width are 0.83 heights, gaps of 0.1 are 4.2.
    assert found.joined["lower"][5] == pytest.approx(0.3, abs=0.05)
    assert found.apart[5] == pytest.approx(0.0, abs=0.02)
    assert found.apart[10] == pytest.approx(0.5, abs=0.07)
    left, right = found.sides
    assert (left[0], left[-1]) == pytest.approx((-0.1, 0.1), abs=0.02)
    assert (right[0], right[-1]) == pytest.approx((0.0, 0.2), abs=0.02)
    assert found.right[1][10] == pytest.approx(0.95, abs=0.01)
    assert found.wrong[2][10] == pytest.approx(0.7, abs=0.05)


def test_fitting_finds_how_much_documents_differ(found: OcrNoise) -> None:
    assert min(found.levels) == 0.0
    assert sum(found.levels) / len(found.levels) == pytest.approx(1.0, abs=0.25)
    assert found.levels[-1] > 1.8


def test_a_clean_reading_is_fitted_as_no_noise() -> None:
    clean = fit(_pairs(OcrNoise(), 10))
    words = scrawl(99)
    read = clean.apply(words, random.Random(1), (2.0,), level=0.0)
    assert [one.text for one in read] == [word.text for word in words]


def test_nothing_printed_fits_to_nothing() -> None:
    assert fit([([], [], 1.0)]) == OcrNoise()


def test_the_shipped_model_is_loaded_saved_and_loaded_again(tmp_path: Path) -> None:
    shipped = OcrNoise.load()
    assert shipped.fitted_on
    assert 0 < shipped.characters["e"].rate < 0.1
    shipped.save(tmp_path / "noise.json")
    assert OcrNoise.load(tmp_path / "noise.json") == shipped


@pytest.mark.parametrize("text", ["", "{", json.dumps({"unheard_of": 1})])
def test_a_broken_model_is_refused_with_a_hint(tmp_path: Path, text: str) -> None:
    path = tmp_path / "noise.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="can't be read"):
        OcrNoise.load(path)


def test_the_shipped_model_reads_most_words_right() -> None:
    noise, right, printed = OcrNoise.load(), 0, 0
    for seed in range(40):
        words = scrawl(seed, letters="abcdefghijklmnopqrstuvwxyz0123456789")
        texts = {one.text for one in noise.apply(words, random.Random(seed), (2.0,))}
        right += sum(word.text in texts for word in words)
        printed += len(words)
    assert 0.8 < right / printed < 0.995


def test_readings_are_quick() -> None:
    noise, pages = OcrNoise.load(), [scrawl(seed) for seed in range(50)]
    noise.apply(pages[0], random.Random(0), (2.0,))
    start = time.process_time()
    for seed, words in enumerate(pages):
        noise.apply(words, random.Random(seed), (2.0,))
    # 1,300 a second on a quiet core; a tenth of that is a defect, not a busy machine.
    assert len(pages) / (time.process_time() - start) > 130


@pytest.mark.parametrize(
    ("sign", "kind"),
    [
        *(("7", "digit"), ("Q", "upper"), ("q", "lower"), ("é", "accented"), ("ữ", "accented"), (":", "sign")),
        *(("€", "sign"), ("計", "cjk"), ("コ", "cjk"), ("ร", "thai"), ("ش", "arabic"), ("क", "devanagari")),
        ("Ж", "other"),
    ],
)
def test_characters_have_kinds(sign: str, kind: str) -> None:
    assert kind_of(sign) == kind


def test_accents_fall_off_latin_letters_only() -> None:
    assert [without_accent(sign) for sign in "éÑđłıộ計e"] == list("eNdlio計e")


def test_words_from_right_to_left_are_halved_from_the_right() -> None:
    words = [Printed("شكرا", document().words[0].box, 0, 0, None)]
    first, second = OcrNoise(split={"arabic": 1.0}).apply(words, random.Random(2))
    assert first.box.x0 == second.box.x1
