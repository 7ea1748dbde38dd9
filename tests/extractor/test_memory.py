"""Large blocks are reused and given back, where the C library lets one say so."""

from __future__ import annotations

import ctypes
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

from extractor import memory

needs_glibc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library is not glibc",
)


def resident() -> float:
    """Megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@needs_glibc
def test_what_was_free_on_the_heap_is_no_longer_resident() -> None:
    memory.reuse_large_blocks()
    memory.give_back()
    before = resident()
    blocks = [np.ones(2_000_000, np.uint8) for _ in range(50)]
    last = np.ones(1_000, np.uint8)
    del blocks
    kept = resident() - before
    memory.give_back()
    assert kept > 80  # the heap waits for the next page …
    assert resident() - before < 20  # … until it is emptied
    assert last.sum() == 1_000


def test_pictures_in_circles_of_references_go_too() -> None:
    class Holder:
        def __init__(self) -> None:
            self.itself = self

    gone = weakref.ref(Holder())
    memory.give_back()
    assert gone() is None


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.reuse_large_blocks.cache_clear()
    memory.reuse_large_blocks()
    memory.give_back()


def test_a_worker_is_to_have_its_heap_in_huge_pages() -> None:
    assert memory.in_huge_pages({}) == {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def test_what_the_environment_says_of_the_heap_already_stays() -> None:
    other = memory.in_huge_pages({"GLIBC_TUNABLES": "glibc.malloc.check=1"})
    assert other == {"GLIBC_TUNABLES": "glibc.malloc.check=1:glibc.malloc.hugetlb=1"}
    assert memory.in_huge_pages({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}) == {}
