"""From a file to its record. The student has learnt nothing: what it is let answer is chosen in its manifest."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor.errors import BadModel, BadPolicy, OcrError
from extractor.loading import Limits
from extractor.ocr.base import Reading
from extractor.ocr.fake import FakeOcr
from extractor.pipeline import GIVE_BACK_EVERY, Extractor, Settings
from extractor.student import artifact
from extractor.types import ImageArray, Notice
from tests.extractor.student.documents import ROWS, page

Make = Callable[..., Extractor]


@pytest.fixture(scope="session")
def models(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """Two models of the same weights: one that always answers where it can, and one that never answers."""
    made = {}
    for talks in (True, False):
        folder = tmp_path_factory.mktemp("model")
        shutil.copytree(tiny_model, folder, dirs_exist_ok=True)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["answer_above"] = dict.fromkeys(manifest["spans"], 0.0 if talks else 2.0)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        made[talks] = folder
    return made


@pytest.fixture
def make(models: dict[bool, Path]) -> Make:
    """An extractor with a fake OCR engine that reads the receipt ROWS unless told otherwise."""

    def build(engine: object | None = None, *, talks: bool = True, **settings: object) -> Extractor:
        extractor = Extractor(model=models[talks], cuda="off", **settings)
        extractor.engine = engine or FakeOcr(page(*ROWS).words)  # type: ignore[assignment]
        return extractor

    return build


def picture(width: int = 120, height: int = 240) -> Image.Image:
    return Image.fromarray(np.full((height, width, 3), 200, np.uint8))


def scan(folder: Path, pages: int) -> Path:
    """A TIFF of several pages."""
    path = folder / "scan.tiff"
    picture().save(path, save_all=True, append_images=[picture() for _ in range(pages - 1)])
    return path


class FailsOn:
    """An engine that fails on the pages with these numbers, from 0, and reads ROWS on all others."""

    name = "fails"

    def __init__(self, *numbers: int) -> None:
        self.numbers, self.seen = numbers, -1

    def read(self, image: ImageArray) -> Reading:
        self.seen += 1
        if self.seen in self.numbers:
            raise OcrError("The engine gave up.")
        return Reading(page(*ROWS).words)


def codes(notices: list[Notice]) -> set[str]:
    return {notice.code for notice in notices}


def test_a_document_that_was_read_is_ok(make: Make) -> None:
    record = make().extract(picture())
    assert (record.status, record.error, record.pages) == ("ok", None, 1)
    assert record.receipt.fields
    assert record.model.startswith("tiny@")
    assert set(record.seconds) == {"load", "ocr", "student"}
    assert all(spent >= 0 for spent in record.seconds.values())
    assert record.seconds["student"] > 0


def test_path_bytes_picture_and_array_give_the_same_receipt(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "receipt.png"
    picture().save(path)
    written = io.BytesIO()
    picture().save(written, "PNG")
    extractor = make()
    records = [extractor.extract(one) for one in (path, str(path), written.getvalue(), picture(), np.array(picture()))]
    assert {record.status for record in records} == {"ok"}
    assert all(record.receipt == records[0].receipt for record in records)
    assert records[0].file == str(path)
    assert len(records[0].sha256) == 64


def test_a_page_without_any_words_is_failed_as_having_no_text(make: Make) -> None:
    record = make(FakeOcr()).extract(picture())
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == "no_text"
    assert record.pages == 1
    assert "blank_page" in codes(record.warnings)


def test_a_document_without_total_date_and_merchant_is_partial(make: Make) -> None:
    record = make(talks=False).extract(picture())
    assert record.status == "partial"
    assert "not_a_receipt" in codes(record.warnings)


def test_an_engine_that_fails_on_one_page_makes_the_record_partial(make: Make, tmp_path: Path) -> None:
    record, document = make(FailsOn(1)).read(scan(tmp_path, 3))
    assert (record.status, record.pages) == ("partial", 3)
    (warning,) = [notice for notice in record.warnings if notice.code == "ocr_failed"]
    assert warning.message == "Page 2 was not read: The engine gave up."
    assert document is not None
    assert [bool(each.words) for each in document.pages] == [True, False, True]


def test_an_engine_that_fails_on_every_page_fails_the_document_with_its_reason(make: Make, tmp_path: Path) -> None:
    record = make(FailsOn(0, 1)).extract(scan(tmp_path, 2))
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == "ocr_failed"


def test_a_script_that_was_not_read_makes_the_record_partial(make: Make) -> None:
    unread = Notice(code="script_unread", message="seems to be in Thai.")
    record = make(FakeOcr(Reading(page(*ROWS).words, notices=(unread,)))).extract(picture())
    assert record.status == "partial"
    assert "script_unread" in codes(record.warnings)


def test_a_document_that_takes_too_long_fails(make: Make, tmp_path: Path) -> None:
    class Slow(FailsOn):
        def read(self, image: ImageArray) -> Reading:
            time.sleep(0.15)
            return super().read(image)

    record = make(Slow(), limits=Limits(seconds=0.1)).extract(scan(tmp_path, 2))
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == "too_slow"
    assert record.file.endswith("scan.tiff")


@pytest.mark.parametrize(
    ("content", "code"), [(None, "not_found"), (b"", "empty_file"), (b"milk, bread, eggs", "unknown_format")]
)
def test_a_file_that_cannot_be_read_fails_without_an_exception(
    make: Make, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "receipt.jpg"
    if content is not None:
        path.write_bytes(content)
    record, document = make().read(path)
    assert (record.status, document, record.file) == ("failed", None, str(path))
    assert record.error is not None
    assert record.error.code == code
    assert "load" in record.seconds


def test_bytes_that_cannot_be_read_fail_without_an_exception(make: Make) -> None:
    record = make().extract(b"milk, bread, eggs")
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == "unknown_format"


def test_bytes_with_a_name_give_the_record_of_the_file(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    picture().save(path, "JPEG")
    extractor = make()
    of_file, _ = extractor.read(path)
    of_bytes, _ = extractor.read(path.read_bytes(), name=str(path))
    assert codes(of_file.warnings) >= {"wrong_extension"}
    assert of_bytes.model_copy(update={"seconds": {}}) == of_file.model_copy(update={"seconds": {}})


def test_bytes_with_a_name_that_cannot_be_read_give_the_record_of_the_file(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no receipt")
    extractor = make()
    of_file, _ = extractor.read(path)
    of_bytes, _ = extractor.read(path.read_bytes(), name=str(path))
    assert of_bytes.model_copy(update={"seconds": {}}) == of_file.model_copy(update={"seconds": {}})


def test_only_the_pages_asked_for_are_read_and_values_keep_their_page(make: Make, tmp_path: Path) -> None:
    record, document = make(pages=(2, 1)).read(scan(tmp_path, 3))
    assert document
    assert [page.index for page in document.pages] == [1, 2]
    assert record.pages == 3
    found = {each.page for each in record.receipt.fields.values() if each.box}
    assert found
    assert found <= {1, 2}


def test_a_page_that_is_not_there_fails_the_document(make: Make, tmp_path: Path) -> None:
    record = make(pages=(0, 3)).extract(scan(tmp_path, 3))
    assert record.error
    assert record.error.code == "no_such_page"
    assert "3 pages" in record.error.message


def test_a_student_and_an_engine_can_be_given(make: Make) -> None:
    first = make()
    second = Extractor(first.settings, student=first.student, engine=first.engine)
    assert second.extract(picture()).receipt == first.extract(picture()).receipt


def test_pictures_of_pages_are_kept_only_where_asked_for(make: Make) -> None:
    _, bare = make().read(picture())
    _, whole = make().read(picture(), keep_images=True)
    assert bare is not None
    assert whole is not None
    assert bare.pages[0].image is None
    assert whole.pages[0].image is not None
    assert whole.pages[0].image.shape == (240, 120, 3)


def test_a_bad_file_hides_no_other(make: Make, tmp_path: Path) -> None:
    picture().save(tmp_path / "1.png")
    (tmp_path / "2.jpg").write_bytes(b"no picture")
    picture().save(tmp_path / "3.png")
    records = list(make().extract_many([tmp_path]))
    assert [(Path(record.file).name, record.status) for record in records] == [
        ("1.png", "ok"),
        ("2.jpg", "failed"),
        ("3.png", "ok"),
    ]


def test_many_documents_are_read_by_several_workers(models: dict[bool, Path], tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.jpg").write_bytes(b"no picture")
    records = list(Extractor(model=models[True], cuda="off").extract_many([tmp_path], workers=2))
    assert sorted(Path(record.file).name for record in records) == ["1.jpg", "2.jpg"]
    assert {record.status for record in records} == {"failed"}


def test_settings_can_be_given_by_name_and_unknown_ones_are_refused(models: dict[bool, Path]) -> None:
    extractor = Extractor(Settings(dpi=100), model=str(models[True]), cuda="off")
    assert (extractor.settings.dpi, extractor.settings.model) == (100, str(models[True]))
    with pytest.raises(TypeError, match="knows no setting modle"):
        Extractor(modle="x")


def test_a_shipped_model_is_taken_by_its_name(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_model, tmp_path / "clear-terms")
    monkeypatch.setattr(artifact, "WEIGHTS", tmp_path)
    extractor = Extractor(model="clear-terms", cuda="off")
    assert extractor.student.folder == tmp_path / "clear-terms"
    with pytest.raises(BadModel, match=r"no model 'cheap'.*clear-terms"):
        Extractor(model="cheap")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="not a Tailor model"):
        Extractor(model=tmp_path)


def test_free_memory_goes_back_between_documents_every_few_pages(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    monkeypatch.setattr("extractor.pipeline.give_back", lambda: happened.append("given back"))
    extractor = make()
    for _ in range(GIVE_BACK_EVERY + 1):
        extractor.extract(picture())
        happened.append("read")
    assert happened == ["read"] * (GIVE_BACK_EVERY - 1) + ["given back", "read", "read"]
    extractor.extract(scan(tmp_path, GIVE_BACK_EVERY))  # a document of many pages counts them all
    assert happened[-1] == "given back"


def test_without_a_policy_nothing_is_judged(make: Make) -> None:
    record = make().extract(picture())
    assert (record.verdict, record.findings) == (None, [])


def test_a_policy_fills_verdict_and_findings(make: Make) -> None:
    record = make(policy="default").extract(picture())
    assert record.verdict == "review"
    assert "reading" in {finding.rule for finding in record.findings}


def test_a_document_that_failed_is_sent_to_a_person(make: Make, tmp_path: Path) -> None:
    record = make(policy="default").extract(tmp_path / "none.jpg")
    assert (record.status, record.verdict) == ("failed", "review")
    assert "could not be read" in record.findings[0].message


def test_a_policy_that_is_none_is_refused_before_anything_is_read(make: Make, tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="can't be read"):
        make(policy=tmp_path / "none.yaml")
