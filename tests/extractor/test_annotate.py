"""Pictures of what was read."""

import numpy as np
import pytest

from extractor import annotate as drawing
from extractor.annotate import annotate, plain_pages
from extractor.pipeline import Settings
from extractor.types import Document, Extraction, Field, LineItem, Page, Receipt

GREEN, AMBER, RED = drawing._COLOURS.values()
WHITE = np.full((1000, 600, 3), 255, np.uint8)


def _extraction(confidence: float = 0.98, page: int = 0, value: str = "80.90", items: int = 0) -> Extraction:
    total = Field(value=value, text=value, confidence=confidence, page=page, box=[0.5, 0.5, 0.75, 0.55])
    country = Field(value="MY", text="MY", confidence=0.9)
    lines = [LineItem(description=total, amount=total) for _ in range(items)]
    receipt = Receipt(fields={"total": total, "country": country}, line_items=lines)
    return Extraction(file="in/ä.jpg", sha256="", status="ok", pages=2, receipt=receipt)


def _has_colour(picture, colour, tolerance: int = 12) -> bool:
    distance = np.abs(np.asarray(picture).astype(int) - np.array(colour)).max(axis=2)
    return bool((distance <= tolerance).sum() > 20)


@pytest.mark.parametrize(("confidence", "colour"), [(0.95, GREEN), (0.7, AMBER), (0.3, RED)])
def test_the_box_stands_where_the_value_does_in_the_colour_of_its_confidence(confidence, colour):
    picture = annotate(WHITE, _extraction(confidence))
    around = picture.crop((290, 490, 460, 560))
    assert _has_colour(around, colour)
    for other in {GREEN, AMBER, RED} - {colour}:
        assert not _has_colour(around, other)


def test_the_page_keeps_its_size_and_the_rest_of_it_is_untouched():
    picture = annotate(WHITE, _extraction())
    assert picture.width > 600
    assert picture.height == 1000
    page = np.asarray(picture)[:, :600].copy()
    page[480:570, 260:470] = 255
    assert (page == 255).all()


def test_another_page_shows_neither_the_box_nor_what_was_concluded_from_the_whole_document():
    elsewhere, here = annotate(WHITE, _extraction(), page=1), annotate(WHITE, _extraction(page=1), page=1)
    assert (np.asarray(elsewhere)[:, :600] == 255).all()
    assert not (np.asarray(here)[:, :600] == 255).all()


def test_a_small_page_is_enlarged_and_a_large_one_reduced():
    assert annotate(WHITE[:300, :200], _extraction()).height == 900
    large = annotate(np.full((4000, 3000, 3), 255, np.uint8), _extraction())
    assert large.height == 1800


def test_many_line_items_get_more_columns_and_a_taller_panel():
    few, many = annotate(WHITE, _extraction()), annotate(WHITE, _extraction(items=60))
    assert many.width > few.width
    assert many.height > few.height


def test_a_record_without_any_value_still_gives_a_picture():
    failed = Extraction(file="a.jpg", sha256="", status="partial", pages=1)
    assert annotate(WHITE, failed).size == annotate(WHITE, _extraction()).size


def test_without_fonts_on_the_system_pillows_own_is_used(monkeypatch):
    monkeypatch.setattr(drawing, "_faces", lambda: ())
    assert _has_colour(annotate(WHITE, _extraction(value="ÄÖ 漢字 " * 30)), GREEN)


def test_a_panel_text_that_is_too_long_ends_in_an_ellipsis():
    from PIL import Image, ImageDraw

    draw = ImageDraw.Draw(Image.new("RGB", (10, 10)))
    font = drawing._font(16)
    short = drawing._shortened(draw, "x" * 500, font, 100)
    assert short.endswith("…")
    assert draw.textlength(short, font=font) <= 100
    assert drawing._shortened(draw, "a  b", font, 100) == "a b"


def test_fields_of_a_users_own_task_are_drawn_behind_those_of_receipts():
    room = Field(value="0417", text="0417", confidence=0.3, page=0, box=[0.1, 0.1, 0.2, 0.15])
    channel = Field(value="direct", text="direct", confidence=0.7)
    known = _extraction().receipt.fields
    receipt = Receipt(fields={"room": room, "booking_channel": channel, **known})
    extraction = _extraction().model_copy(update={"receipt": receipt})
    listed = [(entry.name, entry.number) for entry in drawing._entries(extraction, 0)]
    assert listed == [("total", 1), ("room", 2), ("country", None), ("booking channel", None)]
    assert _has_colour(annotate(WHITE, extraction).crop((40, 80, 140, 170)), RED)


def test_plain_pages_are_turned_upright_and_large_ones_reduced():
    picture = np.full((2000, 3000, 3), 255, np.uint8)
    picture[:, :300] = 0  # the left edge, which a turn by 270 degrees brings to the top
    document = Document("a.png", "", (Page(0, 2000, 3000, turned=270),))
    ((index, shown),) = plain_pages(picture, document, Settings())
    assert (index, shown.size) == (0, (1200, 1800))
    assert np.asarray(shown)[:150].max() < 50
    assert np.asarray(shown)[250:].min() > 200


def test_a_document_that_cannot_be_loaded_any_more_has_no_plain_pages():
    assert list(plain_pages(b"nothing", Document("a.png", "", ()), Settings())) == []
