"""Prints the records in a file of JSON lines as the table that `tailor extract` shows on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from extractor.cli.stdout import TerminalTable
from extractor.types import Extraction


def main(path: Path) -> None:
    with TerminalTable() as table:
        for line in path.read_text(encoding="utf-8").splitlines():
            table.write(Extraction.model_validate_json(line))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
