"""Traces of tampering measured on many receipts, honest and forged, and the table that is made of those of train."""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np

from extractor.pipeline import Extractor, Settings
from extractor.policy.cases import Claim, ReceiptEvidence
from extractor.policy.tampering.base import Detector, Trace
from extractor.policy.tampering.calibration import (
    FALSE_ALARMS,
    FLAGGED,
    SHARES,
    STRONG,
    Calibration,
    Rates,
    SignalTable,
)
from extractor.policy.tampering.examiner import UNMEASURED, Tampering, TamperingSettings, facts, measurements
from extractor.policy.tampering.specimen import Specimen
from training.benchmark.forgeries import HONEST, KINDS, forge, with_picture
from training.benchmark.predict import Progress

AS_IS = "as it is"
HONEST_KINDS = (AS_IS, HONEST)
FORGED_KINDS = tuple(kind for kind in KINDS if kind != HONEST)


@dataclass(frozen=True)
class Mark:
    """The traces of one receipt in one version (`as it is`, or a kind of forgeries.KINDS): by signal and kind of trace,
    how strong, and on which fields it bears."""

    document: str
    version: str
    traces: dict[str, dict[str, float]] = field(default_factory=dict)
    fields: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def restored(self) -> dict[str, dict[str, Trace]]:
        """As the detectors gave them, without places and words."""
        return {
            name: {kind: Trace(value, "", (), tuple(self.fields[name][kind])) for kind, value in found.items()}
            for name, found in self.traces.items()
        }


@dataclass(frozen=True)
class Job:
    """A receipt to measure, and in which versions."""

    path: Path
    versions: tuple[str, ...]
    model: str | None
    cache: Path | None
    asked: Decimal | None = None
    """What an honest claim asks, the true total; None where nobody knows it."""


def measure(jobs: Sequence[Job], workers: int, progress: Progress, title: str) -> list[Mark]:
    """The marks of every job, in the order given; a version that can't be made of a receipt (it has no total) is left
    out."""
    with ProcessPoolExecutor(workers) as pool:
        found = progress(pool.map(marks_of, jobs, chunksize=2), len(jobs), title)
        return [mark for marks in found for mark in marks]


def marks_of(job: Job) -> list[Mark]:
    evidence = _read(job)
    if evidence is None:
        return []
    return [
        _mark(job.path.stem, version, made, asked if forged is None else forged)
        for asked in [job.asked]
        for version in job.versions
        for made, forged in _versions(evidence, version)
    ]


def _read(job: Job) -> ReceiptEvidence | None:
    record, document = _extractor(job.model, job.cache).read(job.path)
    return None if document is None else ReceiptEvidence(record, job.path, document)


@cache
def _extractor(model: str | None, folder: Path | None) -> Extractor:
    """One a process."""
    return Settings(model=model, cache=folder)()


def _versions(evidence: ReceiptEvidence, version: str) -> Iterator[tuple[ReceiptEvidence, Decimal | None]]:
    """The version and, of a forged one, what its claim asks: what it shows."""
    if version == AS_IS:
        yield evidence, None
        return
    forged = forge(evidence, version)
    if forged is not None:
        with tempfile.TemporaryDirectory() as folder:
            asked = None if version == HONEST else Decimal(forged.total)
            yield with_picture(evidence, forged, Path(folder) / evidence.name), asked


def _mark(document: str, version: str, evidence: ReceiptEvidence, asked: Decimal | None) -> Mark:
    """Facts are looked for with the claim of the receipt, where one is known, and without any."""
    bare = Specimen(evidence)
    found = {detector.name: dict(detector.traces(bare)) for detector in detectors()}
    if asked is not None:
        claimed = Specimen(evidence, Claim(claim_id=document, amount=asked))
        for detector in facts(TamperingSettings()):
            found[detector.name] |= detector.traces(claimed)
    seen = {name: traces for name, traces in found.items() if traces}
    return Mark(
        document,
        version,
        {name: {kind: round(trace.value, 5) for kind, trace in traces.items()} for name, traces in seen.items()},
        {name: {kind: list(trace.fields) for kind, trace in traces.items()} for name, traces in seen.items()},
    )


def detectors() -> tuple[Detector, ...]:
    return (*facts(TamperingSettings()), *measurements())


