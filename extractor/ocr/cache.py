"""Readings kept on disk, by what was read and how: the same picture is never read twice with the same settings."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from extractor.ocr.base import OcrEngine, Reading
from extractor.types import Box, ImageArray, Notice, Word

VERSION = 1

SHELVES = 256
"""Readings lie in folders named by the first two digits of their key."""

DEFAULT_LIMIT = 2 * 1024**3
"""Bytes on disk, of some 3 KB a receipt."""


def default_cache_folder() -> Path:
    """The user's folder for readings: $XDG_CACHE_HOME (or ~/.cache)/tailor/ocr."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "tailor" / "ocr"


class CachedOcr:
    """An engine with a memory on disk. A broken entry is read anew; a folder that can't be written is no error.

    `limit` is in bytes. Each shelf has its even share of it and drops what was used longest ago as soon as it holds
    more, so that a store costs one look at one folder. Entries appear whole or not at all (written beside and renamed),
    so that any number of processes may share a folder.
    """

    def __init__(self, engine: OcrEngine, folder: Path, limit: int = DEFAULT_LIMIT) -> None:
        self.engine = engine
        self.folder = folder
        self.limit = limit

    @property
    def name(self) -> str:
        return self.engine.name

    def read(self, image: ImageArray) -> Reading:
        path = self._path(image)
        known = _load(path)
        if known is not None:
            return known
        reading = self.engine.read(image)
        _store(path, reading)
        _tidy(path, self.limit // SHELVES)
        return reading

    def _path(self, image: ImageArray) -> Path:
        digest = hashlib.sha256(f"{VERSION}|{self.engine.name}|{image.shape}|".encode())
        digest.update(np.ascontiguousarray(image).tobytes())
        key = digest.hexdigest()
        return self.folder / key[:2] / f"{key}.z"


def _load(path: Path) -> Reading | None:
    try:
        kept = json.loads(zlib.decompress(path.read_bytes()))
        reading = Reading(
            words=tuple(Word(text, Box(*box), confidence, line) for text, box, confidence, line in kept["words"]),
            turned=int(kept["turned"]),
            unread=int(kept.get("unread", 0)),
            notices=tuple(Notice(code=code, message=message) for code, message in kept.get("notices", ())),
            engine=str(kept.get("engine", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return None
    with suppress(OSError):
        os.utime(path)
    return reading


def _store(path: Path, reading: Reading) -> None:
    kept = {
        "turned": reading.turned,
        "unread": reading.unread,
        "notices": [(notice.code, notice.message) for notice in reading.notices],
        "engine": reading.engine,
        "words": [(word.text, word.box.as_list(), word.confidence, word.line) for word in reading.words],
    }
    packed = zlib.compress(json.dumps(kept).encode())
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".draft")
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        draft.replace(path)
    except OSError:
        if draft is not None:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _tidy(newest: Path, limit: int) -> None:
    """Drops from a shelf what was used longest ago until it holds no more than `limit` bytes; keeps the newest."""
    entries: list[tuple[float, int, str]] = []
    with suppress(OSError), os.scandir(newest.parent) as shelf:
        for entry in shelf:
            # Another process may drop an entry between the listing and the look at it.
            with suppress(OSError):
                status = entry.stat()
                entries.append((status.st_mtime, status.st_size, entry.path))
    held = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if held <= limit:
            return
        if path != str(newest):
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
            held -= size
