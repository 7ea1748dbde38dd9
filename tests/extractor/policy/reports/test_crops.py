"""Cut-outs show the right part of the right page, with the box drawn."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from extractor.policy.cases import Case, Place
from extractor.policy.reports.crops import crops
from extractor.policy.reports.settings import ReportSettings
from extractor.types import Box, Document, Page
from tests.extractor.policy.reports.made_up import finding, receipt

RED = (197, 30, 58)
SETTINGS = ReportSettings()
BOX = [0.5, 0.5, 0.7, 0.52]


@pytest.fixture
def paper(tmp_path):
    """A white page, 600 × 1200, with a blue bar where the box is, and a receipt read from it."""
    image = Image.new("RGB", (600, 1200), "white")
    image.paste((0, 0, 255), (300, 600, 420, 624))
    path = tmp_path / "paper.png"
    image.save(path)
    return receipt(path)


def pixels(crop):
    with Image.open(BytesIO(crop.data)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def near(image, colour):
    return np.abs(image - np.array(colour)).sum(axis=2) < 90


def made(one, *findings, limit=10, more=()):
    case = Case("C-1", None, (one,))
    return crops([(case, found) for found in findings], {each.name: each for each in (one, *more)}, SETTINGS, limit)


def at(name, box=BOX, page=0):
    return finding(places=(Place(receipt=name, field="total", page=page, box=box),))


def test_the_box_is_cut_out_and_framed(paper):
    (crop,) = made(paper, at("paper.png"))[0]
    image = pixels(crop)
    assert (crop.width, crop.height) == image.shape[1::-1]
    frame, bar = np.argwhere(near(image, RED)), np.argwhere(near(image, (0, 0, 255)))
    assert len(bar)
    # The frame lies around the bar, and close to it.
    assert (frame.min(axis=0) < bar.min(axis=0)).all()
    assert (frame.max(axis=0) > bar.max(axis=0)).all()
    assert (bar.min(axis=0) - frame.min(axis=0) < 12).all()
    assert crop.says == "paper.png: total (20.50)"


def test_fields_of_the_receipt_are_shown_where_a_finding_names_no_place(paper):
    (crop,) = made(paper, finding(fields=["total"]))[0]
    assert near(pixels(crop), RED).any()


def test_without_any_place_the_page_is_shown_whole(paper):
    (crop,) = made(paper, finding(fields=[]))[0]
    assert crop.height == 2 * crop.width
    assert not near(pixels(crop), RED).any()


def test_the_page_is_turned_as_it_was_read(tmp_path, paper):
    with Image.open(paper.path) as upright:
        lying = upright.rotate(90, expand=True)  # counter-clockwise
    path = tmp_path / "lying.png"
    lying.save(path)
    document = Document("lying.png", "0", (Page(0, 600, 1200, turned=270),))
    one = receipt(path)
    one = type(one)(one.record, path, document)
    (crop,) = made(one, at("lying.png"))[0]
    image = pixels(crop)
    assert near(image, (0, 0, 255)).sum() > 500
    assert image.shape == pixels(made(paper, at("paper.png"))[0][0]).shape


def test_both_halves_of_a_pair_are_shown_the_own_first(tmp_path, paper):
    Image.new("RGB", (300, 300), "white").save(tmp_path / "a.png")
    other = receipt(tmp_path / "a.png")
    pair = finding(places=tuple(Place(receipt=name, field="total", page=0, box=BOX) for name in ("a.png", "paper.png")))
    assert [crop.says.split(":")[0] for crop in made(paper, pair, more=(other,))[0]] == ["paper.png", "a.png"]


def test_the_same_place_is_shown_once_a_case(paper):
    assert list(made(paper, at("paper.png"), at("paper.png"), at("paper.png", [0.1, 0.1, 0.2, 0.2]))) == [0, 2]


def test_there_are_no_more_than_the_limit(paper):
    many = [at("paper.png", [0.1, n / 20, 0.3, n / 20 + 0.02]) for n in range(9)]
    assert sorted(made(paper, *many, limit=4)) == [0, 1, 2, 3]


def test_a_file_that_is_gone_or_broken_gives_no_picture(tmp_path, paper):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    assert made(receipt(broken), at("broken.png")) == {}
    assert paper.path is not None
    paper.path.unlink()
    assert made(paper, at("paper.png")) == {}


@pytest.mark.parametrize("box", [[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0.99, 0.0, 1.0, 0.001]])
def test_boxes_at_the_edges_give_pictures_of_the_page(paper, box):
    (crop,) = made(paper, at("paper.png", Box.clipped(*box).as_list()))[0]
    assert min(crop.width, crop.height) > 30


def test_pages_of_a_pdf_are_found(examples):
    one = receipt(examples / "catering-ireland.pdf")
    (crop,) = made(one, at("catering-ireland.pdf", page=1))[0]
    assert near(pixels(crop), RED).any()
    assert made(one, at("catering-ireland.pdf", page=7)) == {}
