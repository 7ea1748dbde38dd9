"""The reader of the product: extractor's Extractor with a student that is asked through the worker's line."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont

from extractor.annotate import annotated_pages, plain_pages
from extractor.ocr import OcrEngine, Reading, build_engine
from extractor.ocr.auto import AutoOcr
from extractor.pipeline import Extractor, Settings
from extractor.student.artifact import Manifest, find_model, read_manifest
from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers
from extractor.types import Document, ImageArray
from serving.engine.base import Answer, ReadOptions, Upload
from serving.engine.worker import Line, Reader

JPEG_QUALITY = 88
KEPT_ENGINES = 4
"""OCR engines, one for each choice of engine and languages, that a worker keeps at most."""


class RemoteStudent:
    """Stands in for the student of the parent process."""

    def __init__(self, line: Line, name: str, manifest: Manifest, provider: str) -> None:
        self.name = name
        self.manifest = manifest
        self.provider = provider
        self._line = line

    def run(self, documents: Sequence[Encoded]) -> list[Answers]:
        return self._line.ask(documents)


class WithdrawableOcr:
    """An OCR engine that looks, before each page, whether anyone still waits for the document."""

    def __init__(self, engine: OcrEngine, line: Line) -> None:
        self.engine = engine
        self._line = line

    @property
    def name(self) -> str:
        return self.engine.name

    def read(self, image: ImageArray) -> Reading:
        self._line.check()
        return self.engine.read(image)


@dataclass(frozen=True)
class MakeDocumentReader:
    """Builds the reader in a worker. `student` and `provider` are those of the parent; `cuda` is for OCR."""

    settings: Settings
    student: str
    provider: str
    cuda: bool

    def __call__(self, line: Line) -> Reader:
        return DocumentReader(self, line)


class DocumentReader:
    """Reads uploads as `Extractor` reads files: the record differs in nothing but the seconds."""

    def __init__(self, made_by: MakeDocumentReader, line: Line) -> None:
        self._settings = made_by.settings
        self._cuda = made_by.cuda
        self._line = line
        manifest = read_manifest(find_model(made_by.settings.model))
        self._student = RemoteStudent(line, made_by.student, manifest, made_by.provider)
        self._engines: dict[tuple[str, tuple[str, ...]], OcrEngine] = {}
        self._rapid: OcrEngine | None = None
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            self._engine(self._settings.ocr, self._settings.languages or ())
        self.warnings = tuple(str(each.message) for each in told if "CUDA" in str(each.message))

    def warm_up(self) -> None:
        picture = Image.new("RGB", (360, 240), "white")
        draw = ImageDraw.Draw(picture)
        for row, text in enumerate(("KEDAI CONTOH", "2026-01-02 10:30", "TOTAL 12.50")):
            draw.text((30, 30 + 60 * row), text, font=ImageFont.load_default(30), fill="black")
        self._extractor(ReadOptions()).read(picture)

    def read(self, upload: Upload, options: ReadOptions) -> Answer:
        """Raises UsageError where the options can't be met, such as languages whose pack is missing."""
        extractor = self._extractor(options)
        record, document = extractor.read(upload.content, name=upload.name)
        pictures: tuple[bytes, ...] = ()
        if (options.annotate or options.plain) and document is not None and record.status != "failed":
            self._line.check()
            if options.plain:
                shown = plain_pages(upload.content, document, extractor.settings, upload.name)
            else:
                shown = annotated_pages(upload.content, record, document, extractor.settings, upload.name)
            pictures = tuple(_jpeg(picture) for _, picture in shown)
        return Answer(record, _without_pictures(document) if options.words else None, pictures)

    def _extractor(self, options: ReadOptions) -> Extractor:
        usual = self._settings
        settings = replace(
            usual,
            ocr=options.ocr or usual.ocr,
            languages=options.languages or usual.languages,
            pages=options.pages or usual.pages,
            password=options.password if options.password is not None else usual.password,
        )
        engine = self._engine(settings.ocr, settings.languages or ())
        return Extractor(settings, student=self._student, engine=WithdrawableOcr(engine, self._line))

    def _engine(self, choice: str, languages: tuple[str, ...]) -> OcrEngine:
        """The engine for this choice. RapidOCR, which takes a gigabyte, is built once and shared by all of them."""
        wanted = (choice, () if choice == "rapidocr" else languages)
        if wanted not in self._engines:
            engine = build_engine(
                choice,
                languages=languages or None,
                cache=self._settings.cache,
                cuda=self._cuda,
                threads=self._settings.threads,
                rapid=self._rapid,
            )
            if len(self._engines) >= KEPT_ENGINES:
                del self._engines[list(self._engines)[1]]  # the oldest but the usual one
            self._engines[wanted] = engine
            if choice != "tesseract":
                self._rapid = engine.first if isinstance(engine, AutoOcr) else engine
        return self._engines[wanted]


def _without_pictures(document: Document | None) -> Document | None:
    if document is None:
        return None
    return replace(document, pages=tuple(page.without_image() for page in document.pages))


def _jpeg(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()
