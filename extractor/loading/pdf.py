"""PDF files: the text layer where it is real text, and the picture of every page.

pdfium is not safe to call from several threads at once: all calls stand under one lock.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import pypdfium2

from extractor.errors import BrokenFile, DocumentError, LimitExceeded
from extractor.loading import text_layer
from extractor.loading.limits import PAGE_PIXELS, Deadline, Limits
from extractor.loading.page_objects import Frame, PageObjects, survey
from extractor.loading.pdf_opening import FileAccess, open_pdf
from extractor.types import ImageArray, Notice, Word

Renderer = Literal["pdfium", "poppler"]

TEXT_DPI = 120
"""The resolution of pages whose words come from the text layer: their picture is looked at, not read."""

LEAST_DPI = 10
"""A page so large that not even this resolution fits into PAGE_PIXELS is refused."""

_LOCK = threading.RLock()


class PdfPages:
    """The pages of one PDF. Raises PasswordNeeded, BrokenFile or LimitExceeded."""

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        *,
        path: Path | None,
        limits: Limits,
        deadline: Deadline,
        password: str | None,
        dpi: int,
        renderer: Renderer,
    ) -> None:
        self._stream, self._path = stream, path
        self._name = name
        self._limits = limits
        self._deadline = deadline
        self._password = password
        self._dpi = dpi
        self._renderer = renderer
        self.notices: list[Notice] = []
        with _LOCK:
            self._file = FileAccess(stream)
            self._pdf = open_pdf(self._file, name, password)
            try:
                self.page_count = len(self._pdf)
                limits.check_pages(self.page_count, name)
                with contextlib.suppress(pypdfium2.PdfiumError):  # a broken form only stays undrawn
                    self._pdf.init_forms()
            except BaseException:
                self._pdf.close()
                raise

    def read(self, index: int) -> tuple[ImageArray, tuple[Word, ...] | None]:
        """The picture of page `index` as displayed, and its words where it has a text layer of real text."""
        with _LOCK, self._page(index) as page:
            frame = Frame.of(page)
            if not (frame.width > 0 and frame.height > 0):
                raise BrokenFile(f"Page {index + 1} of {self._name} has no area.", code="broken_pdf")
            objects = survey(page)
            for width, height in objects.sizes:
                self._limits.check_pixels(width, height, f"Page {index + 1} of {self._name}")
            words = None
            if not objects.annotated:
                words = text_layer.read_words(page, frame, objects, self._deadline.check)
            if words is not None:
                image = self._picture(page, index, self._scale(frame, None, min(self._dpi, TEXT_DPI), index))
                seen = text_layer.seen_words(words, image)
                if seen is not None:
                    return image, seen
            return self._picture(page, index, self._scale(frame, objects, self._dpi, index)), None

    def close(self) -> None:
        with _LOCK:
            self._pdf.close()

    @contextlib.contextmanager
    def _page(self, index: int) -> Iterator[pypdfium2.PdfPage]:
        page = None
        try:
            page = self._pdf[index]
            yield page
        except DocumentError:
            raise
        except (pypdfium2.PdfiumError, OSError, ValueError, OverflowError) as error:
            raise BrokenFile(
                f"Page {index + 1} of {self._name} can't be read; the PDF is damaged.",
                code="broken_pdf",
                hint="Save or print the PDF again.",
            ) from error
        finally:
            if page is not None:
                page.close()

    def _scale(self, frame: Frame, objects: PageObjects | None, dpi: int, index: int) -> float:
        """Pixels a point: those of `dpi`, less for huge pages, and no more than a full-page scan has itself."""
        area = frame.width * frame.height
        scale = min(dpi / 72, math.sqrt(PAGE_PIXELS / area))
        if scale < min(LEAST_DPI, dpi) / 72:
            raise LimitExceeded(
                f"Page {index + 1} of {self._name} measures {frame.width / 72:,.0f} × {frame.height / 72:,.0f} inches.",
                code="too_many_pixels",
                hint="Save or print the PDF again on a usual paper size.",
            )
        if objects is not None and objects.pictured > 0.9 and len(objects.sizes) == 1:
            width, height = objects.sizes[0]
            native = math.sqrt(max(width * height, 1) / area)
            scale = min(scale, max(native, LEAST_DPI / 72))
        return scale

    def _picture(self, page: pypdfium2.PdfPage, index: int, scale: float) -> ImageArray:
        self._deadline.check()
        if self._renderer == "poppler":
            from extractor.loading.poppler import render

            document = self._path if self._path is not None else self._stream
            return render(document, index, 72 * scale, self._password, self._name, self._deadline)
        bitmap = page.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
        try:
            return np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8, order="C")
        finally:
            bitmap.close()
