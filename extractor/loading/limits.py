"""How much of one document is read at most: bytes, pages, pixels and time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from extractor.errors import LimitExceeded, UsageError

PAGE_PIXELS = 20_000_000
"""A page's picture is handed on with at most this many pixels; larger ones are scaled down.

An A4 page at 400 dpi has 15 million. More pixels help no OCR engine, and they cost 3 bytes each in every worker.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may ask for; beyond it the document is refused with LimitExceeded.

    `max_bytes` of the file, `max_pages` of a PDF or TIFF, `max_pixels` of one picture (checked from its header, before
    anything is decoded; also for pictures inside PDFs), `seconds` for one document, its OCR included. Pillow's own
    ceiling against decompression bombs stays in force beside `max_pixels`.
    """

    max_bytes: int = 100 * 2**20
    max_pages: int = 50
    max_pixels: int = 80_000_000
    seconds: float = 300.0

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pages", "max_pixels", "seconds"):
            if not getattr(self, name) > 0:
                raise UsageError(f"The limit {name} must be greater than 0.", hint=f"Give {name} a positive number.")

    def check_bytes(self, size: int, name: str) -> None:
        if size > self.max_bytes:
            raise LimitExceeded(
                f"{name} has {size:,} bytes; at most {self.max_bytes:,} are read.",
                code="too_many_bytes",
                hint="Raise the limit max_bytes if the file is meant to be read.",
            )

    def check_pages(self, count: int, name: str) -> None:
        if count > self.max_pages:
            raise LimitExceeded(
                f"{name} has {count:,} pages; at most {self.max_pages:,} are read.",
                code="too_many_pages",
                hint="Split the file, or raise the limit max_pages if all of it is meant to be read.",
            )

    def check_pixels(self, width: int, height: int, name: str) -> None:
        if width * height > self.max_pixels:
            raise LimitExceeded(
                f"{name} has a picture of {width:,} × {height:,} pixels; at most {self.max_pixels:,} pixels are read.",
                code="too_many_pixels",
                hint="Scale the picture down, or raise the limit max_pixels if it is meant to be read.",
            )


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, `seconds` after it was made, when work on a document has to stop."""

    seconds: float
    name: str
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that remain; negative once the deadline has passed."""
        return self.started + self.seconds - time.monotonic()

    def check(self) -> None:
        """Raises LimitExceeded (`too_slow`) once the time is over."""
        if self.left < 0:
            raise LimitExceeded(
                f"{self.name} took longer than {self.seconds:g} seconds to read.",
                code="too_slow",
                hint="Raise the limit seconds, or split the file.",
            )
