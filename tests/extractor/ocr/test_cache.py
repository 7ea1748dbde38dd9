"""The cache: a picture is read once, whatever happens to the folder, and the folder doesn't grow without end."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from extractor.errors import OcrError
from extractor.ocr import CachedOcr, Reading, cache, default_cache_folder
from extractor.ocr.fake import FakeOcr
from extractor.types import ImageArray, Notice
from tests.extractor.ocr.drawing import page_of

READING = Reading(
    words=tuple(page_of(("Total 7.60 €", 0.1, 0.2))),
    turned=90,
    unread=2,
    notices=(Notice(code="script_unread", message="seems to be in Thai"),),
    engine="another",
)


def picture(shade: int) -> ImageArray:
    return np.full((4, 6, 3), shade, np.uint8)


def test_a_picture_is_read_once_and_comes_back_whole(tmp_path: Path) -> None:
    engine = FakeOcr(READING)
    assert CachedOcr(engine, tmp_path).read(picture(1)) == READING
    assert CachedOcr(engine, tmp_path).read(picture(1)) == READING
    assert len(engine.seen) == 1


@pytest.mark.parametrize("other", [picture(2), picture(1).reshape(6, 4, 3)])
def test_another_picture_is_read_itself(tmp_path: Path, other: ImageArray) -> None:
    engine = FakeOcr(READING, Reading(()))
    cached = CachedOcr(engine, tmp_path)
    cached.read(picture(1))
    assert cached.read(other) == Reading(())


def test_another_engine_reads_itself(tmp_path: Path) -> None:
    CachedOcr(FakeOcr(READING, name="one"), tmp_path).read(picture(1))
    assert CachedOcr(FakeOcr(name="two"), tmp_path).read(picture(1)) == Reading(())


@pytest.mark.parametrize("rubbish", [b"", b"no zlib", zlib.compress(b"{}"), zlib.compress(b'{"words": [["a"]]}')])
def test_a_broken_entry_is_read_anew_and_mended(tmp_path: Path, rubbish: bytes) -> None:
    engine = FakeOcr(READING)
    cached = CachedOcr(engine, tmp_path)
    cached.read(picture(1))
    (entry,) = tmp_path.glob("*/*.z")
    entry.write_bytes(rubbish)
    assert cached.read(picture(1)) == READING
    assert cached.read(picture(1)) == READING
    assert len(engine.seen) == 2


def test_entries_of_words_and_turn_alone_are_still_understood(tmp_path: Path) -> None:
    cached = CachedOcr(FakeOcr(READING), tmp_path)
    cached.read(picture(1))
    (entry,) = tmp_path.glob("*/*.z")
    kept = json.loads(zlib.decompress(entry.read_bytes()))
    entry.write_bytes(zlib.compress(json.dumps({key: kept[key] for key in ("turned", "words")}).encode()))
    assert cached.read(picture(1)) == Reading(READING.words, 90)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    engine = FakeOcr(READING)
    cached = CachedOcr(engine, tmp_path / "file")
    assert cached.read(picture(1)) == cached.read(picture(1)) == READING
    assert len(engine.seen) == 2


def test_a_full_disk_is_no_error_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert CachedOcr(FakeOcr(READING), tmp_path).read(picture(1)) == READING
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(OcrError):
        CachedOcr(FakeOcr(error=OcrError("broken")), tmp_path).read(picture(1))
    assert CachedOcr(FakeOcr(READING), tmp_path).read(picture(1)) == READING


def test_what_was_used_longest_ago_is_dropped_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SHELVES", 1)
    monkeypatch.setattr(CachedOcr, "_path", lambda self, image: self.folder / "00" / f"{image[0, 0, 0]}.z")
    generous = CachedOcr(FakeOcr(READING), tmp_path)
    for shade in (1, 2, 3):
        generous.read(picture(shade))
        os.utime(tmp_path / "00" / f"{shade}.z", (shade, shade))
    generous.read(picture(1))  # now the most recently used
    size = (tmp_path / "00" / "1.z").stat().st_size
    CachedOcr(FakeOcr(READING), tmp_path, limit=2 * size + 1).read(picture(4))
    assert {path.name for path in tmp_path.glob("00/*")} == {"1.z", "4.z"}


def test_the_usual_folder_follows_the_desktop_convention(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "tailor" / "ocr"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / ".cache" / "tailor" / "ocr"
