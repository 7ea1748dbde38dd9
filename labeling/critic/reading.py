"""The documents of a label file, read: their words from the OCR (or its cache), and the student's view of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import TailorError, UsageError
from extractor.loading import load
from extractor.loading.finding import find_documents
from extractor.ocr import OcrEngine, read_page
from extractor.student.encoder import picture
from extractor.student.runtime import Student
from extractor.types import Notice, Page
from labeling.critic.student_view import StudentView, view

logger = logging.getLogger(__name__)

NO_PICTURE = Notice(code="no_picture", message="No picture of this name was found.")


@dataclass(frozen=True)
class Read:
    """A labelled document. `pages` is None where it couldn't be read, and `error` says why."""

    label: Mapping[str, Any]
    pages: Sequence[Page] | None
    student: StudentView | None = None
    error: Notice | None = None


def pictures_in(folder: Path) -> dict[str, Path]:
    """The documents of a folder by their names without ending, which are the ids of labels. Raises UsageError."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", hint="Name the folder of the labelled documents.")
    return {path.stem: path for path in find_documents([folder])}


def read_documents(
    labels: Sequence[Mapping[str, Any]], pictures: Mapping[str, Path], engine: OcrEngine, student: Student | None = None
) -> Iterator[Read]:
    """Each label with its document's pages (without their pictures), in order; those that can't be read too."""
    for label in labels:
        path = pictures.get(str(label["id"]))
        yield Read(label, None, error=NO_PICTURE) if path is None else _read(label, path, engine, student)


def _read(label: Mapping[str, Any], path: Path, engine: OcrEngine, student: Student | None) -> Read:
    try:
        with load(path) as document:
            pages, small = [], []
            for loaded in document.pages():
                page, _ = read_page(loaded, engine)
                small.append(picture(page))
                pages.append(page.without_image())
    except TailorError as error:
        return Read(label, None, error=error.notice())
    return Read(label, pages, view(student, pages, small) if student else None)
