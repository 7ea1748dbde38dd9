"""Rendering PDF pages with poppler, through pdf2image, where it is chosen and installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, BinaryIO

from extractor.errors import BrokenFile, LimitExceeded, UsageError
from extractor.loading.limits import Deadline
from extractor.loading.pixels import as_array, to_rgb
from extractor.types import ImageArray


def require() -> None:
    """Raises UsageError (`missing_poppler`) where poppler's programs are not installed."""
    if shutil.which("pdftoppm") is None or shutil.which("pdfinfo") is None:
        raise UsageError(
            "The renderer poppler is not installed.",
            code="missing_poppler",
            hint="Install it (Debian and Ubuntu: apt install poppler-utils; macOS: brew install poppler), "
            "or use the renderer pdfium.",
        )


def render(
    document: Path | BinaryIO, index: int, dpi: float, password: str | None, name: str, deadline: Deadline
) -> ImageArray:
    """Page `index` as displayed, at this resolution. Raises BrokenFile or LimitExceeded."""
    import pdf2image
    from pdf2image.exceptions import PDFPopplerTimeoutError

    options: dict[str, Any] = {
        "first_page": index + 1,
        "last_page": index + 1,
        "dpi": dpi,
        "use_cropbox": True,
        # Either kind of password opens the file; pdfium has found that one of them does.
        "userpw": password,
        "ownerpw": password,
        "timeout": max(1, int(deadline.left)),
    }
    try:
        if isinstance(document, Path):
            pictures = pdf2image.convert_from_path(str(document.absolute()), **options)
        else:
            document.seek(0)
            pictures = pdf2image.convert_from_bytes(document.read(), **options)
        return as_array(to_rgb(pictures[0]))
    except PDFPopplerTimeoutError as error:
        raise LimitExceeded(
            f"{name} took too long to render.", code="too_slow", hint="Raise the limit seconds."
        ) from error
    except Exception as error:  # pdf2image raises several kinds, and Pillow what it meets in poppler's output
        raise BrokenFile(
            f"Page {index + 1} of {name} can't be rendered by poppler.",
            code="broken_pdf",
            hint="Try the renderer pdfium.",
        ) from error
