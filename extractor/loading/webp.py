"""The size of a WebP picture from its first bytes."""

from __future__ import annotations

from extractor.errors import BrokenFile


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height in pixels, from at least 30 bytes of a file (RFC 9649, sections 2.5 to 2.7).

    Pillow's plugin makes room for the whole picture as it opens a file, so the size must be known before.
    """
    kind, body = head[12:16], head[20:]
    if len(head) < 30:
        kind = b""
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise BrokenFile("The WebP picture's header is damaged or cut off.", hint="Copy the file again.")
