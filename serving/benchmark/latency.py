"""What the service adds to one call of the SDK, one request at a time, calls alternated."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from extractor.pipeline import Extractor, Settings
from extractor.types import Extraction
from serving.benchmark.doors import Door, content_of
from serving.benchmark.report import Figure, at_most, say


async def measure(
    door: Door, paths: Sequence[Path], *, rounds: int, over: str, settings: Settings | None = None
) -> list[Figure]:
    """Milliseconds added: whole calls in pairs; and outside of loading and OCR, whose noise hides the rest."""
    extractor = Extractor(settings)
    files = content_of(list(paths))
    for name, content in files[:2]:
        extractor.read(content, name=name)
        await door.read(name, content)
    whole: list[float] = []
    outside: list[float] = []
    sdk: list[float] = []
    for number in range(rounds):
        say(f"latency: round {number + 1} of {rounds}")
        for name, content in files:
            begun = time.perf_counter()
            own, _ = extractor.read(content, name=name)
            between = time.perf_counter()
            served = await door.read(name, content)
            end = time.perf_counter()
            sdk.append(between - begun)
            whole.append((end - between) - (between - begun))
            outside.append((end - between - _inner(served)) - (between - begun - _inner(own)))
    note = f"{len(whole)} pairs over {len(files)} documents, through the {over}"
    return [
        Figure("SDK call", 1000 * statistics.median(sdk), "ms", "median"),
        at_most("added by the service", 1000 * statistics.median(whole), "ms", 15, note),
        at_most("added outside of loading and OCR", 1000 * statistics.median(outside), "ms", 15, note),
    ]


def _inner(record: Extraction) -> float:
    return record.seconds.get("load", 0.0) + record.seconds.get("ocr", 0.0)
