"""Parquet: amounts and confidences are numbers (double), everything else is text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from extractor.writers.rows import (
    AMOUNTS,
    COUNTS,
    Cell,
    Row,
    checked_columns,
    is_confidence,
    number,
    plain_decimal,
)

_BATCH = 1000


def write(path: Path, rows: Iterator[Row], columns: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(columns)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist([_stored(row) for row in batch], schema))


def read(path: Path) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        checked_columns(file.schema_arrow.names)
        for batch in file.iter_batches(_BATCH):
            for row in batch.to_pylist():
                yield {name: _restored(name, cell) for name, cell in row.items()}


def _schema(columns: Sequence[str]) -> Any:
    import pyarrow as pa

    def kind(name: str) -> Any:
        return pa.float64() if name in AMOUNTS or is_confidence(name) else pa.int32() if name in COUNTS else pa.string()

    return pa.schema([(name, kind(name)) for name in columns])


def _stored(row: Row) -> Row:
    return {name: number(cell) if name in AMOUNTS else cell for name, cell in row.items()}


def _restored(name: str, cell: Cell) -> Cell:
    return plain_decimal(cell) if name in AMOUNTS and isinstance(cell, float) else cell
