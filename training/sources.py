"""From declared sources to stores of examples: what is read or made once, and kept."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from extractor.errors import DocumentError, OcrError, UsageError
from extractor.loading import find_documents
from extractor.ocr import OcrEngine, build_engine, default_cache_folder
from extractor.task import RECEIPTS
from training.alignment import SpanTarget
from training.config import LabelledSource, Run, SyntheticSource, UnlabelledSource
from training.corpus import Example, Split, in_split, labelled, read_example, read_examples
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
        if not isinstance(source, LabelledSource) and split == "dev":
            continue
        if engine is None and not (isinstance(source, SyntheticSource) and source.way == "words"):
            engine = build_engine(run.data.ocr, cache=run.data.ocr_cache or default_cache_folder())
        if isinstance(source, LabelledSource):
            assert engine is not None
            store = _labelled(source, split, engine, run)
        elif isinstance(source, UnlabelledSource):
            assert engine is not None
            store = _unlabelled(source, engine, run)
        else:
            store = _synthetic(source, engine if source.way == "pictures" else None, run)
        if len(store):
            stores[source.name] = store
    return stores


def _labelled(source: LabelledSource, split: Split, engine: OcrEngine, run: Run) -> Store:
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path, _ in labelled(source)]
    said = hashlib.sha256(source.labels.read_bytes()).hexdigest()
    task = run.schema_of_task
    # Only where it is set, so that what was prepared without it is found again.
    trusted = [source.trusted_above] if source.trusted_above else []
    key = key_of(
        split, source.name, source.hold_out, files, said, engine.name, task.model_dump(), run.data.limit, *trusted
    )
    return stored(key, read_examples(source, split, engine, task, run.data.limit), run.data.cache)


def _synthetic(source: SyntheticSource, engine: OcrEngine | None, run: Run) -> Store:
    from training.synthetic import VERSION
    from training.synthetic.source import synthetic_examples

    task = run.schema_of_task
    if any(task.by_name.get(each.name) is None or task.types[each.name] != each.type for each in RECEIPTS.fields):
        raise UsageError(
            f"Synthetic documents are receipts; the task {task.name} does not ask for all fields of receipts.",
            hint="Leave the synthetic source out, or give the task the fields of receipts beside its own.",
        )
    own = [name for name in task.spans if name not in RECEIPTS.by_name]
    documents = min(source.documents, run.data.limit or source.documents)
    declared = source.model_dump(exclude={"weight", "terms", "documents"})
    key = key_of("synthetic", VERSION, declared, documents, engine.name if engine else "")
    made = synthetic_examples(source, documents, engine)
    return stored(key_of(key, own) if own else key, (_with_unknown(each, own) for each in made), run.data.cache)


def _with_unknown(example: Example, fields: Sequence[str]) -> Example:
    """A synthetic receipt says nothing about a user's own fields: it teaches neither that they are there nor absent."""
    unknown = {name: SpanTarget(known=False) for name in fields}
    return replace(example, spans=example.spans | unknown) if fields else example


def _unlabelled(source: UnlabelledSource, engine: OcrEngine, run: Run) -> Store:
    held_out = {
        _hash(path)
        for other in run.data.sources
        if isinstance(other, LabelledSource)
        for path, label in labelled(other)
        if in_split(other, str(label["id"]), "dev")
    }
    hashes = {path: _hash(path) for path in find_documents([source.pictures])}
    files = [path for path, digest in hashes.items() if digest not in held_out][: run.data.limit]
    task = run.schema_of_task
    told = [(path.stem, hashes[path]) for path in files]
    key = key_of("unlabelled", source.name, told, engine.name, task.model_dump())
    return stored(key, _read_unlabelled(files, source.name, engine, run), run.data.cache)


def _read_unlabelled(files: Iterable[Path], source: str, engine: OcrEngine, run: Run) -> Iterator[Example]:
    """Documents of which nothing is known but their words. One that can't be read is told of, and stops nothing."""
    for path in files:
        try:
            made = read_example(path, {"id": path.stem}, engine, run.schema_of_task, source)
        except (DocumentError, OcrError) as error:
            print(f"{path.name} is left out: {error}", file=sys.stderr)
            continue
        if made is not None:
            yield made


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
