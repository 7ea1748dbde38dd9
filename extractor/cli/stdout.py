"""Records to standard output: JSON lines for a program, a table for a person."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from extractor.cli.reading import summary_cells
from extractor.types import Extraction
from extractor.writers.base import explained

_VERDICT = 6
"""Where a row of the table has its verdict, if it has one."""


class StdoutLines:
    """Prints each record as one line of JSON, at once."""

    def __init__(self) -> None:
        # Kept, because standard output is pointed elsewhere while libraries run.
        self._out: TextIO = sys.stdout

    def write(self, record: Extraction) -> None:
        try:
            with explained(Path("standard output")):
                self._out.write(record.to_json() + "\n")
                self._out.flush()
        except Exception as error:
            if isinstance(error.__cause__, BrokenPipeError):
                raise error.__cause__ from None
            raise

    def close(self) -> None:
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class TerminalTable:
    """Collects a few cells of each record and prints the table at the end."""

    def __init__(self) -> None:
        self._out: TextIO = sys.stdout
        self._rows: list[list[str]] = []

    def write(self, record: Extraction) -> None:
        self._rows.append(summary_cells(record))

    def close(self) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        colours = {"ok": "green", "partial": "yellow", "failed": "red"}
        colours |= {"approve": "green", "review": "yellow", "reject": "red"}
        table = Table("file", "status", "merchant", "date", header_style="bold")
        table.add_column("total", justify="right")
        table.add_column("how sure", justify="right", no_wrap=True)
        if any(len(row) > _VERDICT for row in self._rows):
            table.add_column("verdict")
            table.add_column("why", ratio=1)
        for row in sorted(self._rows):
            cells = [
                Text(cell, colours.get(cell, "") if place in (1, _VERDICT) else "") for place, cell in enumerate(row)
            ]
            table.add_row(*cells)
        Console(file=self._out).print(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rows:
            self.close()
