"""Readings kept on disk, by what was read and how: the same picture is never read twice with the same settings."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from pathlib import Path

import numpy as np

from extractor.ocr.base import OcrEngine, Reading
from extractor.types import Box, ImageArray, Word

VERSION = 1


class CachedOcr:
    """An engine with a memory on disk. A broken entry is read anew; a folder that can't be written is no error."""

    def __init__(self, engine: OcrEngine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

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
        return reading

    def _path(self, image: ImageArray) -> Path:
        digest = hashlib.sha256(f"{VERSION}|{self.engine.name}|{image.shape}|".encode())
        digest.update(np.ascontiguousarray(image).tobytes())
        key = digest.hexdigest()
        return self.folder / key[:2] / f"{key}.z"


def _load(path: Path) -> Reading | None:
    try:
        kept = json.loads(zlib.decompress(path.read_bytes()))
        words = tuple(Word(text, Box(*box), confidence, line) for text, box, confidence, line in kept["words"])
        return Reading(words, int(kept["turned"]))
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return None


def _store(path: Path, reading: Reading) -> None:
    words = [(word.text, word.box.as_list(), word.confidence, word.line) for word in reading.words]
    packed = zlib.compress(json.dumps({"turned": reading.turned, "words": words}).encode())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        Path(draft).replace(path)
    except OSError:
        return
