"""The documents of a label file, read: their words from the OCR (or its cache), and the student's view of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.errors import TailorError, UsageError
from extractor.loading import load
from extractor.loading.finding import find_documents
from extractor.ocr import OcrEngine, Reading, read_page
from extractor.student.encoder import picture
from extractor.student.runtime import Student
from extractor.types import ImageArray, Notice, Page
from labeling.critic.student_view import StudentView, view

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


def read_pages(path: Path, engine: OcrEngine) -> tuple[list[Page], list[npt.NDArray[np.uint8]]]:
    """The pages of a document with their words and without their pictures, and the student's small picture of each.

    Raises DocumentError or OcrError where it can't be read.
    """
    pages, small = [], []
    with load(path) as document:
        for loaded in document.pages():
            page, _ = read_page(loaded, engine)
            small.append(picture(page))
            pages.append(page.without_image())
    return pages, small


def student_of(choice: str) -> Student | None:
    """The student that a command line names: none, shipped, or a model folder. Raises what `Student` raises."""
    if choice == "none":
        return None
    return Student(None if choice == "shipped" else Path(choice))


def _read(label: Mapping[str, Any], path: Path, engine: OcrEngine, student: Student | None) -> Read:
    try:
        pages, small = read_pages(path, engine)
    except TailorError as error:
        return Read(label, None, error=error.notice())
    return Read(label, pages, view(student, pages, small) if student else None)


class OneAtATime:
    """An engine that several threads may share: it reads one picture at a time."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self._reading = threading.Lock()

    @property
    def name(self) -> str:
        return self._engine.name

    def read(self, image: ImageArray) -> Reading:
        with self._reading:
            return self._engine.read(image)
