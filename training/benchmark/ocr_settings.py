"""The OCR settings to choose from, by the ANLS they lead to on dev and not by taste."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from extractor.evaluation import evaluate
from extractor.ocr.rapid import RapidSettings
from extractor.truth import Truth
from extractor.types import Extraction
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader, keep
from training.benchmark.report import Figure

SHOWN = ("total", "date", "merchant_name", "merchant_address")


def variants(base: RapidSettings | None = None) -> dict[str, RapidSettings]:
    """The settings compared, by name: the defaults, and each alternative that changes one of them."""
    chosen = base or RapidSettings()
    alternatives: dict[str, tuple[float | bool, ...]] = {
        "detect_side": (736, 960),
        "found_above": (0.3, 0.5),
        "enlarge_below": (0, 900, 1280),
        "longest_side": (1600, 2000),
        "upright": (True, False),
    }
    made = {"defaults": chosen}
    for setting, values in alternatives.items():
        for value in values:
            changed = RapidSettings(**{**asdict(chosen), setting: value})
            if changed != chosen:
                made[f"{setting}={value}"] = changed
    return made


def figures(corpora: Sequence[Corpus], reader: Reader, limit: int) -> list[Figure]:
    """One figure for each variant and corpus: ANLS of the four fields of SROIE, against the best truth there is."""
    made: list[Figure] = []
    for corpus in corpora:
        pictures = corpus.pictures("dev", limit)
        truths = corpus.truths(path.stem for path in pictures)
        for name, settings in variants().items():
            records = read_with(settings, pictures, reader, f"ocr-settings-{corpus.name}-{name.replace('=', '-')}")
            made.append(describe(f"{corpus.name} dev, {name}", records, truths))
    return made


def describe(name: str, records: Mapping[str, Extraction], truths: Mapping[str, Truth]) -> Figure:
    narrowed = {
        key: Truth(key, {field: value for field, value in truth.fields.items() if field in SHOWN})
        for key, truth in truths.items()
    }
    report = evaluate(records.values(), narrowed)
    note = " · ".join(f"{score.field} {score.anls:.3f}" for score in report.fields if score.anls is not None)
    return Figure(f"{name}, ANLS", report.anls, n=sum(score.n for score in report.fields), note=note)


def read_with(settings: RapidSettings, pictures: Sequence[Path], reader: Reader, name: str) -> dict[str, Extraction]:
    """The record of each picture by id, its OCR done with these settings (and cached under them)."""
    found = reader.progress(_records(settings, pictures, reader), len(pictures), name)
    records = {path.stem: record for path, record in zip(pictures, found, strict=True)}
    return keep(records, [path.stem for path in pictures], reader.out / f"{name}.jsonl")


def _records(settings: RapidSettings, pictures: Sequence[Path], reader: Reader) -> Iterator[Extraction]:
    with ProcessPoolExecutor(
        reader.workers, multiprocessing.get_context("spawn"), _Worker.start, (settings, reader.model, reader.cache)
    ) as pool:
        yield from pool.map(_Worker.extract, [str(path) for path in pictures])


class _Worker:
    """One process of the pool: it builds its extractor once, for all documents that it is handed."""

    extract_one: Callable[[str], Extraction] | None = None

    @classmethod
    def start(cls, settings: RapidSettings, model: str | None, cache: Path | None) -> None:
        from extractor.ocr.cache import CachedOcr
        from extractor.ocr.rapid import RapidOcr
        from extractor.pipeline import Extractor

        extractor = Extractor(model=model, ocr="rapidocr", threads=1)
        engine = RapidOcr(settings)
        extractor.engine = CachedOcr(engine, cache) if cache else engine
        cls.extract_one = extractor.extract

    @classmethod
    def extract(cls, file: str) -> Extraction:
        assert cls.extract_one is not None
        return cls.extract_one(file)
