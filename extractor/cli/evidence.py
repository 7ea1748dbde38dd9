"""The receipts of an audit: read with their words in the same pool as `tailor extract` uses, or taken from records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from extractor.pipeline import Extractor
from extractor.policy.cases import ReceiptEvidence
from extractor.pool import ExtractorFactory, digest, printable, run_many
from extractor.types import Document, Extraction

if TYPE_CHECKING:
    import threading

    from extractor.cli.progress import Progress


class RecordWithWords(Extraction):
    """A record that carries the words it was read from, so that both travel from a worker; they are never written."""

    _document: Document | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, record: Extraction, document: Document | None) -> RecordWithWords:
        made = cls(**dict(record))
        made._document = document
        return made

    @property
    def document(self) -> Document | None:
        return self._document


@dataclass(frozen=True)
class KeepingFactory:
    """Builds readers that keep the words."""

    make: ExtractorFactory

    def __call__(self) -> KeepingReader:
        return KeepingReader(self.make())


class KeepingReader:
    """Reads as an Extractor does. One without `read` (a fake) gives records without words."""

    def __init__(self, extractor: object) -> None:
        self._extractor = extractor

    def extract(self, source: Path, /) -> Extraction:
        if isinstance(self._extractor, Extractor):
            return RecordWithWords.of(*self._extractor.read(source))
        return self._extractor.extract(source)  # type: ignore[attr-defined,no-any-return]


@dataclass(frozen=True)
class Reading:
    """How receipts are read: by what, how many at a time, and when a worker is given up."""

    make: ExtractorFactory
    workers: int
    seconds: float
    known: Mapping[str, Extraction] = field(default_factory=dict)
    """Records that are there already, by the SHA-256 of their file: those files are not read again."""


def read_receipts(
    paths: Sequence[Path], how: Reading, progress: Progress, stop: threading.Event
) -> list[ReceiptEvidence]:
    """The receipts in the order of `paths`. One that can't be read has a `failed` record; none is lost, unless the
    caller stops."""
    import sys

    found: dict[str, ReceiptEvidence] = {}
    left = []
    for path in paths:
        record = how.known.get(digest(path)) if how.known else None
        if record is None:
            left.append(path)
        else:
            found[printable(path)] = ReceiptEvidence(record, path)
            progress.saw(record)
    places = {printable(path): path for path in left}
    records = run_many(KeepingFactory(how.make), left, how.workers, how.seconds, stop)
    with redirect_stdout(sys.stderr), closing(records):
        for record in records:
            found[record.file] = _evidence(record, places.get(record.file))
            progress.saw(record)
    return [found[name] for path in paths if (name := printable(path)) in found]


def from_records(records: Iterable[Extraction]) -> list[ReceiptEvidence]:
    """Receipts as records tell of them, with their files where these still lie where they were."""

    def evidence() -> Iterator[ReceiptEvidence]:
        for record in records:
            path = Path(record.file)
            yield ReceiptEvidence(record, path if path.is_file() else None)

    return list(evidence())


def _evidence(record: Extraction, path: Path | None) -> ReceiptEvidence:
    document = record.document if isinstance(record, RecordWithWords) else None
    return ReceiptEvidence(record, path, document)
