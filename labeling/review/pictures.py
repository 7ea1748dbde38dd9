"""The pictures that a reviewer sees: each page of a document, upright, as a file that browsers show."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from extractor.errors import DocumentError, UsageError
from extractor.loading import find_documents, load
from extractor.loading.limits import PAGE_PIXELS
from extractor.pool import digest
from extractor.types import Extraction
from labeling.review.regions import Size
from labeling.review.sources import Source

_AS_IT_IS = {"JPEG": "jpg", "PNG": "png"}
_TURNED = re.compile(r"Page (\d+) was turned by (.+) to be upright")
_DEGREES = {"90 degrees counter-clockwise": 90, "180 degrees": 180, "90 degrees clockwise": 270}
_ORIENTATION = 0x0112
"""The EXIF tag that says how a camera was held; 1 is upright."""


@dataclass(frozen=True)
class PagePicture:
    """One page: the bytes of a JPEG or PNG file, its name's ending, and its size in pixels."""

    data: bytes
    suffix: str
    size: Size


class PictureFolder:
    """The documents in a folder, found by what a record or label calls them."""

    def __init__(self, folder: Path | None) -> None:
        """Raises UsageError where the folder is missing or holds no document."""
        self._by_name: dict[str, list[Path]] = {}
        self._folder = folder
        for path in find_documents([folder]) if folder else ():
            self._by_name.setdefault(path.stem, []).append(path)

    def find(self, source: Source) -> tuple[Path, str]:
        """The file of a document and its SHA-256.

        Raises DocumentError: picture_missing, picture_changed (it isn't what was read), picture_ambiguous.
        """
        named = self._by_name.get(source.document, [])
        if self._folder is None and source.record is not None:
            named = [path] if (path := Path(source.file)).is_file() else []
        found = [(path, digest(path)) for path in named]
        if source.sha256:
            same = [each for each in found if each[1] == source.sha256]
            if found and not same:
                raise DocumentError(f"{source.file} is no longer the file that was read.", code="picture_changed")
            found = same[:1]
        if not found:
            raise DocumentError(f"There is no picture of {source.file}.", code="picture_missing")
        if len({sha for _, sha in found}) > 1:
            names = ", ".join(str(path) for path, _ in found)
            raise DocumentError(f"{source.document} may be any of {names}.", code="picture_ambiguous")
        return found[0]


def check_pictures(folder: Path | None, sources: list[Source]) -> None:
    """Raises UsageError where labels, which name no file, come without a folder of pictures."""
    if folder is None and any(source.record is None for source in sources):
        raise UsageError("Labels don't say where their pictures are.", hint="Name the folder with --pictures.")


def turns_of(record: Extraction | None) -> dict[int, int]:
    """How far each page was turned counter-clockwise, in degrees, before its boxes were measured."""
    found = {}
    for notice in record.warnings if record else ():
        if notice.code == "page_turned" and (match := _TURNED.match(notice.message)):
            found[int(match[1]) - 1] = _DEGREES.get(match[2], 0)
    return found


def pages_of(path: Path, turns: Mapping[int, int]) -> list[PagePicture]:
    """Every page of a document as the record's boxes see it. A picture that browsers show as it is stays as it is.

    A page that can't be read is left blank, so that the numbers of the others hold. Raises DocumentError.
    """
    simple = None if turns else _as_it_is(path)
    return [simple] if simple else list(_rendered(path, turns))


def _as_it_is(path: Path) -> PagePicture | None:
    try:
        with Image.open(path) as image:
            suffix = _AS_IT_IS.get(image.format or "")
            plain = image.mode in ("L", "RGB") and not image.has_transparency_data
            single = getattr(image, "n_frames", 1) == 1 and image.width * image.height <= PAGE_PIXELS
            if not (suffix and plain and single and image.getexif().get(_ORIENTATION, 1) == 1):
                return None
            image.load()  # raises where the file is cut off; what can be saved of it is drawn anew then
            return PagePicture(path.read_bytes(), suffix, image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _rendered(path: Path, turns: Mapping[int, int]) -> Iterator[PagePicture]:
    with load(path) as document:
        expected = 0
        for page in document.pages():
            for _ in range(expected, page.index):
                yield _jpeg(np.full((1000, 700, 3), 255, np.uint8))
            yield _jpeg(np.rot90(page.image, turns.get(page.index, 0) // 90))
            expected = page.index + 1


def _jpeg(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> PagePicture:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=90)
    return PagePicture(buffer.getvalue(), "jpg", (pixels.shape[1], pixels.shape[0]))
