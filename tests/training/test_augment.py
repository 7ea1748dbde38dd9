"""Variations of a training document leave its answers true."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.student import encoder
from extractor.student.encoder import Token
from tests.extractor.student.documents import ROWS, texts, tokens
from tests.training.tiny import FIELDS, UNCHANGED, example
from training import augment
from training.alignment import SpanTarget
from training.augment import Sample, plain, vary
from training.config import Augmentation

WHOLE = example()
LOSSY = UNCHANGED.model_copy(update={"drop_rows": 1.0, "drop_words": 0.1})
WILD = Augmentation(misread=0.5, forget=0.3, digits=1.0, drop_rows=1.0, drop_words=0.1)


def varied(how: Augmentation, seed: int) -> tuple[Sample, list[Token]]:
    """A variation, and the tokens that were left of the document."""
    seen: list[list[Token]] = []

    def spy(left: list[Token], *rest: object) -> encoder.Encoded:
        seen.append(list(left))
        return encoder.encode(left, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augment, "encode", spy)
        return vary(WHOLE, how, random.Random(seed)), seen[0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_targets_point_at_the_same_words_after_rows_are_lost(seed: int) -> None:
    sample, left = varied(LOSSY, seed)
    assert len(sample.encoded) == len(left) == len(sample.items.tags) == len(sample.items.begins)
    for field in FIELDS:
        before = {tuple(WHOLE.tokens[a : b + 1]) for a, b in WHOLE.spans[field].candidates}
        after = {tuple(left[a : b + 1]) for a, b in sample.spans[field].candidates}
        # A word lost inside a value would join its neighbours: such a place must not be kept.
        assert after <= before
    tagged = {WHOLE.tokens[at]: tag for at, tag in enumerate(WHOLE.items.tags.tolist())}
    assert [tagged[token] for token in left] == sample.items.tags.tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_lost_value_is_absent_and_a_partly_lost_one_unknown(seed: int) -> None:
    sample, left = varied(LOSSY, seed)
    kept = set(left)
    for field in FIELDS:
        places = [WHOLE.tokens[a : b + 1] for a, b in WHOLE.spans[field].candidates]
        shares = [sum(token in kept for token in place) / len(place) for place in places]
        target = sample.spans[field]
        if 1.0 in shares:
            assert target.candidates
        elif any(shares):
            assert target == SpanTarget(known=False)
        else:
            assert target == SpanTarget()


def test_what_is_unknown_stays_unknown_when_words_are_lost() -> None:
    unknown = SpanTarget(known=False)
    assert augment._moved(unknown, {}) == unknown


def test_an_item_whose_first_word_is_lost_begins_at_its_next() -> None:
    first = texts(WHOLE.tokens).index("Rye")
    keep = [at for at in range(len(WHOLE.tokens)) if at != first]
    _, items = augment._renumber(WHOLE, keep)
    assert WHOLE.items.begins[first] == 1.0
    assert items.begins[first] == 1.0, "loaf stands there now"
    assert items.begins.sum() == 2


def test_an_item_whose_first_word_is_lost_begins_at_its_next_even_behind_a_stranger() -> None:
    label = {"id": "1", "line_items": [["loaf", "1", None, "6.80"]]}
    whole = example("1 * loaf 6.80", "Total 6.80", label=label)
    assert whole.items.tags.tolist()[:4] == [2, 0, 1, 4]
    _, items = augment._renumber(whole, list(range(1, len(whole.tokens))))
    assert items.begins.tolist()[:3] == [0.0, 1.0, 0.0]


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_same_seed_gives_the_same_sample(seed: int) -> None:
    (one, _), (other, _) = varied(WILD, seed), varied(WILD, seed)
    assert one.spans == other.spans
    for name in ("pieces", "numbers", "boxes", "places", "cells", "pictures"):
        assert np.array_equal(getattr(one.encoded, name), getattr(other.encoded, name))


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_any_variation_stays_in_bounds(seed: int) -> None:
    made = varied(WILD, seed)[0].encoded
    assert np.isfinite(made.numbers).all()
    assert ((made.boxes >= 0) & (made.boxes <= 1)).all()
    assert len(made) >= 3


def test_different_seeds_give_different_samples() -> None:
    assert len({tuple(texts(varied(WILD, seed)[1])) for seed in range(10)}) > 5


def test_no_variation_is_the_document_itself() -> None:
    sample, reference = varied(UNCHANGED, 1)[0], plain(WHOLE)
    assert sample.spans == WHOLE.spans
    for name in ("pieces", "numbers", "places", "cells", "pictures"):
        assert np.array_equal(getattr(sample.encoded, name), getattr(reference.encoded, name))
    assert np.allclose(sample.encoded.boxes, reference.encoded.boxes, atol=0.02)


def test_long_numbers_are_written_anew_alike_everywhere_and_amounts_stay() -> None:
    found = list(tokens("Bill 4711234 Ref 4711234 Total 9.54 on 25/12/2018"))
    respelt = augment._respell(found, UNCHANGED.model_copy(update={"digits": 1.0}), random.Random(1))
    changed = texts(respelt)
    assert changed[1] == changed[3] != "4711234"
    assert len(changed[1]) == 7
    assert changed[5:] == ["9.54", "on", "25/12/2018"]


def test_a_forgotten_word_has_no_spelling_and_keeps_its_place() -> None:
    sample, left = varied(UNCHANGED.model_copy(update={"forget": 1.0}), 1)
    assert not sample.encoded.pieces.any()
    assert texts(left) == texts(WHOLE.tokens)
    assert len(ROWS) == int(sample.encoded.places[-1, 0]) + 1
