"""Signs of tampering: how often each is wrong on honest dev receipts, and how many forgeries of each kind it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.errors import UsageError
from extractor.policy.tampering.calibration import Calibration, shipped
from extractor.policy.tampering.examiner import UNMEASURED, Tampering
from extractor.truth import Split
from training.benchmark.corpus import Corpus, spread
from training.benchmark.expense_year.receipts import total_of, truths_of
from training.benchmark.forgeries import HONEST
from training.benchmark.predict import Reader
from training.benchmark.report import Figure
from training.benchmark.tampering_marks import (
    AS_IS,
    FORGED_KINDS,
    HONEST_KINDS,
    Job,
    Mark,
    detectors,
    fitted,
    flagged,
    kept,
    measure,
    share_of,
)

TABLE = Path("extractor/policy/tampering/calibration.json")
MOST_HIGH = 3.0
"""Per cent of honest receipts that may get a finding of high severity, of all examiners together."""

FORGED = 100
"""Receipts of which forgeries are made, unless a limit says otherwise."""


def figures(corpora: Sequence[Corpus], reader: Reader, limit: int | None) -> list[Figure]:
    """False alarms and detection of each signal on dev, at the thresholds of the table that ships."""
    marks = _measured(corpora, reader, "dev", limit, limit or FORGED, "tampering")
    return described(marks, shipped())


def write_table(
    corpora: Sequence[Corpus], reader: Reader, limit: int | None, target: Path = TABLE, forged: int = 2 * FORGED
) -> Calibration:
    """Measures train and writes the table that ships; `limit` receipts, all of them where it is None.

    Raises UsageError where the table's folder is not there: the command is run in the project's root.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}.", hint="Run the command in the root of the project.")
    table = fitted(_measured(corpora, reader, "train", limit, forged, "tampering-table"))
    target.write_text(table.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return table


def _measured(
    corpora: Sequence[Corpus], reader: Reader, split: Split, limit: int | None, forged: int, name: str
) -> list[Mark]:
    """The marks of receipts of a split, those of `forged` of them forged as well; also written to the reader's
    folder."""
    pictures = spread([path for corpus in corpora for path in corpus.pictures(split)], limit)
    chosen = set(spread(pictures, forged))
    truths = truths_of(corpora, [path.stem for path in pictures])
    jobs = [
        Job(
            path,
            (*HONEST_KINDS, *FORGED_KINDS) if path in chosen else HONEST_KINDS,
            reader.model,
            reader.cache,
            total_of(truths[path.stem]) if path.stem in truths else None,
        )
        for path in pictures
    ]
    marks = measure(jobs, reader.workers, reader.progress, name)
    reader.out.mkdir(parents=True, exist_ok=True)
    (reader.out / f"{name}.jsonl").write_text(kept(marks), encoding="utf-8")
    return marks


def described(marks: Sequence[Mark], table: Calibration) -> list[Figure]:
    """The figures of marks: per signal its false alarms and what it finds, then all signals together."""
    examiner = Tampering(calibration=table)
    return [*_alarms(marks, examiner), *_detections(marks, examiner), *_together(marks, examiner)]


def _alarms(marks: Sequence[Mark], examiner: Tampering) -> Iterator[Figure]:
    for version, said in ((AS_IS, "honest"), (HONEST, "honest, saved anew")):
        own = [mark for mark in marks if mark.version == version]
        hits = [flagged(mark, examiner) for mark in own]
        for detector in detectors():
            name = detector.name
            note = f"could look at {sum(1 for mark in own if name in mark.traces)}" if detector.measured else ""
            note = "these pictures carry no metadata" if name in UNMEASURED else note
            yield Figure(
                f"{name}, false alarms, {said}",
                _percent([name in hit for hit in hits]),
                unit="%",
                n=len(own),
                note=note,
            )


def _detections(marks: Sequence[Mark], examiner: Tampering) -> Iterator[Figure]:
    for version in FORGED_KINDS:
        hits = [flagged(mark, examiner) for mark in marks if mark.version == version]
        for detector in detectors():
            if any(detector.name in hit for hit in hits):
                share = _percent([detector.name in hit for hit in hits])
                yield Figure(f"{version}, found by {detector.name}", share, unit="%", n=len(hits))


def _together(marks: Sequence[Mark], examiner: Tampering) -> Iterator[Figure]:
    for version in (*HONEST_KINDS, *FORGED_KINDS):
        told = [examiner.told(examiner.weighed(mark.restored())) for mark in marks if mark.version == version]
        yield Figure(f"{version}, any finding", _percent([bool(each) for each in told]), unit="%", n=len(told))
        high = _percent([any(severity == "high" for _, severity in each) for each in told])
        bound = MOST_HIGH if version in HONEST_KINDS else None
        yield Figure(f"{version}, a finding of high severity", high, bound, True, "%", n=len(told))


def _percent(hits: Sequence[bool]) -> float | None:
    return 100 * share_of(hits) if hits else None
