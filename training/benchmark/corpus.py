"""The receipts that figures are measured on: where they lie and which of them are dev."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from extractor.errors import UsageError
from extractor.truth import Split, Truth, in_split, load_truths


@dataclass(frozen=True, slots=True)
class Corpus:
    """One set of receipts: pictures named by id, the teacher's labels, and ground truth where it has one."""

    name: str
    images: Path
    labels: Path
    ground_truth: Path | None = None

    def pictures(self, split: Split = "dev", limit: int | None = None) -> list[Path]:
        """The pictures of a split, ordered by id; `limit` keeps that many, spread evenly.

        Raises UsageError where there are none.
        """
        found = sorted(path for path in self.images.glob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
        found = [path for path in found if in_split(path.stem, split)]
        if not found:
            raise UsageError(
                f"There are no pictures of {self.name} (split {split}) in {self.images}.",
                hint="Name the folder that holds sroie_train and wild_train with --data.",
            )
        return spread(found, limit)

    def truths(self, identifiers: Iterable[str]) -> dict[str, Truth]:
        """The best truth there is about each of these documents: ground truth, and the teacher where that is silent."""
        wanted = set(identifiers)
        known = self.taught(wanted)
        for identifier, truth in self.ground(wanted).items():
            taught = known.get(identifier, Truth(identifier))
            # The teacher's ISO date stays: ground truth has the printed one only.
            known[identifier] = replace(taught, fields={**taught.fields, **truth.fields})
        return known

    def taught(self, identifiers: Iterable[str]) -> dict[str, Truth]:
        """What the teacher says of each of these documents."""
        return _of(set(identifiers), self.labels)

    def ground(self, identifiers: Iterable[str]) -> dict[str, Truth]:
        """The ground truth of these documents; nothing where the corpus has none."""
        return _of(set(identifiers), self.ground_truth) if self.ground_truth else {}


def _of(wanted: set[str], path: Path) -> dict[str, Truth]:
    return {identifier: truth for identifier, truth in load_truths(path).items() if identifier in wanted}


def corpora(data: Path, teacher: Path) -> dict[str, Corpus]:
    """The two sets of receipts of `data`, by name: sroie (scans) and wild (photographs)."""
    sroie, wild = data / "sroie_train", data / "wild_train"
    return {
        "sroie": Corpus("sroie", sroie / "images", teacher / "labels_sroie.jsonl", sroie / "gt.jsonl"),
        "wild": Corpus("wild", wild / "images", teacher / "labels_wild.jsonl"),
    }


def number_of(identifier: str) -> int:
    """The number in a document's id: the digits of "w0120" are 120."""
    digits = re.sub(r"\D", "", identifier)
    if not digits:
        raise UsageError(f"The document id {identifier!r} holds no number, so that its half of dev is unknown.")
    return int(digits)


def half_of(identifier: str) -> int:
    """Which half of dev (0 or 1) a document belongs to: every other one, by its number."""
    return number_of(identifier) // 5 % 2


def spread(paths: list[Path], limit: int | None) -> list[Path]:
    """`limit` of the paths, evenly spread over the list and always the same ones."""
    if limit is None or limit >= len(paths):
        return paths
    return [paths[index * len(paths) // limit] for index in range(limit)]
