"""The figures that `tailor benchmark` knows, by name, and what they are measured with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.benchmark import accuracy, calibration, memory, model, rotation, speed
from training.benchmark.corpus import Corpus, spread
from training.benchmark.predict import Reader
from training.benchmark.report import Figure

CONFIG = Path("configs/student-v2.yaml")
STUDY = Path("out/study/results.json")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a figure needs to be measured: the corpora, the reader, and how much; for `distil` and `training` the
    configuration whose pace is measured, and the results that `tailor study` wrote; for `index` how many receipts it
    holds and where it lies (None: a file that is removed)."""

    corpora: dict[str, Corpus]
    reader: Reader
    limit: int | None = None
    config: Path = CONFIG
    study: Path = STUDY
    count: int = 1_000_000
    place: str | None = None

    @property
    def sroie(self) -> Corpus:
        return self.corpora["sroie"]

    @property
    def wild(self) -> Corpus:
        return self.corpora["wild"]

    def mixed(self, count: int | None) -> list[Path]:
        """Dev pictures of both corpora, in proportion."""
        return spread([path for corpus in self.corpora.values() for path in corpus.pictures()], count)


def _sroie(bench: Bench) -> list[Figure]:
    return accuracy.sroie(bench.reader.read(bench.sroie.pictures(limit=bench.limit), "sroie"), bench.sroie)


def _wild(bench: Bench) -> list[Figure]:
    return accuracy.wild(bench.reader.read(bench.wild.pictures(limit=bench.limit), "wild"), bench.wild)


def _teacher(bench: Bench) -> list[Figure]:
    return accuracy.teacher(bench.sroie, [path.stem for path in bench.sroie.pictures(limit=bench.limit)])


def _student_latency(bench: Bench) -> list[Figure]:
    return speed.student_latency(bench.mixed(bench.limit or 60), bench.reader.model, bench.reader.progress)


def _throughput(bench: Bench) -> list[Figure]:
    return speed.throughput(bench.mixed(bench.limit or 60), bench.reader.model, bench.reader.workers)


def _memory(bench: Bench) -> list[Figure]:
    pictures = [path for corpus in bench.corpora.values() for path in corpus.pictures("all")]
    return memory.figures(pictures, bench.reader.model, bench.limit or 500, bench.reader.progress)


def _calibration(bench: Bench) -> list[Figure]:
    from extractor.evaluation import calibration_error

    claims: list[calibration.Claim] = []
    for name, corpus in bench.corpora.items():
        records = bench.reader.read(corpus.pictures(limit=bench.limit), name)
        claims += accuracy.claims(records, corpus.truths(records))
    return calibration.figures(claims, calibration_error)


def _rotation(bench: Bench) -> list[Figure]:
    limit = bench.limit or 40
    return [figure for corpus in bench.corpora.values() for figure in rotation.figures(corpus, bench.reader, limit)]


def _ocr_settings(bench: Bench) -> list[Figure]:
    from training.benchmark import ocr_settings

    return ocr_settings.figures(list(bench.corpora.values()), bench.reader, bench.limit or 40)


def _model(bench: Bench) -> list[Figure]:
    return model.figures(bench.reader.model)


def _distil(bench: Bench) -> list[Figure]:
    from training.benchmark import distil

    return distil.figures(distil.Sources(bench.corpora, bench.reader, bench.config, bench.study, bench.limit))


def _languages(bench: Bench) -> list[Figure]:
    from training.benchmark import distil, languages

    return languages.figures(bench.corpora.values(), bench.reader, bench.limit or distil.LANGUAGE_DOCUMENTS)


def _training(bench: Bench) -> list[Figure]:
    from training.benchmark import distil

    return distil.training_pace(bench.config, distil.TRAINING_SECONDS)


def _overpayment(bench: Bench) -> list[Figure]:
    from training.benchmark import overpayment

    return overpayment.figures(bench.sroie, bench.reader, bench.limit or overpayment.CLAIMS)


def _duplicates(bench: Bench) -> list[Figure]:
    from training.benchmark import duplicates

    return duplicates.figures(list(bench.corpora.values()), bench.reader, bench.limit)


def _index(bench: Bench) -> list[Figure]:
    from training.benchmark import index

    return index.figures(bench.count, bench.reader.progress, bench.place)


def _tampering(bench: Bench) -> list[Figure]:
    from training.benchmark import tampering

    return tampering.figures(list(bench.corpora.values()), bench.reader, bench.limit)


def _audit(bench: Bench) -> list[Figure]:
    from training.benchmark.expense_year.figures import figures
    from training.benchmark.expense_year.year import CLAIMS

    return figures(list(bench.corpora.values()), bench.reader, bench.limit or CLAIMS)


def _audit_train(bench: Bench) -> list[Figure]:
    from training.benchmark.expense_year.figures import figures
    from training.benchmark.expense_year.year import CLAIMS

    return figures(list(bench.corpora.values()), bench.reader, bench.limit or CLAIMS, "train")


def _honest(bench: Bench) -> list[Figure]:
    from training.benchmark import honest

    return honest.figures(list(bench.corpora.values()), bench.reader)


FIGURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "sroie": _sroie,
    "wild": _wild,
    "teacher": _teacher,
    "calibration": _calibration,
    "rotation": _rotation,
    "model": _model,
    "student-latency": _student_latency,
    "throughput": _throughput,
    "memory": _memory,
    "ocr-settings": _ocr_settings,
    "distil": _distil,
    "languages": _languages,
    "training": _training,
    "overpayment": _overpayment,
    "duplicates": _duplicates,
    "index": _index,
    "tampering": _tampering,
    "audit": _audit,
    "audit-train": _audit_train,
    "honest": _honest,
}

CONTRACT = ("sroie", "wild", "teacher", "calibration", "rotation", "model", "student-latency", "throughput", "memory")
"""What is measured when no figure is named; `ocr-settings` is for choosing, not for showing; `distil` is the
table of the distilled student, with bounds of its own, `languages` and `training` parts of it; `overpayment`, `audit`
and `honest` are of the audit, and the limit of the first two counts claims (`audit-train` shows what thresholds and
rules were chosen by)."""