def fitted(marks: Sequence[Mark]) -> Calibration:
    """The table of honest marks and forged ones: thresholds at FALSE_ALARMS of the honest, detection of the forged."""
    honest = [mark for mark in marks if mark.version in HONEST_KINDS]
    bare = {
        detector.name: _scales(detector.name, honest) if detector.measured else SignalTable(honest=_documents(honest))
        for detector in detectors()
        if detector.name not in UNMEASURED
    }
    examiner = Tampering(calibration=Calibration(documents=0, forged=0, signals=bare))
    flags = [(mark, flagged(mark, examiner)) for mark in marks]
    kinds = _kinds(marks, examiner)
    tables = {
        name: table.model_copy(
            update={
                "alarms": share_of([name in found for mark, found in flags if mark.version in HONEST_KINDS]),
                "detection": {
                    kind: share_of([name in found for mark, found in flags if mark.version == kind])
                    for kind in FORGED_KINDS
                },
                "kinds": kinds.get(name, {}),
            }
        )
        for name, table in bare.items()
    }
    forged = _documents([mark for mark in marks if mark.version in FORGED_KINDS])
    return Calibration(documents=_documents(honest), forged=forged, signals=tables)


def _documents(marks: Sequence[Mark]) -> int:
    return len({mark.document for mark in marks})


def _kinds(marks: Sequence[Mark], examiner: Tampering) -> dict[str, dict[str, Rates]]:
    """By signal and kind of trace: how often each shows, whatever else shows."""
    versions = Counter("" if mark.version in HONEST_KINDS else mark.version for mark in marks)
    seen: Counter[tuple[str, str, str, float]] = Counter()
    for mark in marks:
        version, traces = "" if mark.version in HONEST_KINDS else mark.version, mark.restored()
        for detector in examiner.detectors:
            grades = examiner.calibration.grades(detector.name, detector.measured, traces.get(detector.name, {}))
            seen.update(
                (detector.name, kind, version, level)
                for kind, grade in grades.items()
                for level in (FLAGGED, STRONG)
                if grade >= level
            )

    def share(name: str, kind: str, version: str) -> tuple[float, float]:
        number = versions[version]
        low, high = (
            round(seen[name, kind, version, level] / number, 5) if number else 0.0 for level in (FLAGGED, STRONG)
        )
        return low, high

    found: dict[str, dict[str, Rates]] = defaultdict(dict)
    for name, kind in sorted({(name, kind) for name, kind, _, _ in seen}):
        detection = {version: share(name, kind, version) for version in FORGED_KINDS}
        found[name][kind] = Rates(alarms=share(name, kind, ""), detection=detection)
    return found


def _scales(name: str, honest: Sequence[Mark]) -> SignalTable:
    """A measured signal's scales, of one half of the honest receipts, and its quantiles, of the other half.

    One half for both would flatter: the strongest values of few receipts set the scales that they are then measured by.
    """
    found = [(zlib.crc32(mark.document.encode()) % 2, mark.traces[name]) for mark in honest if name in mark.traces]
    values: dict[str, list[float]] = defaultdict(list)
    for half, traces in found:
        for kind, value in traces.items() if half else ():
            values[kind].append(value)
    scales = {kind: max(_rounded(float(np.quantile(each, 1 - FALSE_ALARMS))), 1e-6) for kind, each in values.items()}
    scaled = [
        max((value / scales[kind] for kind, value in traces.items() if kind in scales), default=0.0)
        for half, traces in found
        if not half
    ]
    quantiles = tuple(_rounded(float(np.quantile(scaled, share))) for share in SHARES) if scaled and scales else ()
    seen = _documents([mark for mark in honest if name in mark.traces])
    return SignalTable(honest=seen, scales=scales, quantiles=quantiles)


def flagged(mark: Mark, examiner: Tampering) -> set[str]:
    """The names of the signals of a mark that reach the threshold."""
    return {signal.name for signal in examiner.weighed(mark.restored()) if signal.flagged}


def share_of(hits: Sequence[bool]) -> float:
    """The share of what holds, 0 of nothing."""
    return round(sum(hits) / len(hits), 5) if hits else 0.0


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def kept(marks: Sequence[Mark]) -> str:
    """Marks as JSON lines, to look into afterwards."""
    return "".join(json.dumps(asdict(mark), ensure_ascii=False) + "\n" for mark in marks)


def from_lines(text: str) -> list[Mark]:
    return [Mark(**json.loads(line)) for line in text.splitlines() if line.strip()]
