"""The one door to documents: from a path, bytes or a picture to pages."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from extractor.errors import UsageError
from extractor.loading import formats
from extractor.loading.document import LoadedDocument, PageSource
from extractor.loading.limits import Deadline, Limits
from extractor.loading.source import OpenSource, open_bytes, open_path
from extractor.types import ImageArray, Notice

if TYPE_CHECKING:
    from PIL import Image

    from extractor.loading.pdf import Renderer

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | npt.NDArray[Any]"


def load(
    source: Source,
    *,
    limits: Limits | None = None,
    password: str | None = None,
    dpi: int = 200,
    renderer: Renderer = "pdfium",
    name: str | None = None,
) -> LoadedDocument:
    """Opens a document, told by its content and not by its name, and reads its header; pages are read when asked for.

    `source` is a path, the bytes of a file, a Pillow picture or an array (H×W, H×W×1, ×3 RGB or ×4 RGBA). `password`
    opens protected PDFs; `dpi` is the resolution of PDF pages that OCR will read (fewer where a page is huge);
    `renderer` is "pdfium" (inside the package) or "poppler" (through pdf2image, to be installed). `name` is the file
    name that bytes came with: told back as a path would be, never opened.

    Raises DocumentError where the document can't be read: FileUnreadable, UnknownFormat, BrokenFile, PasswordNeeded,
    LimitExceeded; and UsageError where the call is wrong or poppler is missing.
    """
    limits = limits or Limits()
    _check_call(dpi, renderer)
    if isinstance(source, str | os.PathLike):
        return _load_file(Path(source), limits, password, dpi, renderer)
    if isinstance(source, bytes | bytearray | memoryview):
        return _load_file(bytes(source), limits, password, dpi, renderer, name)
    return _load_picture(source, limits)


def _check_call(dpi: int, renderer: str) -> None:
    if not 10 <= dpi <= 1200:
        raise UsageError(f"A resolution of {dpi} dpi makes no sense.", hint="Give a number from 10 to 1200.")
    if renderer == "poppler":
        from extractor.loading.poppler import require

        require()
    elif renderer != "pdfium":
        raise UsageError(f"There is no renderer {renderer!r}.", hint="Choose pdfium or poppler.")


def _load_file(
    given: Path | bytes, limits: Limits, password: str | None, dpi: int, renderer: Renderer, name: str | None = None
) -> LoadedDocument:
    if isinstance(given, Path):
        opened = open_path(given, limits, formats.HEAD_BYTES)
    else:
        opened = open_bytes(given, limits, formats.HEAD_BYTES, name)
    try:
        kind = formats.identify(opened.head, opened.name)
        deadline = Deadline(limits.seconds, opened.name)
        pages: PageSource
        if kind == "PDF":
            from extractor.loading.pdf import PdfPages

            pages = PdfPages(
                opened.stream,
                opened.name,
                path=opened.path,
                limits=limits,
                deadline=deadline,
                password=password,
                dpi=dpi,
                renderer=renderer,
            )
        else:
            from extractor.loading.images import HeifPages, ImagePages

            if kind == "HEIC":
                pages = HeifPages(opened.stream, opened.name, limits)
            else:
                pages = ImagePages(opened.stream, kind, opened.name, limits, deadline)
    except BaseException:
        opened.close()
        raise
    return LoadedDocument(
        opened.file, opened.sha256, pages, deadline, stream=opened.stream, notices=_name_notices(opened, kind)
    )


def _name_notices(opened: OpenSource, kind: str) -> tuple[Notice, ...]:
    if not opened.named or not formats.belongs_to_another(opened.name, kind):
        return ()
    suffix = Path(opened.name).suffix
    return (Notice(code="wrong_extension", message=f"{opened.name} ends in {suffix}, but is {kind}; read as {kind}."),)


def _load_picture(picture: Image.Image | npt.NDArray[Any], limits: Limits) -> LoadedDocument:
    from PIL import Image

    from extractor.loading import images, pixels

    if isinstance(picture, Image.Image):
        name, image = "<image>", images.read_picture(picture, "The picture", limits)
    elif isinstance(picture, np.ndarray):
        if picture.ndim >= 2:
            limits.check_pixels(picture.shape[1], picture.shape[0], "The array")
        name, image = "<array>", pixels.picture_of_array(picture)
    else:
        raise UsageError(
            f"A {type(picture).__name__} is no document.", hint="Give a path, bytes, a Pillow picture or an array."
        )
    digest = hashlib.sha256(f"{image.shape[1]}x{image.shape[0]} RGB\n".encode())
    digest.update(image.data)
    return LoadedDocument(name, digest.hexdigest(), _OnePicture(image), Deadline(limits.seconds, "The picture"))


class _OnePicture:
    """A picture that was given in memory."""

    page_count = 1

    def __init__(self, image: ImageArray) -> None:
        self._image = image
        self.notices: list[Notice] = []

    def read(self, index: int) -> tuple[ImageArray, None]:
        return self._image, None

    def close(self) -> None:
        """There is nothing to close."""
