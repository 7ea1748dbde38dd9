"""Everything that the distilled student must show, in one table: accuracy, languages, size, speed, training, noise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import TailorError
from training.benchmark import accuracy, languages, model, speed
from training.benchmark.corpus import Corpus, spread
from training.benchmark.predict import Reader
from training.benchmark.report import Figure
from training.benchmark.targets import NOISE, PACE, SHARE, judged

if TYPE_CHECKING:
    from training.throughput import Pace

LATENCY_DOCUMENTS = 60
LANGUAGE_DOCUMENTS = 100
TRAINING_SECONDS = 60.0
QUICK_SECONDS = 10.0
"""How long training is measured where documents are limited, for a quick look."""
NOISE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Sources:
    """What the table is measured with. `config` is the training run whose pace is measured, `study` the results that
    `tailor study` wrote; `limit` bounds the documents of each figure, for a quick look."""

    corpora: dict[str, Corpus]
    reader: Reader
    config: Path
    study: Path
    limit: int | None = None

    @property
    def training_seconds(self) -> float:
        return TRAINING_SECONDS if self.limit is None else QUICK_SECONDS


def figures(sources: Sources) -> list[Figure]:
    """The table: every asked figure in order, and the teacher's own on SROIE beside it."""
    return [*judged(_measured(sources)), *_teacher(sources)]


def _measured(sources: Sources) -> Iterator[Figure]:
    corpora, reader, limit = sources.corpora, sources.reader, sources.limit
    sroie, wild = corpora["sroie"], corpora["wild"]
    yield from accuracy.sroie(reader.read(sroie.pictures(limit=limit), "sroie"), sroie)
    yield from accuracy.wild(reader.read(wild.pictures(limit=limit), "wild"), wild)
    yield from languages.figures(corpora.values(), reader, limit or LANGUAGE_DOCUMENTS)
    yield from model.figures(reader.model)
    pictures = [path for corpus in corpora.values() for path in corpus.pictures()]
    yield from speed.student_latency(spread(pictures, limit or LATENCY_DOCUMENTS), reader.model, reader.progress)
    yield from training_pace(sources.config, sources.training_seconds)
    yield label_noise(sources.study)


def _teacher(sources: Sources) -> list[Figure]:
    sroie = sources.corpora["sroie"]
    return accuracy.teacher(sroie, [path.stem for path in sroie.pictures(limit=sources.limit)])[:1]


def training_pace(config: Path, seconds: float) -> list[Figure]:
    """How many documents a second a configuration's last stage learns from, and which share of the machine's
    matrix-product rate that is. Nothing is measured, with a note why, where training isn't installed."""
    if not config.is_file():
        note = f"no configuration {config}: name one with --config"
        return [Figure(PACE, None, note=note), Figure(SHARE, None, note=note)]
    try:
        from training.config_file import load
        from training.throughput import measure

        pace = measure(load(config), seconds)
    except (ModuleNotFoundError, TailorError) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        note = f"needs {missing}: pip install 'tailor[training]'" if missing else str(error)
        return [Figure(PACE, None, note=note), Figure(SHARE, None, note=note)]
    return [*_pace_figures(config, pace), *_part_figures(pace)]


def _pace_figures(config: Path, pace: Pace) -> list[Figure]:
    how = f"{config.name}, {pace.precision}, {pace.processes} processes of {pace.threads} threads"
    work = f"{pace.flops_a_second / 1e9:.1f} of {pace.matrix_flops_a_second / 1e9:.1f} GFLOP/s"
    return [
        Figure(PACE, pace.documents_a_second, n=pace.documents, note=f"{how}; {pace.seconds:.0f} s"),
        Figure(SHARE, 100 * pace.share, n=pace.documents, note=f"{work}, the same processes and threads"),
    ]


def _part_figures(pace: Pace) -> list[Figure]:
    """Where the time goes, and the share of the matrix-product rate were all but the matrix products for nothing."""
    from training.time_shares import ceiling

    whole = sum(pace.parts.values())
    if not whole:
        return []
    made = [
        Figure(f"training, {part}", 1000 * seconds, unit="ms", note=f"{seconds / whole:.0%} of a document's time")
        for part, seconds in pace.parts.items()
    ]
    return [*made, Figure("training, share were all else for nothing", 100 * ceiling(pace.share, pace.parts), unit="%")]


def label_noise(path: Path) -> Figure:
    """The points of ANLS that a student loses when a fifth of its labels is wrong, as the study measured it: the mean
    over both corpora's dev, of the way to learn that loses least. Nothing is measured, with a note how to, where the
    study's results lack it."""
    try:
        return _noise_figure(json.loads(path.read_text(encoding="utf-8")), path)
    except OSError:
        how = "tailor study configs/study.yaml --parts noise"
        return Figure(NOISE, None, note=f"no results in {path}: run `{how}` first, or name them with --study")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Figure(NOISE, None, note=f"{path} tells nothing of 20 % label noise: run the study with noise 0.2")


def _noise_figure(results: dict[str, Any], path: Path) -> Figure:
    rows = [row for row in results["parts"]["noise"]["rows"] if row["noise"] == NOISE_SHARE]
    lost = {row["recipe"]: row["lost"]["mean"] for row in rows}
    best = min(lost, key=lambda recipe: float(lost[recipe]["points"]))
    told = [
        f"{recipe} {each['points']:.2f} (95 %: {each['low']:.2f} to {each['high']:.2f})"
        for recipe, each in lost.items()
    ]
    documents = sum(each["dev"] for each in results["documents"].values())
    return Figure(NOISE, float(lost[best]["points"]), n=documents, note=f"learnt {best}; {'; '.join(told)}; {path}")
