"""The index: every receipt that was ever handed in, asked whether this one was among them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from extractor.errors import UsageError
from extractor.policy.duplicates.comparing import Comparison, compare
from extractor.policy.duplicates.fingerprint import VERSION, Fingerprint
from extractor.policy.duplicates.minhash import mark
from extractor.policy.duplicates.store import Entry, SqliteStore, Store

COMPARED = 40
"""Receipts that a query compares in full: those that share the most telling marks."""

BATCH = 20_000
"""Receipts that are written at once when many are added."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who handed in what: a claim (or another case) and the file name of its receipt.

    `book` keeps apart claims that are numbered alike, as those of two companies. The same content under the same name
    in the same claim is one submission however often it is audited.
    """

    claim: str
    file: str
    employee: str = ""
    book: str = ""


@dataclass(frozen=True)
class Match:
    """A receipt of the index that is of the same purchase. `number` grows in the order in which receipts came."""

    number: int
    owner: Owner
    fingerprint: Fingerprint
    comparison: Comparison


class Index:
    """Receipts by their fingerprints. Several processes may share one; an instance belongs to one thread."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def open(cls, place: str | Path = ":memory:") -> Index:
        """The index in a file (made where there is none), in memory alone (":memory:"), or in PostgreSQL by its URL.

        Raises UsageError (code bad_index) where it can't be used or was made with other fingerprints, MissingExtra for
        PostgreSQL without psycopg.
        """
        text = str(place)
        if text.startswith(("postgresql://", "postgres://")):
            from extractor.policy.duplicates.postgres import PostgresStore

            return cls(PostgresStore(text, VERSION))
        if "://" in text:
            raise UsageError(
                f"An index can't be kept at {text.split('@')[-1]}.",
                code="bad_index",
                hint="Name a file, or a database as postgresql://user:password@host/database.",
            )
        return cls(SqliteStore(text, VERSION))

    def add(self, fingerprint: Fingerprint, owner: Owner) -> int:
        """Keeps a receipt and gives its number; what was added before keeps the number that it had."""
        return self.store.put([_entry(fingerprint, owner)])[0]

    def add_many(self, receipts: Iterable[tuple[Fingerprint, Owner]], batch: int = BATCH) -> Iterator[int]:
        """Keeps many, a batch at a time; their numbers in the order given."""
        waiting = iter(receipts)
        while held := list(itertools.islice(waiting, batch)):
            yield from self.store.put([_entry(fingerprint, owner) for fingerprint, owner in held])

    def candidates(
        self, fingerprint: Fingerprint, owner: Owner | None = None, before: int | None = None
    ) -> list[Match]:
        """The receipts that are of the same purchase, the surest first.

        `owner`'s own submission of it is left out; with `before` so is all that came from that number on.
        """
        own = None if owner is None else _key(owner, fingerprint.sha256)
        found = self.store.find(fingerprint.marks, before)
        matches = []
        for number, entry in self.store.load(_promising(found)).items():
            known = Fingerprint.unpacked(entry.sha256, entry.packed)
            held = Owner(entry.claim, entry.file, entry.employee, entry.book)
            if entry.key == own:
                continue
            compared = compare(fingerprint, known)
            if compared.kind is not None:
                matches.append(Match(number, held, known, compared))
        matches.sort(key=lambda match: (-match.comparison.confidence, -match.comparison.points, match.number))
        return matches

    def known(self, owner: Owner, sha256: str) -> Fingerprint | None:
        """The fingerprint of a submission that was added before; None where it was not."""
        number = self.store.number_of(_key(owner, sha256))
        if number is None:
            return None
        entry = self.store.load([number]).get(number)
        return None if entry is None else Fingerprint.unpacked(entry.sha256, entry.packed)

    @property
    def size(self) -> int:
        """How many receipts it holds."""
        return self.store.count()

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _promising(found: Iterable[tuple[int, int]]) -> list[int]:
    """The numbers of those that share the most marks, where a mark that many have counts less."""
    pairs = list(found)
    holders = Counter(mark for mark, _ in pairs)
    telling: Counter[int] = Counter()
    for shared, number in pairs:
        telling[number] += 1000 // holders[shared]
    return [number for number, _ in sorted(telling.items(), key=lambda one: (-one[1], -one[0]))[:COMPARED]]


def _key(owner: Owner, sha256: str) -> int:
    return mark("owner", "\0".join((owner.book, owner.claim, owner.file, sha256)).encode("utf-8", "surrogatepass"))


def _entry(fingerprint: Fingerprint, owner: Owner) -> Entry:
    # Names of files may hold bytes that are no Unicode, which no database takes.
    texts = (owner.book, owner.claim, owner.file, fingerprint.sha256, owner.employee, fingerprint.packed())
    book, claim, file, sha256, employee, packed = (text.encode("utf-8", "replace").decode() for text in texts)
    return Entry(_key(owner, fingerprint.sha256), book, claim, file, sha256, employee, packed, fingerprint.marks)
