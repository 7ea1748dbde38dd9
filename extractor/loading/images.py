"""Picture files: one page, or as many as a TIFF has. Sizes are checked from the header, before anything is decoded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from extractor.errors import BrokenFile, DocumentError, LimitExceeded
from extractor.loading import pixels
from extractor.loading.limits import PAGE_PIXELS, Deadline, Limits
from extractor.loading.salvage import salvaged
from extractor.loading.webp import webp_size
from extractor.types import ImageArray, Notice

_SUBFILE_TYPE = 0x00FE
"""The TIFF tag NewSubfileType; its lowest bit marks a smaller version of another page (TIFF 6.0, page 36)."""


class ImagePages:
    """The pages of one picture file. `notices` gathers what went wrong while they were read.

    The file is opened anew for each page, so that no decoded picture stays in memory. Raises BrokenFile or
    LimitExceeded.
    """

    def __init__(self, stream: BinaryIO, kind: str, name: str, limits: Limits, deadline: Deadline) -> None:
        self._stream = stream
        self._kind = kind
        self._name = name
        self._limits = limits
        self.notices: list[Notice] = []
        with decoding(name), self._open() as image:
            limits.check_pixels(*image.size, name)
            self._frames = self._tiff_frames(image, deadline) if kind == "TIFF" else [0]

    @property
    def page_count(self) -> int:
        return len(self._frames)

    def read(self, index: int) -> tuple[ImageArray, None]:
        """The picture of page `index`; pictures have no text layer."""
        with decoding(self._name), self._open() as image:
            if self._kind == "TIFF":
                image.seek(self._frames[index])
            self._draft(image)
            try:
                image.load()
            except OSError:
                loaded = self._what_is_left(image)
            else:
                self._limits.check_pixels(*image.size, self._name)
                loaded = pixels.to_rgb(image)
            # Pillow itself turns a TIFF while loading it, and then takes the tag away.
            turn = pixels.turn_of(image)
            return pixels.as_array(pixels.turned(pixels.shrunk(loaded), turn)), None

    def close(self) -> None:
        """Nothing stays open between pages."""

    def _open(self) -> Image.Image:
        self._stream.seek(0)
        if self._kind == "WebP":
            self._limits.check_pixels(*webp_size(self._stream.read(64)), self._name)
            self._stream.seek(0)
        return Image.open(self._stream, formats=[self._kind])

    def _tiff_frames(self, image: Image.Image, deadline: Deadline) -> list[int]:
        """The numbers of the pages in the file, leaving out previews of other pages."""
        frames: list[int] = []
        for number in range(2 * self._limits.max_pages + 2):  # up to one preview for each page
            deadline.check()
            try:
                image.seek(number)
            except EOFError:
                break
            subfile = image.tag_v2.get(_SUBFILE_TYPE, 0)  # type: ignore[attr-defined]
            if frames and isinstance(subfile, int) and subfile & 1:
                continue
            self._limits.check_pixels(*image.size, self._name)
            frames.append(number)
            self._limits.check_pages(len(frames), self._name)
        return frames

    def _draft(self, image: Image.Image) -> None:
        # A JPEG far larger than needed is decoded at a half, a quarter or an eighth right away.
        width, height = image.size
        ratio = (PAGE_PIXELS / (width * height)) ** 0.5 if width and height else 1.0
        if self._kind == "JPEG" and ratio < 1:
            image.draft(None, (max(1, int(width * ratio)), max(1, int(height * ratio))))

    def _what_is_left(self, image: Image.Image) -> Image.Image:
        found = salvaged(image, self._stream, self._kind)
        if found is None:
            raise BrokenFile(
                f"{self._name} is damaged or cut off, and too little of its picture is left.",
                hint="Scan it or copy it again.",
            )
        picture, share = found
        left = f"the upper {share:.0%} of its picture was read" if share < 0.995 else "its picture was read, less sharp"
        self.notices.append(Notice(code="truncated_image", message=f"{self._name} is damaged or cut off: {left}."))
        return picture


class HeifPages:
    """The primary picture of a HEIC or HEIF file, decoded by libheif without touching Pillow's global registry.

    Raises BrokenFile or LimitExceeded.
    """

    page_count = 1

    def __init__(self, stream: BinaryIO, name: str, limits: Limits) -> None:
        import pillow_heif

        self._name = name
        self.notices: list[Notice] = []
        with decoding(name):
            stream.seek(0)
            self._container: pillow_heif.HeifFile | None = pillow_heif.open_heif(stream)
            width, height = self._container.size
            limits.check_pixels(width, height, name)

    def read(self, index: int) -> tuple[ImageArray, None]:
        """The picture; there is never a text layer."""
        with decoding(self._name):
            # libheif makes the turns that the container asks for; EXIF's orientation must not be applied on top
            # (ISO/IEC 23008-12, and the Exif data of every iPhone picture repeat the turn).
            if self._container is None:
                raise ValueError("the document is closed")
            picture = self._container.to_pillow()
            return pixels.as_array(pixels.shrunk(pixels.to_rgb(picture))), None

    def close(self) -> None:
        self._container = None


def read_picture(image: Image.Image, name: str, limits: Limits) -> ImageArray:
    """The pixels of a Pillow picture that stays its owner's; raises BrokenFile or LimitExceeded."""
    limits.check_pixels(*image.size, name)
    with decoding(name):
        image.load()
        return pixels.as_array(pixels.turned(pixels.shrunk(pixels.to_rgb(image)), pixels.turn_of(image)))


@contextlib.contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turns whatever a decoder raises on broken data into the errors of extractor.errors."""
    try:
        yield
    except DocumentError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise LimitExceeded(
            f"{name} has a picture too large to be decoded.", code="too_many_pixels", hint="Scale the picture down."
        ) from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error, IndexError and more
        if "decompressed data too large" in str(error).lower():
            # Pillow stops unpacking text and colour profiles that grow far beyond their size in the file.
            raise LimitExceeded(
                f"{name} has text or a colour profile that unpacks to more than is allowed.",
                hint="Save the picture again without its metadata.",
            ) from error
        raise BrokenFile(
            f"{name} can't be decoded; it is damaged, cut off or of a rare variant.",
            hint="Open it in a viewer and save it again, as PNG or JPEG.",
        ) from error
