"""Pages become pictures of the size a model takes; tall ones are cut into parts that overlap."""

from __future__ import annotations

import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from extractor.types import Page
from labeling.pictures import FAMILIES, LEGIBLE_WIDTH, MOST_PARTS, OVERLAP, cuts, prepare, rule_for, sizes
from tests.labeling.documents import page

RULES = {rule.name: rule for _, rule in FAMILIES}
rules = st.sampled_from(sorted(RULES)).map(RULES.__getitem__)
lengths = st.integers(20, 12_000)


@given(lengths, lengths, rules)
def test_a_picture_never_exceeds_what_the_model_takes_and_is_never_enlarged(width: int, height: int, rule) -> None:  # type: ignore[no-untyped-def]
    for one, other in sizes([Page(0, width, height)], rule):
        assert max(one, other) <= rule.long_edge
        assert one * other <= rule.pixels
        assert one <= width
        assert other <= height


@given(lengths, lengths, rules)
def test_parts_cover_the_page_in_order_and_overlap(width: int, height: int, rule) -> None:  # type: ignore[no-untyped-def]
    found = cuts(width, height, rule)
    assert 1 <= len(found) <= MOST_PARTS
    assert found[0][0] == 0
    assert found[-1][1] == height
    for (_, bottom), (top, end) in pairwise(found):
        assert top < bottom < end
        assert bottom - top >= (end - top) * OVERLAP - 2


def test_a_tall_receipt_stays_legible_because_it_is_cut() -> None:
    rule = rule_for("claude-sonnet-4-6")
    assert rule.fitted(900, 6000)[0] < 300, "as one picture nobody could read it"
    found = sizes([Page(0, 900, 6000)], rule)
    assert len(found) > 1
    assert all(width >= LEGIBLE_WIDTH * 0.97 for width, _ in found)


def test_a_page_of_usual_form_stays_whole() -> None:
    assert len(cuts(1240, 1754, rule_for("claude-sonnet-4-6"))) == 1
    assert len(cuts(463, 1013, rule_for("gpt-4o"))) == 1


def test_parts_of_all_pages_come_in_reading_order_and_repeat_the_seam() -> None:
    found = prepare([page(600, 5000), page(index=1)], rule_for("claude-sonnet-4-6"))
    assert [(each.page, each.part) for each in found] == [(0, part) for part in range(found[0].parts)] + [(1, 0)]
    for upper, lower in pairwise(found[:-1]):
        seam = round(upper.height * OVERLAP)
        above = np.asarray(upper.opened().convert("L"), dtype=float)[-seam:]
        below = np.asarray(lower.opened().convert("L"), dtype=float)[:seam]
        assert abs(above.mean() - below.mean()) < 4, "the page grows brighter: the same strip has the same light"
        assert abs(above.mean() - np.asarray(lower.opened().convert("L"), dtype=float)[-seam:].mean()) > 15


def test_photographs_are_sent_as_jpeg_and_drawings_as_png() -> None:
    drawn = Page(0, 200, 300, image=np.full((300, 200, 3), 255, np.uint8))
    photograph, drawing = prepare([page(), drawn], rule_for("gpt-4o"))
    assert photograph.media_type == "image/jpeg"
    assert drawing.media_type == "image/png"
    for each in (photograph, drawing):
        opened = Image.open(io.BytesIO(each.content))
        assert opened.size == (each.width, each.height)
        assert f"image/{opened.format}".lower() == each.media_type
    assert drawing.data_url.startswith("data:image/png;base64,iVBOR")


def test_sizes_are_those_of_the_pictures_made() -> None:
    pages = [page(600, 5000), page(2000, 1500, index=1)]
    for model in ("claude-opus-5", "claude-haiku-4-5", "gpt-4o", "gpt-4.1-mini", "llava"):
        rule = rule_for(model)
        assert sizes(pages, rule) == [(each.width, each.height) for each in prepare(pages, rule)]


@pytest.mark.parametrize(
    ("model", "width", "height", "tokens"),
    [
        ("claude-sonnet-4-6", 1024, 1024, math.ceil(1024 / 28) ** 2),
        ("claude-opus-4-8", 2576, 1384, 92 * 50),
        ("gpt-4o", 768, 768, 85 + 4 * 170),
        ("gpt-4o", 512, 512, 85 + 170),
        ("gpt-5", 768, 1024, 70 + 4 * 140),
        ("gpt-6-sol", 1024, 1024, 1229),
        ("gpt-4o-mini", 512, 512, 2833 + 5667),
    ],
)
def test_tokens_are_counted_as_the_provider_documents(model: str, width: int, height: int, tokens: int) -> None:
    assert rule_for(model).tokens(width, height) == tokens


def test_a_model_is_known_by_the_beginning_of_its_name() -> None:
    assert rule_for("claude-haiku-4-5-20251001").long_edge == 1568
    assert rule_for("claude-sonnet-5-5").long_edge == 2576
    assert rule_for("openai/gpt-4o-2024-11-20").name == "tiles"
    assert rule_for("qwen2.5-vl:7b").name == "local"


def test_a_page_without_a_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="no picture"):
        prepare([Page(0, 100, 100)], rule_for("gpt-4o"))
