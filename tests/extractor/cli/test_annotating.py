"""`tailor extract --annotate`: one picture a page, upright, under a name of its own."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.cli.annotating import AnnotatingReader, shared_names
from extractor.errors import OutputError
from extractor.pipeline import Settings
from extractor.types import Document, Extraction, Field, Page, Receipt


class FakeExtractor:
    """Finds a total on the first page; says that pages were turned by so many degrees."""

    def __init__(self, turned: int = 0, fails: bool = False) -> None:
        self.settings = Settings()
        self.turned = turned
        self.fails = fails

    def read(self, source: Path):
        if self.fails:
            return Extraction(file=str(source), sha256="", status="failed", pages=0), None
        total = Field(value="9.00", text="9.00", confidence=0.95, page=0, box=[0.4, 0.4, 0.6, 0.45])
        receipt = Receipt(fields={"total": total})
        record = Extraction(file=str(source), sha256="0123456789", status="ok", pages=1, receipt=receipt)
        pages = tuple(Page(index, 10, 10, turned=self.turned) for index in range(2))
        return record, Document(str(source), "", pages)


@pytest.fixture
def scan(tmp_path):
    """A two-page TIFF; each page is 400 wide, 1000 high, and dark at its top."""
    page = np.full((1000, 400, 3), 255, np.uint8)
    page[:60] = 40
    first = Image.fromarray(page)
    path = tmp_path / "scan.tiff"
    first.save(path, save_all=True, append_images=[first])
    return path


def test_every_page_gets_a_picture(scan, tmp_path):
    (tmp_path / "drawn").mkdir()
    reader = AnnotatingReader(FakeExtractor(), tmp_path / "drawn")
    assert reader.extract(scan).status == "ok"
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {"scan.tiff.png", "scan.tiff-2.png"}


def test_a_page_that_was_read_upside_down_is_drawn_upright(scan, tmp_path):
    AnnotatingReader(FakeExtractor(turned=180), tmp_path).extract(scan)
    drawn = np.asarray(Image.open(tmp_path / "scan.tiff.png"))
    assert drawn[-20, 200].max() < 60
    assert drawn[20, 200].min() > 200


def test_documents_of_one_name_get_pictures_of_their_own(scan, tmp_path):
    other = tmp_path / "b" / "scan.tiff"
    names = shared_names([scan, other, tmp_path / "else.png"])
    assert names == {"scan.tiff"}
    AnnotatingReader(FakeExtractor(), tmp_path, names).extract(scan)
    assert (tmp_path / "scan.tiff-01234567.png").exists()


def test_a_document_that_failed_gets_no_picture(scan, tmp_path):
    assert AnnotatingReader(FakeExtractor(fails=True), tmp_path).extract(scan).status == "failed"
    assert list(tmp_path.glob("*.png")) == []


def test_a_folder_that_cannot_be_written_is_an_error_of_the_run(scan, tmp_path):
    with pytest.raises(OutputError):
        AnnotatingReader(FakeExtractor(), tmp_path / "missing").extract(scan)
