"""Whether a receipt is found again in another picture among all others, and whether strangers are taken for one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.duplicates import Fingerprint, Index, Owner, fingerprint, first_picture
from extractor.truth import Truth
from extractor.types import Document
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader
from training.benchmark.report import Figure
from training.benchmark.variants import KINDS, make

SEED = 20261126

TOLD = ("receipt_number", "date_iso", "time", "subtotal", "tax", "total")
"""What the truth is asked about whether two pictures are of one purchase."""

SEEN = frozenset(
    frozenset(pair)
    for pair in (
        ("w0112", "w0146"),
        ("w0051", "w0347"),
        ("w0674", "w0740"),
        ("w0740", "w0848"),
        ("w0740", "w0945"),
    )
)
"""Pairs that the labels call two and the eye one: each label took another of the numbers on that paper, or part of it
is cut off on one of the two pictures."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """Two receipts of the corpora that were taken for one purchase; `twice` where the truth says that they are."""

    first: str
    second: str
    kind: str
    confidence: float
    twice: bool
    why: str

    def line(self) -> str:
        judged = "twice in the data" if self.twice else "two purchases"
        return "\t".join((self.first, self.second, self.kind, f"{self.confidence:.2f}", judged, self.why))


def figures(corpora: Sequence[Corpus], reader: Reader, limit: int | None) -> list[Figure]:
    """Recall over variants of `limit` receipts of dev (all where None), and false pairs among all receipts as they are.

    Writes the pairs flagged to `reader.out`/duplicates-pairs.tsv and the variants missed to duplicates-missed.tsv.
    """
    everything = [path for corpus in corpora for path in corpus.pictures("all")]
    # Read in several processes first: what follows finds every reading in the cache.
    reader.read(everything, "duplicates-receipts")
    chosen = {path.stem for path in sample([path for corpus in corpora for path in corpus.pictures()], limit)}
    prints: dict[str, Fingerprint] = {}
    variants: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for path, taken_of, document in taken(everything, reader, "fingerprints"):
        prints[path.stem] = taken_of
        if path.stem in chosen:
            for kind, made in variants.items():
                made.append(make(path, kind, reader.out / "variants", document))
    for kind, paths in variants.items():
        reader.read(paths, f"duplicates-{kind}")
    truths = {key: truth for corpus in corpora for key, truth in corpus.truths(prints).items()}
    with Index.open() as index:
        flagged = pairs(index, prints, truths)
        found = {
            kind: search(index, {path.stem: one for path, one, _ in taken(paths, reader, kind)}, flagged)
            for kind, paths in variants.items()
        }
    write(reader.out, flagged, found)
    return describe(len(prints), flagged, found)


def sample(paths: Sequence[Path], limit: int | None) -> list[Path]:
    """The first `limit` of the paths in a shuffled order that is always the same."""
    shuffled = list(paths)
    random.Random(SEED).shuffle(shuffled)
    return shuffled[:limit]


def taken(paths: Sequence[Path], reader: Reader, title: str) -> Iterator[tuple[Path, Fingerprint, Document | None]]:
    """The fingerprints of pictures, read as the product reads them, with what was read."""
    from extractor.pipeline import Extractor

    extractor = Extractor(model=reader.model, cache=reader.cache, threads=1)
    for path in reader.progress(paths, len(paths), title):
        record, document = extractor.read(str(path))
        evidence = ReceiptEvidence(record, path, document)
        yield path, fingerprint(evidence, first_picture(evidence)), document


def pairs(index: Index, prints: Mapping[str, Fingerprint], truths: Mapping[str, Truth]) -> list[Flagged]:
    """Adds receipts one after the other, each its own claim; which of those before it each is taken for."""
    flagged = []
    for name, taken_of in prints.items():
        owner = Owner(name, name)
        number = index.add(taken_of, owner)
        for match in index.candidates(taken_of, owner, before=number):
            other, compared = match.owner.claim, match.comparison
            why = (
                f"{compared.points:.1f} points, overlap {compared.overlap:.2f}, picture {compared.picture}, "
                + ", ".join(f"{field} {found.value}" for field, found in compared.fields.items())
            )
            twice = one_purchase(truths.get(other), truths.get(name)) or frozenset((other, name)) in SEEN
            flagged.append(Flagged(other, name, compared.kind or "", compared.confidence, twice, why))
    return flagged


def one_purchase(first: Truth | None, second: Truth | None) -> bool:
    """Whether the truth says that two receipts are of one purchase: two facts of it agree, and none differs.

    That all amounts of the line items on one are on the other counts as a fact: part of a receipt shows little else.
    """
    if first is None or second is None:
        return False
    both = [(first.fields.get(name), second.fields.get(name)) for name in TOLD]
    known = [_plain(one) == _plain(other) for one, other in both if one and other]
    bought = [Counter(item["amount"] for item in one.line_items or () if item.get("amount")) for one in (first, second)]
    if min(map(len, bought)) >= 2 and (bought[0] <= bought[1] or bought[1] <= bought[0]):
        known.append(True)
    return all(known) and len(known) >= 2


def search(
    index: Index, prints: Mapping[str, Fingerprint], flagged: Iterable[Flagged]
) -> dict[str, tuple[bool, list[str]]]:
    """For each variant whether its original is found, and which strangers are."""
    same: dict[str, set[str]] = {}
    for pair in flagged:
        if pair.twice:
            same.setdefault(pair.first, set()).add(pair.second)
            same.setdefault(pair.second, set()).add(pair.first)
    found = {}
    for name, taken_of in prints.items():
        matched = {match.owner.claim for match in index.candidates(taken_of, Owner(f"{name} again", name))}
        found[name] = name in matched, sorted(matched - {name} - same.get(name, set()))
    return found


def describe(
    count: int, flagged: Sequence[Flagged], found: Mapping[str, Mapping[str, tuple[bool, list[str]]]]
) -> list[Figure]:
    false = [pair for pair in flagged if not pair.twice]
    hits = [hit for kind in found.values() for hit, _ in kind.values()]
    strangers = sum(len(others) for kind in found.values() for _, others in kind.values())
    receipts = len({name for kind in found.values() for name in kind})
    made = [
        Figure(
            "duplicates, recall over all variants",
            sum(hits) / len(hits) if hits else None,
            0.98,
            n=len(hits),
            note=f"{receipts} receipts in {len(found)} variants among {count}",
        ),
        Figure(
            "duplicates, false pairs in 10,000 receipts",
            10_000 * len(false) / count,
            1,
            at_most=True,
            n=count,
            note=f"{len(false)} false; {len(flagged) - len(false)} receipts stand in the data twice",
        ),
        Figure("duplicates, strangers named for a variant", strangers / max(len(hits), 1), n=len(hits)),
    ]
    for kind, results in found.items():
        each = [hit for hit, _ in results.values()]
        made.append(Figure(f"duplicates, recall, {kind}", sum(each) / len(each) if each else None, n=len(each)))
    return made


def write(folder: Path, flagged: Sequence[Flagged], found: Mapping[str, Mapping[str, tuple[bool, list[str]]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "duplicates-pairs.tsv").write_text("".join(pair.line() + "\n" for pair in flagged), encoding="utf-8")
    missed = [
        f"{kind}\t{name}\t{'' if hit else 'missed'}\t{' '.join(others)}\n"
        for kind, results in found.items()
        for name, (hit, others) in results.items()
        if not hit or others
    ]
    (folder / "duplicates-missed.tsv").write_text("".join(missed), encoding="utf-8")


def _plain(value: str) -> str:
    return "".join(sign for sign in value.casefold() if sign.isalnum())
