"""From declared sources to stores of examples: what is read or made once, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from extractor.errors import UsageError
from extractor.ocr import OcrEngine, build_engine, default_cache_folder
from training.config import Data, LabelledSource, Run, SyntheticSource
from training.corpus import Example, Split, labelled, read_examples
from training.store import Store, key_of, stored


def read_stores(run: Run, split: Split, names: Iterable[str] | None = None) -> dict[str, Store]:
    """The examples of each source (of those named, else of all) in a split; sources without any are left out.

    Labelled documents are read by the OCR, or from its cache; what was prepared before is taken as it is.
    """
    engine: OcrEngine | None = None
    stores: dict[str, Store] = {}
    wanted = set(names) if names is not None else {source.name for source in run.data.sources}
    for source in run.data.sources:
        if source.name not in wanted:
            continue
        if isinstance(source, LabelledSource):
            engine = engine or build_engine(run.data.ocr, cache=run.data.ocr_cache or default_cache_folder())
            store = _labelled(source, split, engine, run)
        elif split == "train":
            store = _synthetic(source, run)
        else:
            continue
        if len(store):
            stores[source.name] = store
    return stores


def _labelled(source: LabelledSource, split: Split, engine: OcrEngine, run: Run) -> Store:
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path, _ in labelled(source)]
    said = hashlib.sha256(source.labels.read_bytes()).hexdigest()
    task = run.schema_of_task
    key = key_of(split, source.name, source.hold_out, files, said, engine.name, task.model_dump(), run.data.limit)
    return stored(key, read_examples(source, split, engine, task, run.data.limit), run.data.cache)


def _synthetic(source: SyntheticSource, run: Run) -> Store:
    from training.synthetic import VERSION, synthetic_examples

    if run.schema_of_task.name != "receipts":
        raise UsageError(
            f"Synthetic documents are receipts; the task {run.schema_of_task.name} asks for other fields.",
            hint="Leave the synthetic source out, or train on it in a run of its own and start from that student.",
        )
    declared = source.model_dump(exclude={"weight", "terms"})
    if run.data.limit is not None:
        declared["documents"] = min(source.documents, run.data.limit)
    key = key_of("synthetic", VERSION, declared, run.data.ocr if source.way == "pictures" else "")
    return stored(key, _made(source, run.data, declared["documents"], synthetic_examples), run.data.cache)


def _made(source: SyntheticSource, data: Data, documents: int, make: object) -> Iterator[Example]:
    cache: Path | None = data.ocr_cache or default_cache_folder()
    yield from make(source, documents, ocr=data.ocr, cache=cache)  # type: ignore[operator]
