"""CSV: UTF-8, comma, a header line; text is kept from being run as a formula by a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from extractor.writers.rows import COLUMNS, CONFIDENCES, COUNTS, Row, check_columns, defused, fused


def write(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            cells = (row[name] for name in COLUMNS)
            writer.writerow("" if c is None else defused(c) if isinstance(c, str) else c for c in cells)


def read(path: Path) -> Iterator[Row]:
    csv.field_size_limit(2**27)
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, restval="")
        check_columns(lines.fieldnames or ())
        for cells in lines:
            row: Row = {}
            for name, cell in cells.items():
                if not cell:
                    row[name] = None
                else:
                    row[name] = float(cell) if name in CONFIDENCES else int(cell) if name in COUNTS else fused(cell)
            yield row
