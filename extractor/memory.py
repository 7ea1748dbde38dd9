"""How a process that reads document after document keeps its memory: large blocks are reused, and at times given back.

Pages differ in size, and so do the blocks that OCR and student ask for. The arena of ONNX Runtime would keep the
largest of each, so sessions are opened without it. glibc would then ask the system for every large block and give it
back at once, which costs a fifth of the time in page faults; it is told to reuse its heap, which is emptied every few
pages. Where the C library is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h."""

KEPT = 256 << 20
"""Bytes at the end of the heap that wait for the next page."""

APART = 32 << 20
"""Blocks of so many bytes and more get memory of their own: they would leave the largest holes in the heap."""


@cache
def reuse_large_blocks() -> None:
    """Tells the C library once, for the whole process."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, KEPT)
        library.mallopt(_MMAP_THRESHOLD, APART)


def give_back() -> None:
    """Gives memory that is free back to the system.

    Libraries leave pictures in circles of references, which Python finds the more seldom the more objects it holds:
    they are looked for first (some 20 ms).
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
