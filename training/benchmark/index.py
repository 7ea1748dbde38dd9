"""How fast the index of receipts answers when it is full, and what it takes: synthetic receipts of synthetic shops."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from extractor.policy.duplicates import Fingerprint, Index, Owner, Purchase
from training.benchmark.predict import Progress
from training.benchmark.report import Figure

QUERIES = 1_000
SHOPS = 2_000
DAYS = 3_650
BATCH = 20_000


def receipt(number: int) -> Fingerprint:
    """The receipt of this number: one of a shop, whose telephone and tax numbers stand on each of its receipts; prices
    that are common, a till's running number, a day in ten years. Always the same."""
    chance = random.Random(number)
    shop = random.Random(f"shop {number % SHOPS}")
    printed_on_all = [str(shop.randrange(10**8, 10**10)) for _ in range(4)] + [str(shop.randrange(1000, 99999))]
    day = chance.randrange(DAYS)
    year, month, date = 2016 + day // 365, 1 + day % 365 // 31, 1 + day % 28
    clock = f"{chance.randrange(7, 23):02d}:{chance.randrange(60):02d}"
    # Prices come from a short list, cheap ones more often.
    prices = [
        str(int(chance.paretovariate(1.1) * 250) // 10 * 10 % 100_000 + 100) for _ in range(chance.randint(3, 16))
    ]
    total = sum(map(int, prices))
    running = f"{shop.randrange(10, 99)}{number:08d}"
    stated = [running, f"{date:02d}{month:02d}{year}", clock.replace(":", ""), str(total), str(total)]
    return Fingerprint(
        sha256=f"{chance.getrandbits(256):064x}",
        picture=chance.getrandbits(256),
        text=chance.getrandbits(256),
        numbers=(*printed_on_all, *prices, *stated),
        purchase=Purchase(
            merchant=f"shop {number % SHOPS}",
            number=running,
            date=f"{year}-{month:02d}-{date:02d}",
            time=clock,
            total=f"{total / 100:.2f}",
            currency="EUR",
            kind="receipt",
            printed_date=stated[1],
        ),
    )


def photographed_again(known: Fingerprint, chance: random.Random) -> Fingerprint:
    """Another picture of it: a fifth of its numbers misread, other hashes of the picture."""
    numbers = tuple(run if chance.random() < 0.8 else str(chance.randrange(10 ** len(run))) for run in known.numbers)
    return Fingerprint(f"{chance.getrandbits(256):064x}", chance.getrandbits(256), None, numbers, known.purchase)


def figures(count: int, progress: Progress, place: str | None = None, queries: int = QUERIES) -> list[Figure]:
    """Fills an index with `count` receipts and asks it: half the questions are receipts photographed again, half new.

    `place` is a file or URL that is kept; None: a file that is removed afterwards. What is there already is not
    added again, so that a filling that was cut off goes on.
    """
    with tempfile.TemporaryDirectory() as scratch:
        file = place or str(Path(scratch) / "index.db")
        with Index.open(file) as index:
            begun = time.perf_counter()
            held = index.size
            for _ in progress(_fill(index, held, count), max(0, count - held), "filling"):
                pass
            filling = time.perf_counter() - begun
            seconds, found = ask(index, count, queries)
            adding = add_singly(index, count)
        # What a server keeps on its own disk is not seen from here.
        size = (
            None
            if "://" in file
            else sum(path.stat().st_size for path in Path(file).parent.glob(f"{Path(file).name}*") if path.is_file())
        )
    return describe(count, seconds, found, adding, (max(0, count - held), filling), size)


def _fill(index: Index, held: int, count: int) -> Iterator[int]:
    new = ((receipt(number), Owner(f"c{number}", f"{number}.jpg")) for number in range(held, count))
    return index.add_many(new, BATCH)


def ask(index: Index, count: int, queries: int = QUERIES) -> tuple[list[float], int]:
    """Seconds of each query, and how many of the receipts photographed again were found."""
    chance = random.Random(0)
    seconds, found = [], 0
    for turn in range(queries):
        number = chance.randrange(count)
        again = turn % 2 == 0
        asked = photographed_again(receipt(number), chance) if again else receipt(count + 10_000 + turn)
        # The marks belong to the fingerprint, not to the query: taken before.
        _ = asked.marks
        begun = time.perf_counter()
        matches = index.candidates(asked, Owner("asking", "asking.jpg"))
        seconds.append(time.perf_counter() - begun)
        found += again and any(match.owner.claim == f"c{number}" for match in matches)
    return seconds, found


def add_singly(index: Index, count: int, times: int = 200) -> list[float]:
    """Seconds of adding a receipt by itself."""
    seconds = []
    for number in range(count, count + times):
        taken = receipt(number)
        _ = taken.marks
        begun = time.perf_counter()
        index.add(taken, Owner(f"c{number}", f"{number}.jpg"))
        seconds.append(time.perf_counter() - begun)
    return seconds


def describe(
    count: int,
    seconds: Sequence[float],
    found: int,
    adding: Sequence[float],
    filled: tuple[int, float],
    size: int | None,
) -> list[Figure]:
    milliseconds = 1000 * np.asarray(seconds)
    # Linux counts in kilobytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    p50 = float(np.percentile(milliseconds, 50))
    made = [
        Figure(
            f"index of {count:,}, query p99",
            float(np.percentile(milliseconds, 99)),
            20,
            at_most=True,
            unit="ms",
            n=len(seconds),
            note=f"median {p50:.1f} ms, most {milliseconds.max():.1f} ms",
        ),
        Figure(f"index of {count:,}, memory", memory, 2, at_most=True, unit="GB", note="peak of the process"),
        Figure(f"index of {count:,}, found again", found / (len(seconds) / 2), n=len(seconds) // 2),
        Figure(f"index of {count:,}, adding one, median", 1000 * float(np.median(adding)), unit="ms", n=len(adding)),
    ]
    if size is not None:
        bound = 2 * max(count, 10**6) / 10**6
        made.append(Figure(f"index of {count:,}, on disk", size / 1e9, bound, at_most=True, unit="GB"))
    if filled[0]:
        made.append(Figure(f"index of {count:,}, filling", filled[0] / filled[1], unit="receipts/s", n=filled[0]))
    return made
