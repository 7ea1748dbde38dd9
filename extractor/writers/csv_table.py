"""CSV: UTF-8, comma, a header line; text is kept from being run as a formula by a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.writers.rows import COUNTS, Row, checked_columns, defused, fused, is_confidence


def write(path: Path, rows: Iterator[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            cells = (row.get(name) for name in columns)
            writer.writerow("" if c is None else defused(c) if isinstance(c, str) else c for c in cells)


def read(path: Path) -> Iterator[Row]:
    csv.field_size_limit(2**27)
    # With or without the mark by which Excel knows UTF-8.
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, restval="")
        checked_columns(lines.fieldnames or ())
        for cells in lines:
            row: Row = {}
            for name, cell in cells.items():
                if not cell:
                    row[name] = None
                else:
                    row[name] = float(cell) if is_confidence(name) else int(cell) if name in COUNTS else fused(cell)
            yield row
