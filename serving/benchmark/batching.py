"""What dynamic batching gains: the student alone, asked by 16 at a time, against one at a time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from extractor.student.encoder import Encoded
from extractor.student.runtime import Student
from serving.benchmark.documents import cut
from serving.benchmark.report import Figure, at_least, say
from serving.engine.batching import Batcher
from serving.engine.observer import Unobserved
from serving.engine.settings import BatchSettings

TOKENS = 128
"""Of each document where padding is to play no part."""


class _Sizes(Unobserved):
    def __init__(self) -> None:
        self.batches = 0
        self.documents = 0
        self.tokens = 0
        self.padded = 0

    def on_batch(self, size: int, tokens: int, padded: int) -> None:
        self.batches += 1
        self.documents += size
        self.tokens += tokens
        self.padded += padded


def measure(documents: Sequence[Encoded], *, threads: int, lanes: int, askers: int, rounds: int) -> list[Figure]:
    """Documents a second through the batcher, ways alternated; and why: the same tokens in batches of 1 and of 16."""
    student = Student(threads=threads, cuda="off")
    buckets = BatchSettings().lengths
    sizes, mixed = _Sizes(), _Sizes()
    ways: dict[str, Callable[[], None]] = {
        "batch 1": lambda: _asked(student, documents, 1, buckets, lanes, askers, Unobserved()),
        "batch 16": lambda: _asked(student, documents, 16, buckets, lanes, askers, sizes),
        "batch 16, no buckets": lambda: _asked(student, documents, 16, (), lanes, askers, mixed),
        "one at a time": lambda: _one_by_one(student, documents),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    works: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        say(f"batching: round {number + 1} of {rounds}")
        for name, way in ways.items():
            begun, before = time.perf_counter(), time.process_time()
            way()
            works[name].append((time.process_time() - before) / len(documents))
            speeds[name].append(len(documents) / (time.perf_counter() - begun))
    best = {name: statistics.median(found) for name, found in speeds.items()}
    where = f"{threads} thread(s) a run, {lanes} lane(s), {askers} asking at a time"
    figures = [Figure(f"student, {name}", value, "documents/s", where) for name, value in best.items()]
    gain = best["batch 16"] / best["batch 1"]
    figures.append(
        at_least("gain of dynamic batching", gain, "×", 1.5, "see the explanation below" if gain < 1.5 else "")
    )
    least = {name: min(found) for name, found in works.items()}
    figures += [Figure(f"work, {name}", 1000 * value, "CPU ms a document") for name, value in least.items()]
    figures += [
        Figure("the same by CPU time", least["batch 1"] / least["batch 16"], "×", "holds on a busy machine too"),
        Figure("mean batch, with buckets", sizes.documents / sizes.batches, "documents"),
        Figure("padding, with buckets", 100 * (sizes.padded / sizes.tokens - 1), "% more tokens"),
        Figure("mean batch, no buckets", mixed.documents / mixed.batches, "documents"),
        Figure("padding, no buckets", 100 * (mixed.padded / mixed.tokens - 1), "% more tokens"),
    ]
    return figures + _explained(student, documents[0], rounds)


def _explained(student: Student, document: Encoded, rounds: int) -> list[Figure]:
    """CPU milliseconds a document where all are equally long, so that nothing is padded: what the arithmetic costs.

    Where it doesn't fall from 1 to 16, a run is bound by arithmetic, not by what is paid once a run, and no way of
    batching can gain on this processor.
    """
    figures = []
    for tokens in (32, TOKENS):
        same = cut(document, tokens)
        costs: dict[int, list[float]] = {1: [], 4: [], 16: []}
        for _ in range(rounds):
            for size, found in costs.items():
                begun = time.process_time()
                for _ in range(16 // size):
                    student.run([same] * size)
                found.append((time.process_time() - begun) / 16)
        for size, found in costs.items():
            name = f"{tokens} tokens each, batch {size}"
            figures.append(Figure(name, 1000 * min(found), "CPU ms a document", "no padding; best of the rounds"))
    return figures


def _one_by_one(student: Student, documents: Sequence[Encoded]) -> None:
    for document in documents:
        student.run([document])


def _asked(
    student: Student,
    documents: Sequence[Encoded],
    size: int,
    lengths: Sequence[int],
    lanes: int,
    askers: int,
    observer: Unobserved,
) -> None:
    batcher = Batcher(student, size=size, wait=0.0, lengths=lengths, lanes=lanes, observer=observer)
    try:
        with ThreadPoolExecutor(askers) as pool:
            list(pool.map(lambda document: batcher.ask(document).result(), documents))
    finally:
        batcher.close()
