"""How a process that reads document after document keeps its memory: large blocks are reused, and at times given back.

Pages differ in size, and so do the blocks that OCR and student ask for. The arena of ONNX Runtime would keep the
largest of each, so sessions are opened without it. glibc would then ask the system for every large block and give it
back at once, which costs a fifth of the time in page faults; it is told to reuse its heap, which is emptied every few
pages. Worker processes are started so that the heap lies in huge pages where the system offers them on request: a
twentieth of the page faults. Where the C library is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h."""

KEPT = 1 << 30
"""Bytes at the end of the heap that wait for the next page."""

APART = 32 << 20
"""Blocks of so many bytes and more get memory of their own: they would leave the largest holes in the heap."""

_TUNABLES, _HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"


def in_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """What a process is to be started with beside `environment`, so that glibc asks for huge pages (madvise).

    What the environment says of it already stays.
    """
    told = environment.get(_TUNABLES, "")
    if _HUGE_PAGES in told:
        return {}
    return {_TUNABLES: ":".join(filter(None, (told, f"{_HUGE_PAGES}=1")))}


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
