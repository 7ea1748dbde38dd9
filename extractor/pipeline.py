"""From a file to its record: load, read the words, ask the student, decode."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from extractor.errors import DocumentError, OcrError, TailorError
from extractor.loading import INCOMPLETE_CODES, Limits, LoadedDocument, Source, find_documents, load
from extractor.memory import give_back
from extractor.ocr import OcrEngine, build_engine, read_page
from extractor.pool import failed_record, printable, run_many
from extractor.student.decoder import decode
from extractor.student.encoder import encode, picture, tokenize
from extractor.student.runtime import Answering, Student
from extractor.student.session import on_gpu
from extractor.types import ITEM_PARTS, Document, Extraction, Field, LineItem, Notice, Page, Receipt

if TYPE_CHECKING:
    from extractor.policy.policy import Policy

GIVE_BACK_EVERY = 10
"""Pages after which memory that is free goes back to the system. It costs a few milliseconds a page: what the next page
needs is asked for anew."""

PARTIAL_CODES = INCOMPLETE_CODES | {"ocr_failed", "not_a_receipt", "script_unread"}
"""Warnings after which a record is not called ok: something on the document was not read, or nothing was to be read."""


@dataclass(frozen=True)
class Settings:
    """How documents are read; it builds an Extractor when called, in this process or in a worker.

    `model` is an artifact folder or the name of a shipped model (default: compact). `ocr` is auto, rapidocr or
    tesseract; `languages` choose Tesseract's packs. `cache` is a folder that keeps OCR readings; None keeps none. `dpi`
    is for PDF pages that are rendered. `pages` are the only ones read, from 0; empty for all. `threads` is per
    document, for OCR and student. `cuda` is auto, on or off. `policy` fills verdict and findings of each record: a
    policy file, "default" for the one that ships, or a Policy.
    """

    model: str | Path | None = None
    ocr: str = "auto"
    languages: tuple[str, ...] | None = None
    password: str | None = None
    dpi: int = 200
    renderer: Literal["pdfium", "poppler"] = "pdfium"
    limits: Limits = field(default_factory=Limits)
    pages: tuple[int, ...] = ()
    cache: Path | None = None
    threads: int = 1
    cuda: Literal["auto", "on", "off"] = "auto"
    policy: str | Path | Policy | None = None

    def __call__(self) -> Extractor:
        return Extractor(self)


class Extractor:
    """Reads documents into records. One instance a process; not safe to share between threads.

    >>> record = Extractor().extract("receipt.jpg")
    >>> record.receipt.value("total")
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        student: Answering | None = None,
        engine: OcrEngine | None = None,
        **changes: Any,
    ) -> None:
        """`changes` are fields of Settings by name. `student` and `engine` are taken as they are where given, such as a
        student that several processes share. Raises UsageError where policy, model or OCR engine can't be used."""
        self.settings = replace(settings or Settings(), **_checked(changes))
        chosen = self.settings
        self.policy = _policy(chosen.policy)
        self._read_since = 0
        self.student = student or Student(chosen.model, threads=chosen.threads, cuda=chosen.cuda)
        self.engine = engine or build_engine(
            chosen.ocr,
            languages=chosen.languages,
            cache=chosen.cache,
            cuda=on_gpu(self.student.provider),
            threads=chosen.threads,
        )

    def extract(self, source: Source) -> Extraction:
        """The record of one document: a path, bytes, or a picture (Pillow or height × width × 3 array).

        A document that can't be read gives a `failed` record; no exception is raised for it.
        """
        return self.read(source)[0]

    def extract_many(self, sources: Iterable[str | Path], workers: int = 1) -> Iterator[Extraction]:
        """The records of files, folders and globs, as they finish. With several workers each runs its own Extractor,
        and one that dies or hangs loses its own document only."""
        paths = find_documents(sources)
        make: Callable[[], Extractor] = self.settings if workers > 1 else lambda: self
        return run_many(make, paths, workers, seconds=self.settings.limits.seconds * 1.2)

    def read(
        self, source: Source, *, keep_images: bool = False, name: str | None = None
    ) -> tuple[Extraction, Document | None]:
        """The record, and the document with its words (None where it failed); pictures only where asked for.

        `name` is the file name that bytes came with: the record then is the one that the file itself would give.
        """
        record, document = self._record(source, keep_images, name)
        self._tidy(record.pages)
        if self.policy is None:
            return record, document
        from extractor.policy.verdict import judge

        return judge(self.policy, record, dt.date.today(), document=document), document

    def _tidy(self, pages: int) -> None:
        """Between two documents nothing of either is held: what is free then is all that was taken for them."""
        self._read_since += max(pages, 1)
        if self._read_since >= GIVE_BACK_EVERY:
            self._read_since = 0
            give_back()

    def _record(self, source: Source, keep_images: bool, name: str | None) -> tuple[Extraction, Document | None]:
        begun = time.perf_counter()
        try:
            with load(
                source,
                limits=self.settings.limits,
                password=self.settings.password,
                dpi=self.settings.dpi,
                renderer=self.settings.renderer,
                name=name,
            ) as document:
                return self._read(document, begun, keep_images)
        except DocumentError as error:
            return _failed(source, name, error, time.perf_counter() - begun), None

    def _read(self, document: LoadedDocument, begun: float, keep_images: bool) -> tuple[Extraction, Document | None]:
        seconds = {"load": time.perf_counter() - begun, "ocr": 0.0, "student": 0.0}
        base = Extraction(file=document.file, sha256=document.sha256, status="failed", pages=0, model=self.student.name)
        try:
            pages, pictures, notices = self._pages(document, seconds, keep_images)
        except TailorError as error:
            return base.model_copy(update={"error": error.notice(), "seconds": _rounded(seconds)}), None
        notices = [*document.warnings, *notices]
        read = Document(document.file, document.sha256, tuple(pages), tuple(notices))
        base = base.model_copy(update={"pages": document.page_count})
        if not any(page.words for page in pages):
            failed = [notice for notice in notices if notice.code == "ocr_failed"]
            reason = failed[0] if failed else NO_TEXT
            update = {"error": reason, "warnings": notices, "seconds": _rounded(seconds)}
            return base.model_copy(update=update), read
        started = time.perf_counter()
        receipt, remarks = self._ask(pages, pictures)
        seconds["student"] = time.perf_counter() - started
        notices += remarks
        record = base.model_copy(
            update={
                "status": "partial" if any(notice.code in PARTIAL_CODES for notice in notices) else "ok",
                "warnings": notices,
                "receipt": receipt,
                "seconds": _rounded(seconds),
            }
        )
        return record, read

    def _pages(
        self, document: LoadedDocument, seconds: dict[str, float], keep_images: bool
    ) -> tuple[list[Page], list[npt.NDArray[np.uint8]], list[Notice]]:
        """The pages with words, the small picture of each for the student, and what is to be warned of."""
        pages: list[Page] = []
        pictures: list[npt.NDArray[np.uint8]] = []
        notices: list[Notice] = []
        waiting = time.perf_counter()
        for loaded in document.pages(self.settings.pages):
            seconds["load"] += time.perf_counter() - waiting
            started = time.perf_counter()
            try:
                page, remarks = read_page(loaded, self.engine)
            except OcrError as error:
                height, width = loaded.image.shape[:2]
                page = Page(loaded.index, width, height)
                remarks = [Notice(code=error.code, message=f"Page {loaded.index + 1} was not read: {error}")]
            pictures.append(picture(page))
            pages.append(page if keep_images else page.without_image())
            notices += remarks
            document.deadline.check()
            waiting = time.perf_counter()
            seconds["ocr"] += waiting - started
        return pages, pictures, notices

    def _ask(self, pages: Sequence[Page], pictures: Sequence[npt.NDArray[np.uint8]]) -> tuple[Receipt, list[Notice]]:
        tokens = tokenize(pages)
        answers = self.student.run([encode(tokens, pictures)])[0]
        receipt, remarks = decode(tokens, answers, self.student.manifest)
        spans = self.student.manifest.spans
        if set(spans) >= set(TELLING):
            remarks += [] if any(_tells(receipt, name) for name in TELLING) else [NOT_A_RECEIPT]
        elif not any(name in receipt.fields for name in spans):
            remarks.append(NOTHING_ASKED_FOR)
        return _numbered(receipt, [page.index for page in pages]), remarks


