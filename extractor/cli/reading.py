"""What `tailor extract` reads and with what: the documents, and the extractor that every worker builds for itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import DocumentError, TailorError
from extractor.pool import Reads, digest, printable

if TYPE_CHECKING:
    from extractor.loading import Limits
    from extractor.types import Extraction


@dataclass(frozen=True)
class ExtractorSettings:
    """Everything a worker needs to build its extractor; it is a factory for `extractor.pool.run_many`."""

    model: Path | None
    ocr: str
    languages: tuple[str, ...]
    password: str | None
    dpi: int
    renderer: str | None
    limits: Limits
    cache: Path | None
    annotate: Path | None
    namesakes: frozenset[str]
    """File names that several documents share: their annotated pictures need the folder in the name."""

    def __call__(self) -> Reads:
        from extractor.pipeline import Extractor

        options: dict[str, Any] = {"renderer": self.renderer} if self.renderer else {}
        extractor = Extractor(
            model=self.model,
            ocr=self.ocr,
            languages=self.languages or None,
            password=self.password,
            dpi=self.dpi,
            limits=self.limits,
            cache=self.cache,
            **options,
        )
        if self.annotate is None:
            return extractor
        from extractor.annotate import AnnotatingReader

        return AnnotatingReader(extractor, self.annotate, self.namesakes)


def documents_in(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The documents that the paths stand for, each once, and a sentence for each path that stands for none.

    A path that doesn't exist stands in the list itself, so that it gets its `failed` record and stops nothing.
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
            found.setdefault(os.path.abspath(member), member)  # noqa: PTH100 - Path.absolute keeps ".."
    if not found:
        raise DocumentError(" ".join(empty), code="no_documents")
    return list(found.values()), empty


def left_to_read(paths: Iterable[Path], done: set[tuple[str, str]]) -> Iterator[Path]:
    """The paths without those whose file, unchanged, stands among the finished ones."""
    names = {name for name, _ in done}
    for path in paths:
        name = printable(path)
        if name not in names or (name, digest(path)) not in done:
            yield path


def shared_names(paths: Iterable[Path]) -> frozenset[str]:
    """The file names that occur in more than one folder."""
    counts = Counter(path.name for path in paths)
    return frozenset(name for name, count in counts.items() if count > 1)


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
    sure = f"{total.confidence:.0%}" if total else ""
    said = record.error.message if record.error else receipt.value("merchant_name") or ""
    return [record.file, record.status, said, receipt.value("date") or "", money, sure]
