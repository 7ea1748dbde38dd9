"""What a reviewer sees is the page that the boxes were measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.errors import DocumentError
from extractor.loading import load
from extractor.ocr import read_page
from extractor.ocr.base import Reading
from extractor.ocr.fake import FakeOcr
from extractor.types import Box, Word
from labeling.review.pictures import PictureFolder, pages_of, turns_of
from labeling.review.sources import Source
from tests.labeling.review.receipts import record

EMPTY = record("a.png", "", record("", "", {"fields": {}}).receipt)  # type: ignore[arg-type]


def source(name: str, sha256: str = "") -> Source:
    return Source(name, f"{name}.png", sha256, "m", EMPTY.receipt)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_the_turn_of_a_page_is_read_off_the_warning_that_reading_gives(tmp_path: Path, turned: int) -> None:
    Image.new("RGB", (40, 60), "white").save(tmp_path / "a.png")
    reading = Reading((Word("x", Box(0, 0, 0.1, 0.1)),), turned)
    with load(tmp_path / "a.png") as document:
        page, notices = read_page(next(iter(document.pages())), FakeOcr(reading))
    turns = turns_of(EMPTY.model_copy(update={"warnings": notices}))
    assert turns == {0: turned}
    assert pages_of(tmp_path / "a.png", turns)[0].size == (page.width, page.height)


def test_a_photograph_held_sideways_is_shown_as_it_was_read(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 60), "white").save(tmp_path / "a.jpg", exif=exif)
    page = pages_of(tmp_path / "a.jpg", {})[0]
    assert (page.size, page.suffix) == ((60, 40), "jpg")
    assert page.data != (tmp_path / "a.jpg").read_bytes()


def test_every_page_of_a_pdf_becomes_a_picture(examples: Path) -> None:
    with load(examples / "hotel-singapore.pdf") as document:
        sizes = [page.image.shape[1::-1] for page in document.pages()]
    assert [page.size for page in pages_of(examples / "hotel-singapore.pdf", {})] == sizes


def test_a_picture_cut_off_is_drawn_anew_from_what_there_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    page = pages_of(tmp_path / "a.jpg", {})[0]
    assert page.size == (200, 300)
    assert page.data[:100] != whole[:100]


def test_a_document_is_found_by_name_and_known_by_its_content(folder: Path) -> None:
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (4, 4), colour).save(folder / name)
    pictures = PictureFolder(folder)
    path, sha256 = pictures.find(source("b"))
    assert path.name == "b.png"
    assert pictures.find(source("b", sha256)) == (path, sha256)
    with pytest.raises(DocumentError, match="no longer the file"):
        pictures.find(source("a", sha256))
    with pytest.raises(DocumentError, match="no picture"):
        pictures.find(source("c"))


def test_one_name_for_two_documents_is_refused_unless_the_content_decides(folder: Path) -> None:
    (folder / "x").mkdir()
    Image.new("RGB", (4, 4), "red").save(folder / "a.png")
    Image.new("RGB", (4, 4), "blue").save(folder / "x" / "a.png")
    pictures = PictureFolder(folder)
    with pytest.raises(DocumentError) as told:
        pictures.find(source("a"))
    assert told.value.code == "picture_ambiguous"
