"""Which kind of file it is, told from its first bytes, never from its name."""

from __future__ import annotations

import codecs
import mimetypes
from pathlib import PurePath

from extractor.errors import UnknownFormat

HEAD_BYTES = 1024
"""How much of a file is looked at. A PDF may have other bytes before its mark, up to this many."""

SUFFIXES: dict[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "TIFF": (".tif", ".tiff"),
    "WebP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "HEIC": (".heic", ".heif", ".hif"),
    "PDF": (".pdf",),
}
"""The formats that are read and the extensions they go by."""

KNOWN_SUFFIXES = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)

_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_BMP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Office document or ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
)


def sniff(head: bytes) -> str | None:
    """The format, a key of SUFFIXES, of a file that begins with `head`; None where it is none of them."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    # "BM" alone begins many a text: the size of the header that follows must be one that exists.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[4:8] == b"ftyp":
        return "HEIC" if _is_heif(head) else None
    if b"%PDF-" in head[:HEAD_BYTES]:
        return "PDF"
    return None


def _is_heif(head: bytes) -> bool:
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[at : at + 4] for at in (8, *range(16, end - 3, 4))}
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def identify(head: bytes, name: str) -> str:
    """As `sniff`, but a file of another kind raises UnknownFormat, which says what it looks like."""
    found = sniff(head)
    if found is None:
        raise UnknownFormat(
            f"{name} is neither a picture nor a PDF; it looks like {_looks_like(head)}.",
            hint=f"Tailor reads {', '.join(SUFFIXES)}.",
        )
    return found


def _looks_like(head: bytes) -> str:
    for mark, description in _STRANGERS:
        if head.startswith(mark):
            return description
    if head[4:8] == b"ftyp":
        return "an AVIF picture" if head[8:12] in _AVIF_BRANDS else "a video"
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if not head.strip(b"\0"):
        return "empty space"
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the head may end within a character
    except UnicodeDecodeError:
        return "unknown data"
    printed = sum(char.isprintable() or char.isspace() for char in text)
    return "text" if printed >= 0.95 * len(text) else "unknown data"


def belongs_to_another(name: str, found: str) -> bool:
    """Whether the file name's extension stands for another kind of file than the one `found`.

    An extension that stands for nothing ("scan.0001") is nobody's and not wrong.
    """
    suffix = PurePath(name).suffix.lower()
    if not suffix or suffix in SUFFIXES[found]:
        return False
    return suffix in KNOWN_SUFFIXES or suffix in mimetypes.MimeTypes().types_map[True]