NO_TEXT = Notice(
    code="no_text",
    message="No text was found on the document. Check that the page is not blank, and that the photograph is sharp.",
)
TELLING = ("total", "subtotal", "date", "merchant_name")
"""A receipt has one of these at least."""

DOUBTFUL_NAME = 0.3
"""A name alone that is read with less confidence than this is no sign of a receipt: any text has a line at its head."""

NOTHING_ASKED_FOR = Notice(
    code="not_a_receipt",
    message="None of the fields that the model reads was found: this does not look like one of its documents. "
    "Check the file.",
)
NOT_A_RECEIPT = Notice(
    code="not_a_receipt",
    message="Neither a total, a date nor a merchant was found: this does not look like a receipt. Check the file.",
)


def _tells(receipt: Receipt, name: str) -> bool:
    found = receipt.fields.get(name)
    return found is not None and (name != "merchant_name" or found.confidence >= DOUBTFUL_NAME)


def _policy(chosen: str | Path | Policy | None) -> Policy | None:
    if chosen is None:
        return None
    from extractor.policy.policy import Policy, load_policy

    return chosen if isinstance(chosen, Policy) else load_policy(chosen)


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(changes) - set(Settings.__dataclass_fields__))
    if unknown:
        raise TypeError(f"Extractor knows no setting {', '.join(unknown)}")
    if isinstance(changes.get("cache"), str):
        changes["cache"] = Path(str(changes["cache"]))
    return changes


def _numbered(receipt: Receipt, indices: Sequence[int]) -> Receipt:
    """The receipt with the document's own page numbers, where pages were left out before the student saw them."""
    if list(indices) == list(range(len(indices))):
        return receipt

    def moved(found: Field | None) -> Field | None:
        if found is None or found.page is None:
            return found
        return found.model_copy(update={"page": indices[found.page]})

    items = [LineItem(**{part: moved(getattr(item, part)) for part in ITEM_PARTS}) for item in receipt.line_items]
    fields = {name: each for name, found in receipt.fields.items() if (each := moved(found))}
    return receipt.model_copy(update={"fields": fields, "line_items": items})


def _failed(source: Source, name: str | None, error: DocumentError, seconds: float) -> Extraction:
    if isinstance(source, (str, Path)):
        record = failed_record(Path(source), error.notice())
    else:
        sha256 = ""
        if name and isinstance(source, bytes | bytearray | memoryview):
            sha256 = hashlib.sha256(source).hexdigest()
        record = Extraction(file=printable(name or ""), sha256=sha256, status="failed", pages=0, error=error.notice())
    return record.model_copy(update={"seconds": {"load": round(seconds, 4)}})


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(spent, 4) for stage, spent in seconds.items()}
