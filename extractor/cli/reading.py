"""What `tailor extract` reads: documents found, those that are done left out, and how many read at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.errors import DocumentError, TailorError
from extractor.pool import digest, printable
from extractor.sureness import told

if TYPE_CHECKING:
    from extractor.types import Extraction


def documents_in(paths: Sequence[Path], beside: Path | None = None) -> tuple[list[Path], list[str]]:
    """The documents that the paths stand for, each once, and a sentence for each path that stands for none.

    A path that doesn't exist stands in the list itself, so that it gets its `failed` record and stops nothing. Files in
    the folder `beside` are passed over: they are pictures that an earlier run drew.
    Raises DocumentError (no_documents) where nothing is found at all.
    """
    from extractor.loading import find_documents

    found: dict[str, Path] = {}
    empty: list[str] = []
    for path in paths:
        try:
            members: Iterable[Path] = find_documents([path])
        except TailorError as error:
            if error.code not in ("not_found", "no_documents"):
                raise
            empty += [str(error)] if error.code == "no_documents" else []
            members = [path] if error.code == "not_found" else []
        for member in members:
            place = os.path.abspath(member)  # noqa: PTH100 - Path.absolute keeps ".."
            if beside is None or Path(place).parent != beside.resolve():
                found.setdefault(place, member)
    if not found:
        raise DocumentError(" ".join(empty) or "There is no document to read.", code="no_documents")
    return list(found.values()), empty


def left_to_read(paths: Iterable[Path], done: set[tuple[str, str]]) -> Iterator[Path]:
    """The paths without those whose file, unchanged, stands among the finished ones."""
    names = {name for name, _ in done}
    for path in paths:
        name = printable(path)
        if name not in names or (name, digest(path)) not in done:
            yield path


def cache_folder() -> Path:
    """Where OCR readings are kept: $TAILOR_CACHE, else the user's cache folder."""
    chosen = os.environ.get("TAILOR_CACHE")
    if chosen:
        return Path(chosen)
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return (Path(local) if local else Path.home() / ".cache") / "tailor" / "ocr"


def default_workers(documents: int) -> int:
    """One process for a handful of documents (it starts sooner), else one a core, four at most (each takes memory)."""
    return 1 if documents < 4 else min(os.cpu_count() or 1, 4)


def summary_cells(record: Extraction) -> list[str]:
    """A record in the few cells of the table that a terminal shows."""
    receipt = record.receipt
    money = " ".join(filter(None, (receipt.value("currency"), receipt.value("total"))))
    total = receipt.fields.get("total")
    sure = told(total.confidence) if total else ""
    # A user's own task may have no merchant: its first printed value tells documents apart as well.
    first = next((found.value for found in receipt.fields.values() if found.box), "")
    said = record.error.message if record.error else receipt.value("merchant_name") or first
    cells = (record.file, record.status, said, receipt.value("date") or "", money, sure)
    return [harmless(cell) for cell in (*cells, *verdict_cells(record))]


def verdict_cells(record: Extraction) -> list[str]:
    """The verdict and the weightiest finding, where a policy was asked for; else nothing."""
    if record.verdict is None:
        return []
    first = next((finding for finding in record.findings if finding.severity != "low"), None)
    first = first or next(iter(record.findings), None)
    more = f" (+{len(record.findings) - 1})" if len(record.findings) > 1 else ""
    return [record.verdict, f"{first.message}{more}" if first else ""]


def harmless(text: str) -> str:
    """Text from outside for a terminal: what could steer it (control and escape characters) becomes �."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
