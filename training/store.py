"""Prepared documents on disk: an Arrow file, mapped into memory, shared by all processes, read document by document.

A store is a sequence of examples. It is written once for what it was made from (`key`) and found again by that key, so
that a second run starts at once, and a data set larger than memory is no trouble.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from extractor.ocr import default_cache_folder
from extractor.student.encoder import ENCODER_VERSION, PICTURE_HEIGHT, PICTURE_WIDTH, Token
from extractor.types import Box
from training.alignment import SpanTarget
from training.corpus import Example
from training.items import ItemTarget

VERSION = 2
"""Changes with the form of a store, and with anything that changes examples made from the same files."""

CHUNK = 256
"""Documents a batch of the Arrow file."""

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("source", pa.string()),
        ("texts", pa.list_(pa.string())),
        ("boxes", pa.list_(pa.float32())),
        ("pages", pa.list_(pa.int16())),
        ("rows", pa.list_(pa.int32())),
        ("confidences", pa.list_(pa.float32())),
        ("glued", pa.list_(pa.bool_())),
        ("pictures", pa.list_(pa.binary())),
        ("spans", pa.string()),
        ("tags", pa.list_(pa.int8())),
        ("begins", pa.list_(pa.bool_())),
        ("items_known", pa.bool_()),
        ("label", pa.string()),
    ]
)


class Store(Sequence[Example]):
    """The examples of one source. `lengths` are their numbers of tokens."""

    def __init__(self, path: Path) -> None:
        self._file = pa.memory_map(str(path))
        reader = pa.ipc.open_file(self._file)
        self._batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self._batches)])
        lengths = [batch.column("texts").value_lengths().to_numpy(zero_copy_only=False) for batch in self._batches]
        self.lengths: npt.NDArray[np.int64] = (
            np.concatenate(lengths).astype(np.int64) if lengths else np.zeros(0, np.int64)
        )

    def __len__(self) -> int:
        return int(self._starts[-1])

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> list[Example]: ...
    def __getitem__(self, at: int | slice) -> Example | list[Example]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        batch = int(np.searchsorted(self._starts, place, side="right")) - 1
        row = self._batches[batch].slice(place - int(self._starts[batch]), 1).to_pylist()[0]
        return _example(row)

    def __iter__(self) -> Iterator[Example]:
        for place in range(len(self)):
            yield self[place]


def stored(key: str, make: Iterable[Example], folder: Path | None = None) -> Store:
    """The store of this key; made from `make` where there is none yet. Written whole or not at all."""
    path = (folder or default_cache_folder().parent / "examples") / f"{key}.arrow"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{os.getpid()}")
        try:
            _write(scratch, make)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    return Store(path)


def key_of(*parts: Any) -> str:
    """A name for what examples are made from: any plain data."""
    text = json.dumps([VERSION, ENCODER_VERSION, *parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _write(path: Path, examples: Iterable[Example]) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        rows: list[dict[str, Any]] = []
        for example in examples:
            rows.append(_row(example))
            if len(rows) == CHUNK:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))
                rows = []
        if rows:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))


def _row(example: Example) -> dict[str, Any]:
    tokens = example.tokens
    spans = {name: [target.known, *target.candidates] for name, target in example.spans.items()}
    return {
        "name": example.name,
        "source": example.source,
        "texts": [token.text for token in tokens],
        "boxes": [edge for token in tokens for edge in token.box.as_list()],
        "pages": [token.page for token in tokens],
        "rows": [token.row for token in tokens],
        "confidences": [token.confidence for token in tokens],
        "glued": [token.glued for token in tokens],
        "pictures": [zlib.compress(page.tobytes(), 1) for page in example.pictures],
        "spans": json.dumps(spans),
        "tags": example.items.tags.tolist(),
        "begins": [bool(begin) for begin in example.items.begins],
        "items_known": example.items.known,
        "label": json.dumps(dict(example.label), ensure_ascii=False),
    }


def _example(row: dict[str, Any]) -> Example:
    boxes = np.array(row["boxes"], np.float64).reshape(-1, 4).tolist()
    tokens = tuple(
        Token(text, Box(*box), page, line, confidence, glued)
        for text, box, page, line, confidence, glued in zip(
            row["texts"], boxes, row["pages"], row["rows"], row["confidences"], row["glued"], strict=True
        )
    )
    shape = (PICTURE_HEIGHT, PICTURE_WIDTH)
    return Example(
        row["name"],
        row["source"],
        tokens,
        tuple(np.frombuffer(zlib.decompress(page), np.uint8).reshape(shape) for page in row["pictures"]),
        {name: _target(*given) for name, given in json.loads(row["spans"]).items()},
        ItemTarget(np.array(row["tags"], np.int64), np.array(row["begins"], np.float32), row["items_known"]),
        json.loads(row["label"]),
    )


def _target(known: bool, *candidates: list[int]) -> SpanTarget:
    return SpanTarget(tuple((first, last) for first, last in candidates), known)
