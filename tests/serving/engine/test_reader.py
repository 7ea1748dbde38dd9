"""Inside a worker documents are read as the SDK reads them, with the student at the other end of the line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.errors import UsageError
from extractor.ocr.fake import FakeOcr
from extractor.pipeline import Extractor, Settings
from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers, Student
from extractor.types import Extraction
from serving.engine import reader as reader_module
from serving.engine.base import ReadOptions, Upload
from serving.engine.local import LocalEngine
from serving.engine.reader import DocumentReader, MakeDocumentReader
from serving.engine.settings import EngineSettings
from serving.engine.worker import Withdrawn
from tests.extractor.student.documents import ROWS, page


class DirectLine:
    """A line that leads to a student in this process."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self.withdrawn = False

    def check(self) -> None:
        if self.withdrawn:
            raise Withdrawn

    def ask(self, documents: Sequence[Encoded]) -> list[Answers]:
        return self.student.run(documents)


@pytest.fixture(scope="module")
def student() -> Student:
    return Student(cuda="off")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The OCR engines that were built, which are fake ones."""
    calls: list[dict[str, Any]] = []

    def build(choice: str, **settings: Any) -> FakeOcr:
        calls.append({"choice": choice, **settings})
        if choice == "tesseract" and settings["languages"] == ("xxx",):
            raise UsageError("Tesseract has no language pack xxx.")
        return FakeOcr(page(*ROWS).words)

    monkeypatch.setattr(reader_module, "build_engine", build)
    return calls


@pytest.fixture
def line(student: Student) -> DirectLine:
    return DirectLine(student)


@pytest.fixture
def reader(built: list[dict[str, Any]], line: DirectLine, student: Student) -> DocumentReader:
    return DocumentReader(MakeDocumentReader(Settings(), student.name, student.provider, False), line)  # type: ignore[arg-type]


def photo() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (120, 240), "white").save(target, "PNG")
    return target.getvalue()


def timeless(record: Extraction) -> Extraction:
    return record.model_copy(update={"seconds": {}})


def test_the_record_is_the_one_of_the_sdk(reader: DocumentReader, examples: Path) -> None:
    path = examples / "catering-ireland.pdf"
    answer = reader.read(Upload(path.name, path.read_bytes()), ReadOptions())
    own, _ = Extractor(cuda="off", engine=FakeOcr(())).read(path.read_bytes(), name=path.name)
    assert timeless(answer.record) == timeless(own)
    assert answer.record.file == "catering-ireland.pdf"
    assert (answer.document, answer.pictures) == (None, ())


def test_words_and_pictures_come_where_asked_for(reader: DocumentReader, examples: Path) -> None:
    path = examples / "catering-ireland.pdf"
    answer = reader.read(Upload(path.name, path.read_bytes()), ReadOptions(words=True, annotate=True))
    assert answer.document
    assert answer.document.pages[0].words
    assert len(answer.pictures) == answer.record.pages
    with Image.open(io.BytesIO(answer.pictures[0])) as drawn:
        assert drawn.format == "JPEG"
        assert drawn.height >= 900


def test_a_document_that_fails_has_no_pictures(reader: DocumentReader) -> None:
    answer = reader.read(Upload("x.jpg", b"nothing"), ReadOptions(words=True, annotate=True))
    assert answer.record.status == "failed"
    assert (answer.document, answer.pictures) == (None, ())


def test_passwords_and_pages_are_each_documents_own(reader: DocumentReader) -> None:
    failed = reader.read(Upload("a.png", photo()), ReadOptions(pages=(4,), password="secret"))
    assert failed.record.error
    assert failed.record.error.code == "no_such_page"
    assert reader.read(Upload("a.png", photo()), ReadOptions()).record.status != "failed"


def test_an_ocr_engine_is_built_once_for_each_choice(reader: DocumentReader, built: list[dict[str, Any]]) -> None:
    for options in (ReadOptions(), ReadOptions(ocr="rapidocr", languages=("de",)), ReadOptions(ocr="rapidocr")):
        reader.read(Upload("a.png", photo()), options)
    assert [call["choice"] for call in built] == ["auto", "rapidocr"]


def test_engines_with_many_languages_do_not_pile_up(reader: DocumentReader, built: list[dict[str, Any]]) -> None:
    for language in ("de", "fr", "it", "es", "pt", "nl"):
        reader.read(Upload("a.png", photo()), ReadOptions(languages=(language,)))
    reader.read(Upload("a.png", photo()), ReadOptions())
    assert len(built) == 7  # the usual one was kept
    assert all(call["rapid"] is not None for call in built[1:])  # and RapidOCR is never built again


def test_options_that_cannot_be_met_are_an_error(reader: DocumentReader) -> None:
    with pytest.raises(UsageError, match="xxx"):
        reader.read(Upload("a.png", photo()), ReadOptions(ocr="tesseract", languages=("xxx",)))


def test_nothing_is_read_for_a_document_that_was_withdrawn(reader: DocumentReader, line: DirectLine) -> None:
    line.withdrawn = True
    with pytest.raises(Withdrawn):
        reader.read(Upload("a.png", photo()), ReadOptions())


def test_the_warm_up_reads_something_to_its_end(reader: DocumentReader) -> None:
    reader.warm_up()


async def _read(path: Path) -> tuple[Extraction, str]:
    engine = LocalEngine(EngineSettings(workers=1))
    await engine.start()
    try:
        answer = await engine.read(Upload(path.name, path.read_bytes()), ReadOptions())
        return answer.record, engine.state().model
    finally:
        await engine.stop(5.0)


def test_an_engine_reads_an_example_with_the_model_that_ships(examples: Path) -> None:
    import asyncio

    record, model = asyncio.run(_read(examples / "hotel-singapore.pdf"))
    assert record.status == "ok"
    assert record.model == model
    assert record.receipt.value("total")
